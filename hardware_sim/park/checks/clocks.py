"""Time bounds are never wrong: what a gate holds for passed has passed."""

from typing import TYPE_CHECKING

from gate_agent.validator.moment import ClockState
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


WHOLE_MS = 1
"""Clocks count whole milliseconds, each from a moment of its own."""


def watch(park: "Park", gate: SimGate) -> None:
    """Check a gate's bounds of time after each event."""
    if gate.system is None:
        return
    now, utc_ms = gate.now(), park.world.utc_ms
    if now.bound_ms > utc_ms + WHOLE_MS:
        ahead = now.bound_ms - utc_ms
        park.world.violated("clocks", f"{gate.name} holds {ahead} ms of the future for passed")
    if now.state is ClockState.TRUSTED and now.wall_ms != utc_ms:
        park.world.violated("clocks", f"{gate.name} trusts a wrong clock")


def check(park: "Park") -> list[str]:
    """Check the bounds of time once more at the end, for every gate."""
    for gate in park.gates:
        watch(park, gate)
    return []
