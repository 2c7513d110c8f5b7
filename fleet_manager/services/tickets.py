"""Acts on tickets: sell, draw, reprint, void, suspend, restore, add entries, pass on, forgive."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.passages.usage import history_of
from fleet_manager.services.act import performed
from fleet_manager.station import news
from fleet_manager.tickets import products, sale_requests, sold, status
from fleet_manager.tickets.sale_requests import SaleKey, digest_of
from fleet_manager.tickets.sell import MAX_COUNT, Issuer, TicketOrder
from fleet_manager.tickets.sold_list import SERIALS
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.manual_code import printed
from gate_agent.validator.tickets.ticket import Ticket

USUAL_ADMITS = 100
USUAL_COUNT = 1000
"""More is sold only to somebody who says that it is meant so."""
_ACTS = {
    TicketStatus.VOID: Act.TICKET_VOID,
    TicketStatus.SUSPENDED: Act.TICKET_SUSPEND,
    TicketStatus.VALID: Act.TICKET_RESTORE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRequest:
    """What to sell; None takes what the product says.

    `first_day`: None for today. `days` or `last_day`, not both: how long it is good for, in park
    days. `zones`: numbers 0 to 15, empty for the product's. `entry`: once, daily, or 2 to 15.
    `holder`: (document type, number) of the one person it is for. `sure`: it is meant so, although
    it is `unusual`.
    """

    product: str
    count: int = 1
    first_day: date | None = None
    last_day: date | None = None
    days: int | None = None
    admits: int | None = None
    zones: tuple[int, ...] = ()
    entry: str | None = None
    exit_required: bool = False
    group: bool = False
    holder: tuple[str, str] | None = None
    sure: bool = False

    @property
    def unusual(self) -> str:
        """Return what looks like a slip of the finger, '' if nothing does."""
        if self.admits is not None and USUAL_ADMITS < self.admits <= products.MAX_ADMITS:
            return f"{self.admits} persons on each ticket"
        if USUAL_COUNT < self.count <= MAX_COUNT:
            return f"{self.count} tickets at once"
        return ""


@dataclass(frozen=True, slots=True)
class Print:
    """A ticket as it is handed out. `code`: the text of its QR code. `number`: printed below it,
    in groups."""

    ticket: Ticket
    code: str
    number: str


@dataclass(frozen=True, slots=True)
class StatusChange:
    """`changed`: serials whose status is another now. `already`: how many had it before."""

    changed: tuple[int, ...]
    already: int


def issue(centre: Centre, who: Actor, request: SaleRequest, *, key: str = "") -> list[Print]:
    """Sell tickets and return their prints. `key`: of the program that asks: who repeats a request
    under the same key gets the same tickets again.

    Raises CentreError for a request that cannot be met, that nobody is sure of although it is
    unusual, or whose tickets would be over already; then nothing is sold.
    """
    issuer = centre.issuer()
    subject = f"product {request.product}"
    sale = SaleKey(who.name, key, digest_of(asdict(request))) if key else None
    with performed(centre, who, Act.TICKET_ISSUE, subject) as deed:
        before = (
            None if sale is None else sale_requests.begin(deed.connection, sale, centre.clock())
        )
        if before is not None:
            deed.subject = f"{subject}, {_numbered(before)}, asked for again"
            return prints_of(issuer, [sold.find(deed.connection, no).ticket for no in before])
        if request.unusual and not request.sure:
            raise CentreError(f"not sold: {request.unusual}", "say --yes if it is meant so")
        order = _order(centre, request)
        tickets = issuer.sell(deed.connection, order, centre.clock())
        first = tickets[0]
        if sale is not None:
            sale_requests.finish(deed.connection, sale, first.serial, len(tickets))
        if first.expires_at * 1000 <= centre.clock() and not request.sure:
            last_day = centre.calendar.date_of(first.expires_at * 1000 - 1)
            raise CentreError(
                f"cannot sell a ticket that is over: its last day is {last_day}",
                "say another --from, --to or --days; or --yes if it is meant so",
            )
        deed.subject = f"{subject}, {_numbered([ticket.serial for ticket in tickets])}"
        deed.after = {
            "product": request.product,
            SERIALS: [first.serial, tickets[-1].serial],
            "count": len(tickets),
            "admits": first.admits,
            "not_before": first.not_before,
            "expires_at": first.expires_at,
            "group": first.group,
            "holder": first.holder_tag is not None,
        }
    return prints_of(issuer, tickets)


def draw(centre: Centre, who: Actor, serials: Sequence[int]) -> list[Print]:
    """Return the prints of tickets once more, exactly as they were. Raises CentreError."""
    with performed(centre, who, Act.TICKET_DRAW, _numbered(serials)) as deed:
        tickets = [sold.find(deed.connection, serial).ticket for serial in serials]
    return prints_of(centre.issuer(), tickets)


def reprint(centre: Centre, who: Actor, serials: Sequence[int]) -> list[Print]:
    """Return new prints of lost tickets; older ones are refused from the next list on.

    Raises CentreError before anything changed.
    """
    serials = list(dict.fromkeys(serials))
    with performed(centre, who, Act.TICKET_REPRINT, _numbered(serials)) as deed:
        tickets = [status.reprint(deed.connection, serial) for serial in serials]
        deed.after = {"print": {ticket.serial: ticket.issue for ticket in tickets}}
    return prints_of(centre.issuer(), tickets)


def void(centre: Centre, who: Actor, serials: Sequence[int], reason: str = "") -> StatusChange:
    """Cancel tickets for ever. Raises CentreError before anything changed."""
    return _set_status(centre, who, serials, TicketStatus.VOID, reason)


def suspend(centre: Centre, who: Actor, serials: Sequence[int], reason: str = "") -> StatusChange:
    """Refuse tickets until they are restored. Raises CentreError before anything changed."""
    return _set_status(centre, who, serials, TicketStatus.SUSPENDED, reason)


def restore(centre: Centre, who: Actor, serials: Sequence[int], reason: str = "") -> StatusChange:
    """Accept suspended tickets again. Raises CentreError before anything changed."""
    return _set_status(centre, who, serials, TicketStatus.VALID, reason)


def add_entries(centre: Centre, who: Actor, serial: int, count: int) -> int:
    """Give a ticket `count` entries on top of what it says, and return how many it has now.

    Raises CentreError if it is not valid, or would have more than 255.
    """
    with performed(centre, who, Act.TICKET_ADD_ENTRIES, _numbered([serial])) as deed:
        before = sold.find(deed.connection, serial).extra
        total = status.add_entries(deed.connection, serial, count)
        deed.before, deed.after = {"extra": before}, {"extra": total}
    return total


def pass_on(centre: Centre, who: Actor, serial: int, holder: tuple[str, str]) -> None:
    """Make a ticket for the person with this document (type, number); only a tag of it is kept.

    Raises CentreError.
    """
    pepper = centre.unlock().pepper
    with performed(centre, who, Act.TICKET_PASS_ON, _numbered([serial])) as deed:
        status.pass_on(deed.connection, pepper, serial, holder)
        deed.after = {"document": holder[0]}


def forgive(centre: Centre, who: Actor, serial: int, by: str, reason: str) -> int:
    """Let a ticket in again in spite of anti-passback, as if everybody on it had gone out.

    Returns for how many persons. Raises CentreError if nobody is in on it.
    """
    with performed(centre, who, Act.TICKET_FORGIVE, _numbered([serial])) as deed:
        ticket = sold.find(deed.connection, serial).ticket
        persons = history_of(deed.connection, ticket.id).persons_inside
        if not persons:
            raise CentreError(f"cannot forgive ticket {serial}: nobody is in on it")
        news.forgive(deed.connection, ticket.id, persons, by, reason, centre.clock())
        deed.after, deed.reason = {"persons": persons, "by": by}, reason
    return persons


def _set_status(
    centre: Centre, who: Actor, serials: Sequence[int], wanted: TicketStatus, reason: str
) -> StatusChange:
    serials = list(dict.fromkeys(serials))
    with performed(centre, who, _ACTS[wanted], _numbered(serials)) as deed:
        before = {
            serial: sold.find(deed.connection, serial).status.name.lower() for serial in serials
        }
        changed = status.set_status(deed.connection, serials, wanted)
        deed.before = {str(serial): before[serial] for serial in changed}
        deed.after = dict.fromkeys(map(str, changed), wanted.name.lower())
        deed.reason = reason
    return StatusChange(tuple(changed), len(serials) - len(changed))


def _order(centre: Centre, request: SaleRequest) -> TicketOrder:
    first_day = request.first_day or centre.calendar.date_of(centre.clock())
    days = request.days
    if request.last_day is not None:
        if days is not None:
            raise CentreError("cannot issue a ticket with a last day and a number of days")
        days = (request.last_day - first_day).days + 1
    if days is not None and days < 1:
        raise CentreError(
            f"cannot issue a ticket for {days} days: it must be good for at least a day"
        )
    if request.exit_required and request.entry is None:
        raise CentreError("cannot require an exit: it needs the entry policy to be said as well")
    policy = None
    if request.entry is not None:
        policy = products.read_policy(request.entry, exit_required=request.exit_required)
    return TicketOrder(
        product=request.product,
        first_day=first_day,
        count=request.count,
        days=days,
        admits=request.admits,
        zones=products.zone_mask(request.zones) if request.zones else None,
        policy=policy,
        group=request.group,
        holder=request.holder,
    )


def prints_of(issuer: Issuer, tickets: Sequence[Ticket]) -> list[Print]:
    """Return what is printed of tickets."""
    return [
        Print(ticket, issuer.code(ticket), printed(issuer.number(ticket))) for ticket in tickets
    ]


def _numbered(serials: Sequence[int]) -> str:
    """Return `ticket 4`, `tickets 4-9` or `tickets 4, 6, 9`."""
    if len(serials) == 1:
        return f"ticket {serials[0]}"
    if len(serials) > 1 and list(serials) == list(range(serials[0], serials[-1] + 1)):
        return f"tickets {serials[0]}-{serials[-1]}"
    return f"tickets {', '.join(map(str, serials))}"
