"""Answers are right: a refusal for its time is true by the real time, no sold ticket is called
unlisted, a grant is within the ticket's window, and staff let in as many as the handheld's journal
says."""

from typing import TYPE_CHECKING

from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.world import EPOCH_MS

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_TIME = (Reason.EXPIRED.value, Reason.NOT_YET.value)


def check(park: "Park") -> list[str]:
    """Time by time, ticket by ticket."""
    found: list[str] = []
    for gate in park.gates:
        for row in park.records(gate):
            if row.ticket is None or row.direction is Direction.OUT:
                continue
            ticket = park.tickets.get(int.from_bytes(row.ticket[4:], "big"))
            if ticket is None:
                continue
            true_s = _true_ms(gate, row) / 1000
            within = ticket.not_before <= true_s < ticket.expires_at
            if row.kind is PassageKind.DENIED and row.reason in _TIME and within:
                name = Reason(row.reason).key
                found.append(f"{gate.name}: a good ticket {ticket.serial} was refused as {name}")
            if row.kind is PassageKind.DENIED and row.reason == Reason.UNLISTED.value:
                found.append(
                    f"{gate.name}: ticket {ticket.serial} was sold, and refused as unlisted"
                )
            if row.kind is PassageKind.GRANTED and row.clock is ClockState.TRUSTED and not within:
                found.append(f"{gate.name}: ticket {ticket.serial} was granted out of its time")
    for lane in park.lanes:
        if not lane.gate.arms:
            found += _waved(park, lane.gate, lane.waved)
    return found


def _true_ms(gate: SimGate, row: Passage) -> float:
    return EPOCH_MS + gate.boots[row.boot] + row.mono_ms


def _waved(park: "Park", gate: SimGate, waved: int) -> list[str]:
    taken = [row for row in park.records(gate) if row.kind is PassageKind.TAKEN]
    sure = sum(row.persons for row in taken if row.ticket not in gate.unfinished)
    most = sum(row.persons for row in taken)
    if sure <= waved <= most:
        return []
    return [f"{gate.name}: staff let in {waved}, the journal says {sure} to {most}"]
