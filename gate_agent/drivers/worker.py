"""The thread of a device: serves it, reports a fault once, and tries again until it is stopped.

Every driver with a thread of its own has a `Worker`, and gives it a *session*: a function that
opens the device, serves it until `is_stopping()`, and closes it. A session ends early with a
`DriverFault` when the device is gone; the worker reports it and begins the next after `retry_s`.
"""

from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic

from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered
from gate_agent.ports import Put

RETRY_S = 0.5
"""Between two sessions: a scanner that was plugged in again must read within 3 s."""

JOIN_S = 5.0


class Worker:
    """One thread named `device`, started and stopped by its driver, any number of times.

    `changed`: a condition that guards what the driver shares between its threads; it is notified
    when the worker stops, and the driver notifies it when there is something to do. `interrupt`:
    ends a call in which the session may be blocked, other than a wait for `changed`. `report`:
    called with the text of each new fault, and with None when it has ended; without
    it the worker puts `Faulted` and `Recovered`. `join_s`: how long `stop` waits for the session.
    """

    def __init__(
        self,
        device: str,
        session: Callable[[], None],
        *,
        retry_s: float = RETRY_S,
        join_s: float = JOIN_S,
        interrupt: Callable[[], None] | None = None,
        report: Callable[[str | None], None] | None = None,
    ) -> None:
        self.device = device
        self.changed = Condition()
        self._session = session
        self.retry_s = retry_s
        self._join_s = join_s
        self._interrupt = interrupt
        self._report = report or self._put_fault
        self._put: Put = drop
        self._fault: str | None = None
        self._stopping = False
        self._thread: Thread | None = None

    def is_stopping(self) -> bool:
        """Return whether the session must end."""
        return self._stopping

    @property
    def running(self) -> bool:
        """Whether the thread runs: it was started, not stopped, and its driver has not failed."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    @property
    def fault(self) -> str | None:
        """The fault that was reported last and has not ended; None if there is none."""
        return self._fault

    def start(self, put: Put | None = None) -> None:
        """Begin the first session, in a thread. `put` receives the events of the device."""
        if put is not None:
            self._put = put
        self._stopping = False
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the session and wait for that. Safe to call twice; never with `changed` held."""
        with self.changed:
            self._stopping = True
            self.changed.notify_all()
        thread, self._thread = self._thread, None
        if thread is not None:
            if self._interrupt is not None:
                self._interrupt()
            thread.join(self._join_s)

    def put(self, event: Event) -> None:
        """Hand an event to whoever started the worker. Never blocks."""
        self._put(event)

    def report(self, fault: str | None) -> None:
        """Report that the device does not work, and why, or that it works (None).

        Only news is reported: another text, or the end of a fault; and nothing while the worker is
        being stopped. Call it in the worker's thread; or in any, if every caller holds
        `changed`, so that reports keep their order.
        """
        with self.changed:
            if fault == self._fault or self._stopping:
                return
            self._fault = fault
            self.changed.notify_all()
        self._report(fault)

    def wait(self, seconds: float | None, ready: Callable[[], bool] | None = None) -> bool:
        """Wait until `ready`, the end of the worker, or `seconds` have passed (None: no limit).
        Return False if only time has passed."""
        with self.changed:
            return self.changed.wait_for(
                lambda: self._stopping or (ready is not None and ready()), seconds
            )

    def wait_until(self, due_ms: float | None) -> None:
        """Wait, with `changed` held, until it is notified or `due_ms` is reached: ms of the
        monotonic clock, None for no limit."""
        self.changed.wait(None if due_ms is None else max(0.0, due_ms / 1000 - monotonic()))

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._session()
            except DriverFault as fault:
                self.report(fault_text(fault))
            except Exception as error:
                # A mistake in a driver: the thread ends here, and the lane must know.
                self.report(f"its driver has failed: {type(error).__name__}: {error}")
                raise
            self.wait(self.retry_s)

    def _put_fault(self, fault: str | None) -> None:
        self._put(Recovered(self.device) if fault is None else Faulted(self.device, fault))


def fault_text(fault: DriverFault) -> str:
    """Return the message of a fault with its hint, as one line."""
    return f"{fault}: {fault.hint}" if fault.hint else str(fault)


def drop(_event: Event) -> None:
    """Ignore an event: before `start` nobody receives any."""
