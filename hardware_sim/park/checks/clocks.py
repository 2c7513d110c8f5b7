"""Time bounds are never wrong: what a gate holds for passed has passed."""

from typing import TYPE_CHECKING

from gate_agent.validator.moment import ClockState, Moment
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


SLACK_MS = 1000
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
    if now.wall_ms < now.bound_ms:
        behind = now.bound_ms - now.wall_ms
        park.world.violated("clocks", f"{gate.name} dates records {behind} ms before what it knows")
    _watch_fall(park, gate, now)
    if now.state is ClockState.TRUSTED and now.wall_ms != utc_ms:
        park.world.violated("clocks", f"{gate.name} trusts a wrong clock")


def _watch_fall(park: "Park", gate: SimGate, now: Moment) -> None:
    """Check that what has surely passed is not forgotten within one process, unless the key is gone
    by whose signature it was known, a beacon contradicts what the host's clock said, or a step of a
    second was taken back. The objects are kept, not their `id`, which another one may get."""
    beacon = None if gate.core is None else gate.core.trust.vouching.last
    before, park.bounds[gate.name] = park.bounds.get(gate.name), (gate.system, beacon, now)
    if before is None or gate.name in park.list_keys_dropped:
        return
    system, last_beacon, last = before
    if system is not gate.system or last_beacon is not beacon:
        return
    least_ms = last.bound_ms + now.mono_ms - last.mono_ms
    if now.bound_ms < least_ms - WHOLE_MS - SLACK_MS and last.bound_ms:
        park.world.violated("clocks", f"{gate.name} forgets {least_ms - now.bound_ms} ms")


def check(park: "Park") -> list[str]:
    """Check the bounds of time once more at the end, for every gate."""
    for gate in park.gates:
        watch(park, gate)
    return []
