"""Why a ticket would be refused: the gate's own decision, made with what the centre knows."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from fleet_manager.database import tables
from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.passages.usage import history_of
from fleet_manager.sellers import sellers
from fleet_manager.tickets.sold import SoldTicket, find
from fleet_manager.trust import rules
from gate_agent.validator.decide import Decision, Denied, LaneRules, authenticate, decide
from gate_agent.validator.history import NEVER_SEEN, History
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction, Passage, decode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyRing


@dataclass(frozen=True, slots=True)
class TicketUse:
    """A passage on the ticket, and the gate it was at."""

    gate: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Explanation:
    """`presented`: the ticket as shown, None if it cannot be believed. `sold`: our own row of it.
    `decision`: what a gate would say now, if it knew all that the centre knows."""

    presented: Ticket | None
    sold: SoldTicket | None
    uses: list[TicketUse]
    history: History
    decision: Decision


def explain(
    connection: Connection, shown: str, ring: KeyRing, calendar: Calendar, zone: int, now_ms: int
) -> Explanation:
    """`shown` is a serial or the text of a QR code; `zone` that of the entrance lane.

    Raises CentreError for a serial that was never sold.
    """
    listing: Listing | None = None
    if shown.isascii() and shown.isdecimal() and len(shown) <= 10:
        ticket = find(connection, int(shown)).ticket
    else:
        found = authenticate(shown.encode(errors="replace"), ring)
        if isinstance(found, Denied):
            listed = sellers.find(connection, shown) if found.reason is Reason.ALIEN else None
            if listed is None:
                return Explanation(None, None, [], NEVER_SEEN, found)
            found, listing = listed.ticket, sellers.listing(listed, now_ms)
        ticket = found
    sold: SoldTicket | None = None
    if listing is None:
        with suppress(CentreError):
            sold = find(connection, ticket.serial)
        listing = _listing(sold, now_ms)
    uses = _uses(connection, ticket)
    history = history_of(connection, ticket.id)
    default, own = rules.current(connection)
    decision = decide(
        ticket,
        listing,
        history,
        LaneRules(Direction.IN, zone, calendar.zone),
        Moment(now_ms, 0, 0, ClockState.TRUSTED, now_ms),
        rules=own.get(ticket.product, default),
    )
    return Explanation(ticket, sold, uses, history, decision)


def _listing(sold: SoldTicket | None, now_ms: int) -> Listing:
    """What the next published list will say of this ticket."""
    if sold is None:
        return Listing(status=TicketStatus.UNKNOWN, as_of_ms=now_ms)
    return Listing(
        status=sold.status,
        as_of_ms=now_ms,
        min_issue=sold.ticket.issue,
        extra=sold.extra,
        holder_tag=sold.now_for,
    )


def _uses(connection: Connection, ticket: Ticket) -> list[TicketUse]:
    passage, journal = tables.passage.c, tables.journal.c
    query = (
        select(passage.record, journal.gate)
        .join(tables.journal, journal.no == passage.journal)
        .where(text(tables.USES_A_TICKET), passage.ticket == ticket.id)
        .order_by(passage.wall_ms, journal.gate, passage.seq)
    )
    return [TicketUse(row.gate, decode(row.record)) for row in connection.execute(query)]
