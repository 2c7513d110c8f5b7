"""What goes wrong with a board's clock: set, drifting, lost at a boot, or told lies."""

import random
from collections.abc import Callable

from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.world import World

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_Later = Callable[[float, float, Callable[[], None]], None]


class ClockFaults:
    """`later` takes the least and the longest time until something happens, in ms, and what."""

    def __init__(self, world: World, rng: random.Random, later: _Later) -> None:
        self._world = world
        self._rng = rng
        self._later = later

    def jump(self, gate: SimGate) -> None:
        """Set the clock wrong, after the time service has lost its source."""
        gate.clock.synchronised = False
        error_ms = self._rng.choice((-_DAY_MS, -_HOUR_MS, _HOUR_MS, 1800 * _DAY_MS))
        self._world.after(2000.0, lambda: self._set(gate, error_ms))
        self._later(10_000.0, 900_000.0, lambda: set_right(gate))

    def _set(self, gate: SimGate, error_ms: int) -> None:
        if not gate.clock.synchronised:
            gate.clock.error_ms = error_ms

    def drift(self, gate: SimGate) -> None:
        """Let the clock run too fast or too slow, after the time service has lost its source."""
        gate.clock.synchronised = False
        step_ms = self._rng.choice((-900, -40, 40, 900))
        self._world.after(2000.0, lambda: self._slide(gate, step_ms))
        self._later(60_000.0, 900_000.0, lambda: set_right(gate))

    def _slide(self, gate: SimGate, step_ms: int) -> None:
        if not gate.clock.synchronised:
            gate.clock.error_ms += step_ms
            self._world.after(5000.0, lambda: self._slide(gate, step_ms))

    def lose(self, gate: SimGate) -> None:
        """Wake a board up weeks ahead, with nobody to tell it better until the network is back."""
        gate.die()
        gate.wire.cut()
        gate.clock.synchronised = False
        gate.clock.error_ms = self._rng.choice((40, 300)) * _DAY_MS
        self._later(10_000.0, 30_000.0, gate.power_on)
        self._later(120_000.0, 900_000.0, lambda: self._find(gate))

    def _find(self, gate: SimGate) -> None:
        gate.wire.heal()
        self._later(1000.0, 300_000.0, lambda: set_right(gate))

    def lie(self, gate: SimGate) -> None:
        """Play a wrong time server, if the board has been told anything: else it would have to
        believe the lie."""
        if gate.system is None or not gate.system.bound.signed_ms:
            return
        gate.clock.synchronised = True
        gate.clock.error_ms = self._rng.choice((-self._world.utc_ms, -_HOUR_MS, 500 * _DAY_MS))
        self._later(5000.0, 300_000.0, lambda: set_right(gate))


def set_right(gate: SimGate) -> None:
    """Set the clock right, as a time service does that says so."""
    gate.clock.error_ms = 0
    gate.clock.synchronised = True
