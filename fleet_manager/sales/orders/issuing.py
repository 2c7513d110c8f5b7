"""Make the tickets of an order whose money is there. Inside the caller's transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection

from fleet_manager.sales.orders import holders, orders
from fleet_manager.sales.orders.orders import OrderLine
from fleet_manager.sales.prices.agreement import Priced
from fleet_manager.tickets.sell import Issuer, TicketOrder
from gate_agent.validator.tickets.ticket import Ticket


def issue(
    connection: Connection, issuer: Issuer, lines: Sequence[OrderLine], now_ms: int
) -> list[Ticket]:
    """Sell the tickets of an order, store their serials in its lines, and return them. Raises
    CentreError for what cannot be sold."""
    tickets = []
    for line in lines:
        of_line = _sell(connection, issuer, line, now_ms)
        orders.set_first(connection, line, of_line[0].serial)
        tickets += of_line
    return tickets


def _sell(connection: Connection, issuer: Issuer, line: OrderLine, now_ms: int) -> list[Ticket]:
    priced = Priced.from_json(line.price)
    is_team = line.tickets < line.persons

    def order(count: int, holder: tuple[str, str] | None = None) -> TicketOrder:
        return TicketOrder(
            product=priced.code,
            first_day=priced.day,
            count=count,
            admits=line.persons if is_team else None,
            holder=holder,
            window=(priced.not_before, priced.expires_at),
        )

    named = holders.unseal(issuer.vault.order_key(line.order_no), line.holders)
    if not named:
        return issuer.sell(connection, order(line.tickets), now_ms)
    return [
        ticket for holder in named for ticket in issuer.sell(connection, order(1, holder), now_ms)
    ]
