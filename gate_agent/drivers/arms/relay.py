"""The relay that commands an arm: one pulse at a time, and who drives it.

On a board a process of its own does, the guard (`GuardedRelay`). `PinRelay` drives a gpiozero pin
of this process, and is for pins in memory only: nobody would end its pulse if this process hung.
"""

from time import monotonic
from typing import Protocol

from gate_agent.drivers.arms.guard.client import Guard, Watcher
from gate_agent.drivers.arms.guard.pulses import GAP_MS
from gate_agent.drivers.pins.factory import pin_errors
from gate_agent.drivers.pins.gpio import Factory, OutputDevice
from gate_agent.drivers.worker import Worker
from gate_agent.errors import DriverFault

_RETRY_MS = 50.0  # after a relay that could not be opened again


class Relay(Protocol):
    """A relay's contact."""

    def start(self, watcher: Watcher) -> None:
        """Take it, at rest. Faults go to the watcher."""
        ...

    def stop(self) -> None:
        """Put it at rest and give it back. Safe to call twice."""
        ...

    def pulse(self, ms: int) -> None:
        """Begin or queue one pulse of `ms`. Raise DriverFault if that cannot be."""
        ...


class GuardedRelay:
    """One of the relays of a guard, by its number."""

    def __init__(self, guard: Guard, number: int) -> None:
        self._guard, self._number = guard, number

    def start(self, watcher: Watcher) -> None:
        """Watch it; the first relay starts the guard."""
        self._guard.start(self._number, watcher)

    def stop(self) -> None:
        """Give it back; the last relay ends the guard."""
        self._guard.stop(self._number)

    def pulse(self, ms: int) -> None:
        """Begin or queue one pulse of `ms`. Raise DriverFault if the guard has not taken it."""
        self._guard.pulse(self._number, ms)


class PinRelay:
    """A pin of this process. A thread of its own ends the pulses."""

    def __init__(self, pin: int, active_high: bool, factory: Factory) -> None:
        self._pin, self._active_high, self._factory = pin, active_high, factory
        self._worker = Worker(f"relay {pin}", self._session, report=self._report)
        self._device: OutputDevice | None = None
        self._watcher = Watcher(_nothing, _nothing, lambda: None)
        self._active = False
        self._until_ms = 0.0
        self._waiting: int | None = None

    def start(self, watcher: Watcher) -> None:
        """Claim the pin, off as its first level: to claim it must not release the arm."""
        self._watcher = watcher
        try:
            self._device = OutputDevice(
                self._pin,
                active_high=self._active_high,
                initial_value=False,
                pin_factory=self._factory,
            )
        except pin_errors() as fault:
            watcher.lost(f"cannot open the relay: {fault}")
            return
        self._worker.start()

    def stop(self) -> None:
        """Switch off, whatever was still to come."""
        self._worker.stop()
        device, self._device = self._device, None
        if device is None:
            return
        try:
            device.off()
            device.close()
        except pin_errors() as fault:
            self._watcher.lost(f"cannot open the relay: {fault}")

    def pulse(self, ms: int) -> None:
        """Begin or queue one pulse of `ms`. Raise DriverFault if the pin does not obey, or if two
        pulses are still to come."""
        with self._worker.changed:
            if not self._worker.running:
                raise DriverFault("cannot release: the relay is not open")
            if self._active or monotonic() * 1000 < self._until_ms:
                if self._waiting is not None:
                    raise DriverFault("cannot release: two pulses are still to come")
                self._waiting = ms
            else:
                self._begin(ms)
            self._worker.changed.notify()

    def _begin(self, ms: int) -> None:
        assert self._device is not None
        # Before the relay moves: if that raises, the thread still brings it to rest.
        self._active = True
        self._until_ms = monotonic() * 1000 + ms
        try:
            self._device.on()
        except pin_errors() as fault:
            raise DriverFault(f"cannot close the relay: {fault}") from fault
        self._watcher.moved(True)

    def _session(self) -> None:
        with self._worker.changed:
            while not self._worker.is_stopping():
                busy = self._active or self._waiting is not None
                if not busy or monotonic() * 1000 < self._until_ms:
                    self._worker.wait_until(self._until_ms if busy else None)
                elif self._active:
                    self._end()
                elif self._waiting is not None:
                    ms, self._waiting = self._waiting, None
                    try:
                        self._begin(ms)
                    except DriverFault as fault:
                        self._worker.report(str(fault))

    def _end(self) -> None:
        assert self._device is not None
        try:
            self._device.off()
        except pin_errors() as fault:
            self._until_ms = monotonic() * 1000 + _RETRY_MS
            self._worker.report(f"cannot open the relay: {fault}")
            return
        self._active = False
        self._until_ms = monotonic() * 1000 + GAP_MS
        self._watcher.moved(False)
        self._worker.report(None)

    def _report(self, fault: str | None) -> None:
        if fault is None:
            self._watcher.back()
        else:
            self._watcher.lost(fault)


def _nothing(_: object) -> None:
    """Ignore it: before `start` nobody watches."""
