"""The daemon's side of the relay guard: starts it, asks it for pulses, and notices when it is gone.

One guard serves all relays of a board. A pulse is refused while it is away; it is started again
until it is back, and each start puts every relay at rest.
"""

import select
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from gate_agent.drivers.arms.guard.start import RelayLine, end, spawn
from gate_agent.drivers.worker import Worker
from gate_agent.errors import DriverFault

ANSWER_S = 0.1
"""So soon the guard has taken a pulse, or it is not going to."""

_PING_S = 1.0
_START_S = 5.0  # a slow card; afterwards everything is in memory
_LATE_S = 0.1  # beyond the keeper's patience
_END_S, _LATE_END_S = 2.0, 0.02


@dataclass(frozen=True, slots=True)
class Watcher:
    """Callbacks in the guard's thread: the relay has moved; the guard is away, and why; it is back.
    Boards with a protocol also report a person who went through."""

    moved: Callable[[bool], None]
    lost: Callable[[str], None]
    back: Callable[[], None]
    turned: Callable[[], None] = lambda: None


class Guard:
    """`source`: where the lines are, see `guard.lines.claim`. `wires`: one for each relay."""

    def __init__(self, source: str, wires: Sequence[RelayLine]) -> None:
        self._source, self._wires = source, wires
        self._watchers: dict[int, Watcher] = {}
        self._worker = Worker("guard", self._session, interrupt=self._hang_up, report=self._report)
        self._changed = self._worker.changed
        self._asked: dict[int, int] = {}
        self._answers: dict[int, str] = {}
        self._number = 0
        self._overdue_s: float | None = None
        self._ready = self._was_ready = False
        self._socket: socket.socket | None = None
        self._pid = 0
        self._users = 0

    @property
    def pid(self) -> int:
        """Return the process id of the keeper; 0 while there is none."""
        return self._pid

    def start(self, relay: int, watcher: Watcher) -> None:
        """Watch one relay. The first call starts the guard and waits until it is ready, or until
        there is a fault."""
        with self._changed:
            self._watchers[relay] = watcher
            self._users += 1
            if self._users == 1:
                self._worker.start()
            self._changed.wait_for(lambda: self._ready or self._worker.fault, _START_S)

    def stop(self, relay: int) -> None:
        """Watch this relay no more. The last call ends the guard, which puts every relay at rest
        first."""
        with self._changed:
            if self._watchers.pop(relay, None) is None:
                return
            self._users -= 1
            if self._users:
                return
        self._worker.stop()

    def pulse(self, relay: int, ms: int) -> None:
        """Begin or queue one pulse of `ms`. Raise DriverFault if the guard has not taken it."""
        with self._changed:
            if not self._ready or self._socket is None:
                raise DriverFault(
                    f"cannot release: the relay guard is away (relay {relay})",
                    "it is started again by itself; see the gate's log",
                )
            self._number += 1
            number, self._asked[self._number] = self._number, ms
            before_ms = (monotonic() + ANSWER_S) * 1000
            with suppress(OSError):
                self._socket.send(f"pulse {relay} {ms} {before_ms} {number}".encode())
            self._changed.wait_for(lambda: number in self._answers or not self._ready, ANSWER_S)
            answer = self._answers.pop(number, None)
            if answer not in ("on", "queued"):
                del self._asked[number]
            if answer is None:
                # Its thread finds the socket shut, and makes a new guard.
                self._hang_up()
                answer = "the relay guard does not answer"
        if answer not in ("on", "queued"):
            raise DriverFault(f"cannot release: {answer}")

    # --- the guard's thread --------------------------------------------------------------------

    def _hang_up(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _session(self) -> None:
        """Start a guard and serve it. A guard that worked is followed by the next at once: its
        relays may be without a master."""
        self._was_ready = True
        while self._was_ready and not self._worker.is_stopping():
            self._was_ready = False
            try:
                self._spawn()
                self._listen()
            except OSError as fault:
                self._lose(f"the relay guard cannot be started: {fault}")
            finally:
                self._kill()

    def _spawn(self) -> None:
        here, pid = spawn(self._source, self._wires)
        with self._changed:
            self._socket, self._pid = here, pid
            if self._worker.is_stopping():
                self._hang_up()

    def _listen(self) -> None:
        """Handle the messages of the guard until it ends, or does not answer."""
        assert self._socket is not None
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        heard_s, is_asked = monotonic(), False
        while True:
            if poll.poll(int(self._patience_s(is_asked) * 1000) + 1):
                message = self._socket.recv(256)
                if not message:
                    self._lose("the relay guard has ended")
                    return
                heard_s, is_asked = monotonic(), False
                self._take(message.decode("utf-8", "replace"))
                continue
            if self._is_overdue() or is_asked or not self._ready:
                self._lose("the relay guard does not answer")
                return
            if monotonic() - heard_s >= _PING_S:
                is_asked = True
                self._socket.send(b"ping 0")

    def _patience_s(self, is_asked: bool) -> float:
        """Return how long to wait for the next message. `is_asked`: a ping is not answered yet."""
        if not self._ready:
            wait_s = _START_S
        else:
            wait_s = ANSWER_S if is_asked else _PING_S
        with self._changed:
            overdue_s = self._overdue_s
        return wait_s if overdue_s is None else min(wait_s, max(0.0, overdue_s - monotonic()))

    def _is_overdue(self) -> bool:
        """Return whether a pulse should have ended by now."""
        with self._changed:
            return self._overdue_s is not None and monotonic() >= self._overdue_s

    def _take(self, message: str) -> None:
        kind, _, rest = message.partition(" ")
        if kind == "ready":
            self._back()
        elif kind == "lost":
            self._lose(rest)
        elif kind in ("on", "off", "queued", "no"):
            relay, number, *why = rest.split(" ", 2)
            self._answer(kind, int(relay), int(number), "".join(why))

    def _answer(self, kind: str, relay: int, number: int, why: str) -> None:
        with self._changed:
            if number in self._asked and number not in self._answers and kind != "off":
                self._answers[number] = why if kind == "no" else kind
            ms = self._asked.get(number, 0)
            self._overdue_s = monotonic() + ms / 1000 + _LATE_S if kind == "on" else None
            if kind == "off":
                self._asked.pop(number, None)
            self._changed.notify_all()
        watcher = self._watchers.get(relay)
        if watcher is not None and kind in ("on", "off"):
            watcher.moved(kind == "on")

    def _back(self) -> None:
        with self._changed:
            self._ready = self._was_ready = True
            self._overdue_s = None
            self._changed.notify_all()
        self._worker.report(None)

    def _lose(self, why: str) -> None:
        with self._changed:
            self._ready, self._overdue_s = False, None
            self._changed.notify_all()
        self._worker.report(why)

    def _report(self, fault: str | None) -> None:
        for watcher in list(self._watchers.values()):
            if fault is None:
                watcher.moved(False)
                watcher.back()
            else:
                watcher.lost(fault)

    def _kill(self) -> None:
        """Leave nothing of this guard; while stopping it may end by itself first."""
        pid, self._pid = self._pid, 0
        if not pid:
            return
        self._ready = False
        self._hang_up()
        end(pid, _END_S if self._worker.is_stopping() else _LATE_END_S)
        if self._socket is not None:
            self._socket.close()
