"""What was sold is what was asked for: good from the park's midnight at which its first day begins
to the one at which its last day ends; by whom it was sold stands in the audit; what was voided
stays void; and the newest list has all of it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleet_manager.tickets.sold_list import Sellers
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.centre.office_log import Sale

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

PRODUCT_DAYS = 2
"""Of the product `day`."""
_STATUS = "SELECT status FROM ticket WHERE serial = ?"
_LISTED = "SELECT count FROM list_version WHERE series = 'main' ORDER BY version DESC LIMIT 1"
_SOLD = "SELECT count(*) FROM ticket"


def check(park: "Park") -> list[str]:
    """Check every sale of the office, every code of another seller, and the newest list. A centre
    that was put back has lost sales."""
    if park.plan.restore or not park.plan.small:
        return []
    with park.centre.store.read() as connection:
        sellers = Sellers(connection)
    return [
        *(wrong for sale in park.office_log.sales for wrong in _sale(park, sale, sellers)),
        *_codes(park),
        *_listed(park),
    ]


def _sale(park: "Park", sale: Sale, sellers: Sellers) -> Iterator[str]:
    request = sale.request
    first = request.first_day or sale.today
    last = request.last_day or first + timedelta(days=(request.days or PRODUCT_DAYS) - 1)
    for ticket in sale.tickets:
        yield from _window(park, f"ticket {ticket.serial}", ticket, first, last)
        if sellers.of(ticket.serial) != sale.seller:
            seller = sellers.of(ticket.serial) or "nobody"
            yield f"ticket {ticket.serial} was sold by {sale.seller}, not by {seller}"
    if len(sale.tickets) != request.count:
        yield f"{len(sale.tickets)} tickets were sold, not {request.count}"
    for serial in park.office_log.voided:
        [(status,)] = park.centre.read(_STATUS, serial)
        if status != int(TicketStatus.VOID):
            yield f"ticket {serial} was voided, and is {TicketStatus(status).name.lower()}"


def _window(park: "Park", name: str, ticket: Ticket, first: date, last: date) -> Iterator[str]:
    due = park.day.midnight_s(first), park.day.midnight_s(last + timedelta(days=1))
    if (ticket.not_before, ticket.expires_at) != due:
        yield (
            f"{name} for {first} to {last} is good from {ticket.not_before} to "
            f"{ticket.expires_at}, it should be {due[0]} to {due[1]}"
        )


def _codes(park: "Park") -> Iterator[str]:
    """Check that each code stands for what its seller's table says."""
    sellers = park.centre.sellers
    for code, cells in sellers.cells.items():
        ticket = sellers.tickets[code]
        yield from _window(park, f"code {code!r}", ticket, cells.first, cells.last)
        if ticket.product != cells.product.id:
            yield f"code {code!r} is for product {ticket.product}, not {cells.product.id}"


def _listed(park: "Park") -> Iterator[str]:
    [(listed,)], [(sold,)] = park.centre.read(_LISTED), park.centre.read(_SOLD)
    if listed != sold:
        yield f"the newest list ends with ticket {listed}, and {sold} were sold"
