"""PURE. Make the records that a lane's actions write."""

from gate_agent.events import Presented
from gate_agent.lane.state import Grant, Lane, StepContext
from gate_agent.validator.decide import Granted
from gate_agent.validator.passage import Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.manual_code import was_seen
from gate_agent.validator.tickets.ticket import Ticket


def row_of(lane: Lane, context: StepContext, kind: PassageKind) -> Passage:
    """Return a record of this kind, lane and moment."""
    now = context.now
    return Passage(
        seq=context.seq,
        kind=kind,
        lane=lane.number,
        direction=lane.direction,
        wall_ms=now.wall_ms,
        mono_ms=now.mono_ms,
        boot=now.boot,
        clock=now.state,
        list_version=context.list_version,
    )


def grant_row(
    lane: Lane, grant: Grant, context: StepContext, kind: PassageKind, persons: int
) -> Passage:
    """Return a record about a grant and `persons` of it."""
    ticket = grant.ticket
    return row_of(lane, context, kind)._replace(
        persons=persons,
        grant=None if kind is PassageKind.GRANTED else grant.seq,
        ticket=None if ticket is None else ticket.id,
        product=None if ticket is None else _product(ticket),
        admits=1 if ticket is None else ticket.admits,
        group=None if ticket is None else ticket.group,
        code=grant.code if ticket is None else None,
        detail=grant.detail,
        reentry=grant.reentry,
        provisional=grant.provisional,
        freshness=grant.freshness.value,
        reason=0 if grant.overridden_reason is None else grant.overridden_reason.value,
        claim=grant.claim,
        alone=int(grant.unconfirmed),
    )


def denied_row(lane: Lane, event: Presented, context: StepContext, reason: Reason) -> Passage:
    """Return the record of a refusal of what was presented."""
    row = row_of(lane, context, PassageKind.DENIED)._replace(reason=reason.value)
    decision = event.decision
    ticket = decision.ticket
    if ticket is None:
        return row._replace(code=event.code)
    persons = decision.persons if isinstance(decision, Granted) else 0
    return row._replace(
        ticket=ticket.id, product=_product(ticket), group=ticket.group, persons=persons
    )


def _product(ticket: Ticket) -> int | None:
    return ticket.product if was_seen(ticket) else None
