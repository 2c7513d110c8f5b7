"""Why a ticket would be refused: the gate's own decision, made with what the centre knows."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager.errors import CentreError
from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.passages import records
from fleet_manager.passages.records import GateRecord
from fleet_manager.passages.usage import history_of
from fleet_manager.sellers import sellers
from fleet_manager.sellers.sellers import SoldCode
from fleet_manager.tickets import lookup
from fleet_manager.tickets.sold import SoldTicket, find
from fleet_manager.trust import rules
from gate_agent.validator.decide import Decision, Denied, LaneRules, authenticate, decide
from gate_agent.validator.history import NEVER_SEEN, History
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Explanation:
    """`presented`: the ticket as shown, None if it cannot be believed. `sold`: our own row of it.
    `listing`: what the next list says of it, None if it is no ticket.
    `records`: what happened to it at the gates. `decision`: what a gate would say now, if it knew
    all that the centre knows."""

    presented: Ticket | None
    sold: SoldTicket | None
    listing: Listing | None
    records: list[GateRecord]
    history: History
    decision: Decision


def explain(
    connection: Connection, shown: str, vault: Vault, calendar: Calendar, zone: int, now_ms: int
) -> Explanation:
    """Return what the centre knows of a ticket, and how a gate would decide.

    `shown`: a serial, a printed number or the text of a QR code; `zone` that of the entrance lane.
    Raises CentreError for a number that is no ticket's.
    """
    identified = _find(connection, shown, vault)
    if isinstance(identified, Denied):
        refused = records.of_code(connection, lookup.cleaned(shown))
        return Explanation(None, None, None, refused, NEVER_SEEN, identified)
    sold: SoldTicket | None = None
    if isinstance(identified, SoldCode):
        ticket, listing = identified.ticket, sellers.listing(identified, now_ms)
    else:
        ticket = identified
        with suppress(CentreError):
            sold = find(connection, ticket.serial)
        listing = _listing(sold, now_ms)
    of_it = records.of_ticket(connection, ticket.id)
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
    return Explanation(ticket, sold, listing, of_it, history, decision)


def _find(connection: Connection, shown: str, vault: Vault) -> Ticket | SoldCode | Denied:
    """Return the ticket that a text names, a seller's code, or why it is neither.

    A number that is no ticket's may be a seller's code. Raises CentreError if it is not.
    """
    text = lookup.cleaned(shown)
    if lookup.is_number(text):
        try:
            return lookup.by_number(connection, text, lambda: vault).presented
        except CentreError:
            listed = sellers.find(connection, text)
            if listed is None:
                raise
            return listed
    signed = authenticate(text.encode(errors="replace"), vault.ring)
    if isinstance(signed, Denied) and signed.reason is Reason.ALIEN:
        return sellers.find(connection, shown) or sellers.find(connection, text) or signed
    return signed


def _listing(sold: SoldTicket | None, now_ms: int) -> Listing:
    """Return what the next published list will say of this ticket."""
    if sold is None:
        return Listing(status=TicketStatus.UNKNOWN, as_of_ms=now_ms)
    return Listing(
        status=sold.status,
        as_of_ms=now_ms,
        min_issue=sold.ticket.issue,
        extra=sold.extra,
        holder_tag=sold.new_holder_tag,
    )
