"""PURE. The records that a lane's actions write, each from what the lane knows."""

from gate_agent.events import Presented
from gate_agent.lane_state import At, Grant, Lane
from gate_agent.validator.decide import Granted
from gate_agent.validator.manual_code import was_seen
from gate_agent.validator.passage import Kind, Passage
from gate_agent.validator.reasons import Reason
from gate_agent.validator.ticket import Ticket


def row_of(lane: Lane, at: At, kind: Kind) -> Passage:
    """A record of this lane and this moment."""
    now = at.now
    return Passage(
        at.seq,
        kind,
        lane.number,
        lane.direction,
        now.wall_ms,
        now.mono_ms,
        now.boot,
        now.state,
        list_version=at.list_version,
    )


def grant_row(lane: Lane, grant: Grant, at: At, kind: Kind, persons: int) -> Passage:
    """The same about a grant and `persons` of it."""
    ticket = grant.ticket
    return row_of(lane, at, kind)._replace(
        persons=persons,
        grant=None if kind is Kind.GRANTED else grant.seq,
        ticket=None if ticket is None else ticket.id,
        product=None if ticket is None else _product(ticket),
        admits=1 if ticket is None else ticket.admits,
        group=None if ticket is None else ticket.group,
        code=grant.code if ticket is None else None,
        detail=grant.detail,
        reentry=grant.reentry,
        provisional=grant.provisional,
        freshness=grant.freshness.value,
        reason=0 if grant.although is None else grant.although.value,
        claim=grant.claim,
        alone=int(grant.alone),
    )


def denied_row(lane: Lane, event: Presented, at: At, reason: Reason) -> Passage:
    """A refusal of what was presented."""
    row = row_of(lane, at, Kind.DENIED)._replace(reason=reason.value)
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
