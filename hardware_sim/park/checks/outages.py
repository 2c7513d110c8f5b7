"""One outage of a disk is one outage of the gate: it ends when a record can be written again, and
not because a smaller write has passed."""

from typing import TYPE_CHECKING

from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


class OutageWatch:
    """Counts how often each gate's lanes have closed since its disk was last mended."""

    def __init__(self, park: "Park") -> None:
        self._park = park
        self._closed_before: dict[tuple[str, int], tuple[object, int]] = {}

    def watch(self, gate: SimGate) -> None:
        """Look at a gate after each event."""
        if gate.agent is None:
            return
        closed, place = gate.health.counters.get("outage", 0), (gate.name, gate.disk.mended)
        agent, before = self._closed_before.get(place, (None, 0))
        if not gate.disk.fails or agent is not gate.agent:
            self._closed_before[place] = gate.agent, closed
        elif closed > before + 1:
            self._park.world.violated("outages", f"{gate.name} has closed twice, the disk fails on")
