"""`/tickets`: sell, show, void, suspend, restore, print anew."""

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from fleet_manager.access.rights import Act, View
from fleet_manager.explain import Explanation, explain
from fleet_manager.services import tickets
from fleet_manager.services.tickets import Print, SaleRequest
from fleet_manager.terminal.record_lines import Shown
from fleet_manager.tickets import products, sold
from fleet_manager.web.api.kinds import (
    FIRST_YEAR,
    LAST_YEAR,
    Done,
    ReasonBody,
    SerialPath,
    looking_for,
    or_none,
)
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from fleet_manager.web.api.problem import BadRequest
from fleet_manager.web.api.topics.passages import PassageLine, line_of
from gate_agent.validator.decide import Decision, Denied, HolderNeeded
from gate_agent.validator.moment import utc_text

MOST_TICKETS = 500
"""In one answer. More tickets are more requests, each with a key of its own."""


class HolderDocument(Given, frozen=True):
    """The document of the one person a ticket is for. Only a tag of it is stored."""

    type: Annotated[str, Meta(pattern="^[a-z-]{1,20}$")]
    number: Annotated[str, Meta(min_length=1, max_length=40)]


class Sale(Given, frozen=True):
    """What to sell; what is left out is as the product says. `first_day`: today. `days` or
    `last_day`, not both. `zones`: 0 to 15. `entry`: once, daily, or 2 to 15 entries. `sure`: it is
    meant so, although it is unusual: more than 100 persons on a ticket, or a ticket that is
    over."""

    product: Annotated[str, Meta(min_length=1, max_length=20)]
    count: Annotated[int, Meta(ge=1, le=MOST_TICKETS)] = 1
    first_day: date | UnsetType = UNSET
    last_day: date | UnsetType = UNSET
    days: Annotated[int, Meta(ge=1, le=3660)] | UnsetType = UNSET
    admits: Annotated[int, Meta(ge=1, le=65_535)] | UnsetType = UNSET
    zones: Annotated[tuple[Annotated[int, Meta(ge=0, le=15)], ...], Meta(max_length=16)] = ()
    entry: Annotated[str, Meta(pattern="^(once|daily|[2-9]|1[0-5])$")] | UnsetType = UNSET
    exit_required: bool = False
    group: bool = False
    holder: HolderDocument | UnsetType = UNSET
    sure: bool = False


class PrintedTicket(Sent, frozen=True):
    """A ticket to hand out. `code`: the text of its QR code. `number`: printed below it. `issue`:
    0 for the first print."""

    serial: int
    code: str
    number: str
    issue: int
    admits: int
    not_before: str
    expires_at: str
    group: int | None


class PrintedTickets(Sent, frozen=True):
    """Tickets to hand out."""

    tickets: list[PrintedTicket]


class TicketStory(Sent, frozen=True):
    """A ticket, what a gate would say of it now, and what happened to it. `verdict`: taken,
    holder_needed or denied, with `reason`. `inside`: whether somebody is in on it."""

    serial: int
    status: str
    product: str
    admits: int
    extra_entries: int
    not_before: str
    expires_at: str
    zones: list[int]
    entry: str
    group: int | None
    holder: bool
    issue: int
    sold: str
    verdict: Literal["taken", "holder_needed", "denied"]
    reason: str | None
    entered: int
    inside: bool
    passages: list[PassageLine]


@operation("POST", "/tickets", act=Act.TICKET_ISSUE, status=201, keyed=True)
def issue_tickets(call: Call, body: Sale) -> PrintedTickets:
    """Sell tickets. With an Idempotency-Key the same request again gives the same tickets."""
    for on in (body.first_day, body.last_day):
        if isinstance(on, date) and not FIRST_YEAR <= on.year <= LAST_YEAR:
            raise BadRequest(f"cannot sell for {on}: must be {FIRST_YEAR} to {LAST_YEAR}")
    holder = or_none(body.holder)
    request = SaleRequest(
        product=body.product,
        count=body.count,
        first_day=or_none(body.first_day),
        last_day=or_none(body.last_day),
        days=or_none(body.days),
        admits=or_none(body.admits),
        zones=body.zones,
        entry=or_none(body.entry),
        exit_required=body.exit_required,
        group=body.group,
        holder=None if holder is None else (holder.type, holder.number),
        sure=body.sure,
    )
    return _printed(tickets.issue(call.centre, call.who, request, key=call.key))


