"""No release without a durable grant; no grant cut short."""

from typing import TYPE_CHECKING

from gate_agent.validator.passage import PassageKind
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.board.parts import RELEASE_MS

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def watch_release(park: "Park", gate: SimGate, lane: int) -> None:
    """Check before each pulse that the disk holds an open grant for this lane, unless the lane is
    free."""
    assert gate.agent is not None
    modes = {number: mode for number, mode, _ in gate.agent.lanes()}
    if modes[lane] == "free":
        return
    now = gate.now()
    park.released[gate.name, lane, now.boot].append(now.mono_ms)
    if gate.disk.db.in_transaction:
        park.world.violated("grants", f"{gate.name} releases in the middle of a commit")
    (open_grants,) = gate.disk.db.execute("SELECT count(*) FROM open_grants").fetchone()
    if not open_grants:
        park.world.violated("grants", f"{gate.name}/{lane} releases without a durable grant")


def check(park: "Park") -> list[str]:
    """Check that a grant that ended untaken had its whole time, counted from the last passage on
    it, and from the last pulse of its arm: a slow write takes nobody's time away. Without an arm
    staff say at once who stays behind."""
    violations: list[str] = []
    for gate in park.gates:
        last_ms: dict[tuple[int, int], int] = {}
        for row in park.records(gate):
            key = (row.boot, row.grant or 0)
            if row.kind is PassageKind.GRANTED:
                last_ms[row.boot, row.seq] = row.mono_ms
            elif row.kind is PassageKind.TAKEN:
                last_ms[key] = row.mono_ms
            elif row.kind is PassageKind.NOT_TAKEN and row.lane in gate.arms:
                pulses = park.released[gate.name, row.lane, row.boot]
                # A pulse in the same millisecond is the next grant's.
                begun_ms = max([last_ms[key], *(ms for ms in pulses if ms < row.mono_ms)])
                waited_ms = row.mono_ms - begun_ms
                if waited_ms < RELEASE_MS:
                    violations.append(f"{gate.name}: grant {row.grant} ended after {waited_ms} ms")
    return violations
