"""Answers are right: a refusal for its time is true by the real time, no sold ticket is called
unlisted, a grant is within the ticket's window, and staff let in as many as the handheld's journal
says."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.oracle.answers import LATE_MS

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

WHOLE_MS = 2
"""Clocks count whole milliseconds."""
_TIME = (Reason.EXPIRED.value, Reason.NOT_YET.value)


def check(park: "Park") -> list[str]:
    """Check every answer that was recorded about a sold ticket, and the entries by hand."""
    violations = [
        violation
        for gate in park.gates
        for row, ticket in _asked(park, gate)
        for violation in (*_refusal(park, gate, row, ticket), *_grant(park, gate, row, ticket))
    ]
    for lane in park.lanes:
        if not lane.gate.arms:
            violations += _waved(park, lane.gate, lane.waved)
    return violations


def _asked(park: "Park", gate: SimGate) -> Iterator[tuple[Passage, Ticket]]:
    """Yield the records of a gate's ways in, each with the sold ticket that it is about."""
    for row in park.records(gate):
        if row.ticket is not None and row.direction is not Direction.OUT:
            ticket = park.tickets.get(int.from_bytes(row.ticket[4:], "big"))
            if ticket is not None:
                yield row, ticket


def _refusal(park: "Park", gate: SimGate, row: Passage, ticket: Ticket) -> Iterator[str]:
    """Check that a refusal is right by the true time and by what was sold."""
    if row.kind is not PassageKind.DENIED:
        return
    if row.reason in _TIME and _within(park, gate, row, ticket):
        reason = Reason(row.reason).key
        yield f"{gate.name}: a good ticket {ticket.serial} was refused as {reason}"
    doubtful = park.centre.ceremony.is_doubtful(
        ticket.key_id
    )  # `told` knows when it must be listed
    if row.reason == Reason.UNLISTED.value and not doubtful:
        yield f"{gate.name}: ticket {ticket.serial} was sold, and refused as unlisted"


def _grant(park: "Park", gate: SimGate, row: Passage, ticket: Ticket) -> Iterator[str]:
    """Check that a grant by a trusted clock is within the ticket's window."""
    trusted = row.kind is PassageKind.GRANTED and not row.detail and row.clock is ClockState.TRUSTED
    if trusted and not _within(park, gate, row, ticket):
        yield f"{gate.name}: ticket {ticket.serial} was granted out of its time"


def _within(park: "Park", gate: SimGate, row: Passage, ticket: Ticket) -> bool:
    """Whether it is surely within its window: but for a millisecond, and who waited for the centre
    in the last moment of it."""
    true_ms = park.world.epoch_ms + gate.boots[row.boot] + row.mono_ms
    granted = row.kind is PassageKind.GRANTED
    begin_ms, end_ms = ticket.not_before * 1000, ticket.expires_at * 1000
    if granted:
        return begin_ms - WHOLE_MS <= true_ms < end_ms + LATE_MS
    return begin_ms + WHOLE_MS <= true_ms < end_ms - WHOLE_MS


def _waved(park: "Park", gate: SimGate, waved: int) -> Iterator[str]:
    """Check that the journal of a handheld says what staff let in, give or take what was under way
    when it died."""
    taken = [row for row in park.records(gate) if row.kind is PassageKind.TAKEN]
    # Whose grant was cut off is told by its ticket; whoever staff let in without one may be it.
    sure = (row for row in taken if row.ticket and row.ticket not in gate.unfinished)
    least = sum(row.persons for row in sure)
    most = sum(row.persons for row in taken)
    if not least <= waved <= most:
        yield f"{gate.name}: staff let in {waved}, the journal says {least} to {most}"
