"""Every turn of an arm is in a journal: taken, forced or free, or happened while the gate was
dead."""

from typing import TYPE_CHECKING

from gate_agent.validator.passage import PassageKind

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

WHOLE_MS = 2
"""Clocks count whole milliseconds."""
_PASSAGES = (PassageKind.TAKEN, PassageKind.FORCED, PassageKind.FREE)


def check(park: "Park") -> list[str]:
    """Check that records of passages are the passages that the gate handled, give or take those
    during which it died, and never more than the arm turned; that whoever was released is not
    recorded as an intruder; that each record says when the arm turned, however long it had to
    wait."""
    found: list[str] = []
    for gate in park.gates:
        for number, arm in gate.arms.items():
            rows = [row for row in park.records(gate) if row.lane == number]
            passages = [row for row in rows if row.kind in _PASSAGES]
            recorded = len(passages)
            lowest, highest = arm.turns_seen, arm.turns_seen + arm.turns_doubtful
            if not lowest <= recorded <= highest:
                found.append(
                    f"{gate.name}/{number}: {recorded} passages recorded, handled {lowest} to "
                    f"{highest}"
                )
            by_right = sum(row.kind in (PassageKind.TAKEN, PassageKind.FREE) for row in rows)
            if by_right < arm.rightful:
                found.append(
                    f"{gate.name}/{number}: {arm.rightful} passages on a release of ours, only "
                    f"{by_right} recorded as such"
                )
            for row in passages:
                at_ms = gate.boots[row.boot] + row.mono_ms
                if not any(abs(at_ms - ms) <= WHOLE_MS for ms in arm.turned_ms):
                    found.append(
                        f"{gate.name}/{number}: record {row.seq} is of {at_ms / 1000:.3f} s, when "
                        "the arm did not turn"
                    )
            if recorded > arm.state.turns:
                found.append(
                    f"{gate.name}/{number}: {recorded} passages recorded, {arm.state.turns} turns"
                )
    return found
