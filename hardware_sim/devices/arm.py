"""An arm in real time: the mechanics of `turnstile` at the far end of the gate's pins."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic

from hardware_sim.devices.lines import LineServer, lines_at
from hardware_sim.devices.pins import PinClient
from hardware_sim.devices.turnstile import due_ms, step
from hardware_sim.devices.turnstile_state import (
    Cause,
    Happened,
    Mechanics,
    Power,
    Push,
    RelayState,
    ResetCounter,
    Tick,
    Turnstile,
    What,
)

_BOUNCE_MS = 8.0
_JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Wiring:
    """The gate's line numbers. A contact is closed when its line is low."""

    relay_pin: int
    passage_pin: int
    home_pin: int | None = None
    ready_pin: int | None = None
    relay_active_high: bool = True


class TurnstileArm:
    """One arm, driven by a gate's relay and by visitors who push.

    The relay may be one of the gate's pins, or under a guard at `lines`. `on_happened` is told
    everything, in this arm's own thread. `rng` makes the contacts bounce.
    """

    def __init__(
        self,
        path: Path,
        wiring: Wiring,
        rng: random.Random,
        mechanics: Mechanics | None = None,
        on_happened: Callable[[Happened], None] | None = None,
    ) -> None:
        self._wiring = wiring
        self._rng = rng
        self._on_happened = on_happened
        self._start_s = monotonic()
        self._state = Turnstile(mechanics or Mechanics())
        self._wake = Condition()
        self._causes: list[tuple[float, Cause]] = []
        self._stopping = False
        self._pins = PinClient(path, lambda line, level: self._driven(line, level, monotonic()))
        self.lines = LineServer(lines_at(path), self._driven, drops=False)
        self._thread = Thread(target=self._run, name=f"arm at {path.name}", daemon=True)

    @property
    def state(self) -> Turnstile:
        """As it was when something last happened."""
        with self._wake:
            return self._state

    @property
    def connected(self) -> Event:
        """Set while the gate's pins are there."""
        return self._pins.connected

    def start(self) -> None:
        """Put the contacts at rest and look for the gate."""
        self._drive(self._wiring.passage_pin, self._state.passage_closed)
        self._drive(self._wiring.home_pin, self._state.home_closed)
        self._drive(self._wiring.ready_pin, self._state.powered)
        self._thread.start()
        self.lines.start()
        self._pins.start()

    def stop(self) -> None:
        """Stop the arm's threads. Safe to call twice."""
        self._pins.stop()
        self.lines.stop()
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def push(self, push: Push | None = None) -> None:
        """Let a visitor lean on the arm."""
        self._cause(push or Push())

    def power(self, on: bool) -> None:
        """Switch the turnstile's own supply."""
        self._cause(Power(on))

    def reset_counter(self) -> None:
        """Reset the board's counter, as somebody at its keys may."""
        self._cause(ResetCounter())

    def wait(self, ready: Callable[[Turnstile], bool], timeout_s: float) -> bool:
        """Wait until `ready(state)`; False if that does not happen in time."""
        with self._wake:
            return self._wake.wait_for(lambda: ready(self._state), timeout_s)

    def _driven(self, line: int, level: bool, at_s: float) -> None:
        if line == self._wiring.relay_pin:
            self._cause(RelayState(level == self._wiring.relay_active_high), at_s)

    def _cause(self, cause: Cause, at_s: float | None = None) -> None:
        with self._wake:
            at_ms = self._now_ms() if at_s is None else (at_s - self._start_s) * 1000
            self._causes.append((at_ms, cause))
            self._wake.notify_all()

    def _now_ms(self) -> float:
        return (monotonic() - self._start_s) * 1000

    def _run(self) -> None:
        while True:
            with self._wake:
                due = due_ms(self._state)
                if not self._causes and not self._stopping:
                    late_s = None if due is None else max(0.0, due - self._now_ms()) / 1000
                    self._wake.wait(late_s)
                if self._stopping:
                    return
                at_ms, cause = self._causes.pop(0) if self._causes else (self._now_ms(), Tick())
                self._state, happened = step(self._state, cause, at_ms)
                self._wake.notify_all()
            # Outside the lock: a contact takes its time to settle.
            for event in happened:
                self._tell(event)

    def _tell(self, happened: Happened) -> None:
        match happened.what:
            case What.MOVED:
                self._bounce(self._wiring.home_pin, closed=False)
            case What.RETURNED:
                self._bounce(self._wiring.home_pin, closed=True)
            case What.READY_OPENED:
                self._bounce(self._wiring.ready_pin, closed=False)
            case What.READY_CLOSED:
                self._bounce(self._wiring.ready_pin, closed=True)
            case What.PASSAGE_OPENED:
                self._bounce(self._wiring.passage_pin, closed=False)
            case What.PASSAGE_CLOSED:
                self._bounce(self._wiring.passage_pin, closed=True)
        if self._on_happened is not None:
            self._on_happened(happened)

    def _bounce(self, pin: int | None, *, closed: bool) -> None:
        """Touch falsely a few times within some milliseconds, then hold the new level."""
        if pin is None:
            return
        left_s = self._rng.uniform(0.0, _BOUNCE_MS) / 1000
        for _ in range(self._rng.randrange(4)):
            self._drive(pin, closed)
            Event().wait(left_s / 8)
            self._drive(pin, not closed)
            Event().wait(left_s / 8)
        self._drive(pin, closed)

    def _drive(self, pin: int | None, closed: bool) -> None:
        if pin is not None:
            self._pins.drive(pin, not closed)