@operation("GET", "/tickets/{serial}", view=View.TICKETS)
def show_ticket(call: Call, path: SerialPath) -> TicketStory:
    """Show a ticket, what happened to it, and what a gate would say of it now."""
    centre, vault = call.centre, call.centre.unlock()
    with centre.store.read() as connection:
        with looking_for():
            sold.find(connection, path.serial)
        story = explain(connection, f"#{path.serial}", vault, centre.calendar, 0, centre.clock())
        shown = Shown.of(connection, centre.calendar, vault)
    return _story(story, shown)


@operation("POST", "/tickets/{serial}/void", act=Act.TICKET_VOID)
def void_ticket(call: Call, path: SerialPath, body: ReasonBody) -> Done:
    """Void a ticket for ever: gates refuse it from the next list on."""
    _look(call, path)
    change = tickets.void(call.centre, call.who, [path.serial], body.reason)
    return Done(len(change.changed), change.already)


@operation("POST", "/tickets/{serial}/suspend", act=Act.TICKET_SUSPEND)
def suspend_ticket(call: Call, path: SerialPath, body: ReasonBody) -> Done:
    """Suspend a ticket until it is restored."""
    _look(call, path)
    change = tickets.suspend(call.centre, call.who, [path.serial], body.reason)
    return Done(len(change.changed), change.already)


@operation("POST", "/tickets/{serial}/restore", act=Act.TICKET_RESTORE)
def restore_ticket(call: Call, path: SerialPath, body: ReasonBody) -> Done:
    """Restore a suspended ticket."""
    _look(call, path)
    change = tickets.restore(call.centre, call.who, [path.serial], body.reason)
    return Done(len(change.changed), change.already)


@operation("POST", "/tickets/{serial}/reprint", act=Act.TICKET_REPRINT)
def reprint_ticket(call: Call, path: SerialPath) -> PrintedTickets:
    """Print a lost ticket anew: older prints are refused from the next list on."""
    _look(call, path)
    return _printed(tickets.reprint(call.centre, call.who, [path.serial]))


def _look(call: Call, path: SerialPath) -> None:
    """Raise NotThere for a ticket that was never sold."""
    with call.centre.store.read() as connection, looking_for():
        sold.find(connection, path.serial)


def _printed(prints: list[Print]) -> PrintedTickets:
    return PrintedTickets(
        [
            PrintedTicket(
                serial=each.ticket.serial,
                code=each.code,
                number=each.number,
                issue=each.ticket.issue,
                admits=each.ticket.admits,
                not_before=utc_text(each.ticket.not_before * 1000),
                expires_at=utc_text(each.ticket.expires_at * 1000),
                group=each.ticket.group,
            )
            for each in prints
        ]
    )


def _story(story: Explanation, shown: Shown) -> TicketStory:
    ticket, row = story.presented, story.sold
    assert ticket is not None
    assert row is not None
    verdict, reason = _verdict(story.decision)
    return TicketStory(
        serial=ticket.serial,
        status=row.status.name.lower(),
        product=shown.product(ticket.product),
        admits=ticket.admits,
        extra_entries=row.extra,
        not_before=utc_text(ticket.not_before * 1000),
        expires_at=utc_text(ticket.expires_at * 1000),
        zones=products.zone_numbers(ticket.zones),
        entry=products.policy_text(ticket.entry_policy),
        group=ticket.group,
        holder=ticket.holder_tag is not None or row.new_holder_tag is not None,
        issue=ticket.issue,
        sold=utc_text(ticket.issued_at * 1000),
        verdict=verdict,
        reason=reason,
        entered=story.history.entered,
        inside=bool(story.history.inside),
        passages=[line_of(record, shown) for record in story.records],
    )


def _verdict(
    decision: Decision,
) -> tuple[Literal["taken", "holder_needed", "denied"], str | None]:
    if isinstance(decision, Denied):
        return "denied", decision.reason.key
    if isinstance(decision, HolderNeeded):
        return "holder_needed", None
    return "taken", None
