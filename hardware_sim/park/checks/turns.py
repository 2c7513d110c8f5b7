"""Every turn of an arm is in a journal: taken, forced or free, or happened while the gate was
dead; in the order in which they happened."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from gate_agent.validator.passage import Passage, PassageKind
from hardware_sim.park.board.arm import SimArm
from hardware_sim.park.board.gate import SimGate

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
    return [
        f"{gate.name}/{number}: {violation}"
        for gate in park.gates
        for number, arm in gate.arms.items()
        for violation in _arm(gate, arm, [row for row in park.records(gate) if row.lane == number])
    ]


def _arm(gate: SimGate, arm: SimArm, rows: list[Passage]) -> Iterator[str]:
    passages = [row for row in rows if row.kind in _PASSAGES]
    recorded = len(passages)
    lowest, highest = arm.turns_seen, arm.turns_seen + arm.turns_doubtful
    if not lowest <= recorded <= highest:
        yield f"{recorded} passages recorded, handled {lowest} to {highest}"
    by_right = sum(row.kind in (PassageKind.TAKEN, PassageKind.FREE) for row in rows)
    if by_right < arm.rightful:
        yield (f"{arm.rightful} passages on a release of ours, only {by_right} recorded as such")
    for row in passages:
        at_ms = gate.boots[row.boot] + row.mono_ms
        if not any(abs(at_ms - ms) <= WHOLE_MS for ms in arm.turned_ms):
            yield f"record {row.seq} is of {at_ms / 1000:.3f} s, when the arm did not turn"
    for earlier, later in pairwise(passages):
        if earlier.boot == later.boot and later.mono_ms < earlier.mono_ms:
            yield f"record {later.seq} is of an earlier passage than record {earlier.seq}"
    if recorded > arm.state.turns:
        yield f"{recorded} passages recorded, {arm.state.turns} turns"
