"""Make an order of a basket: prices frozen into its lines, places held. Inside a transaction."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.sales.orders import holders, orders
from fleet_manager.sales.orders.basket import Basket
from fleet_manager.sales.orders.orders import Order, OrderLine, OrderState
from fleet_manager.sales.prices import catalogue, places
from fleet_manager.sales.prices.agreement import Priced
from fleet_manager.sales.prices.catalogue import Catalogue
from fleet_manager.sales.prices.quote import Wanted, quote

HELD_MS = 15 * 60_000
"""How long the places of an order are held for somebody who has not paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalePlace:
    """Where and by whom an order is taken. `shift`: '' for orders of no till."""

    station: str
    cashier: str
    shift: str


def prices_of(goods: Catalogue, calendar: Calendar, basket: Basket, now_ms: int) -> list[Priced]:
    """Return what each line of a basket costs now. Raises CentreError with one reason."""
    return [
        quote(
            goods,
            calendar,
            Wanted(
                product=line.product,
                persons=line.persons,
                day=line.day,
                slot=line.slot,
                channel=basket.channel.value,
                proof=line.proof,
            ),
            now_ms,
        )
        for line in basket.lines
    ]


def place(
    connection: Connection,
    vault: Vault,
    calendar: Calendar,
    basket: Basket,
    where: SalePlace,
    now_ms: int,
) -> tuple[Order, list[OrderLine]]:
    """Store an order and hold its places; return it with its lines. Raises CentreError with one
    reason; then nothing is stored."""
    goods = catalogue.current(connection)
    prices = prices_of(goods, calendar, basket, now_ms)
    number = orders.next_no(connection)
    lines = [
        OrderLine(
            order_no=number,
            line=at,
            product=priced.product,
            persons=line.persons,
            tickets=line.tickets,
            total_fen=priced.total_fen,
            first=None,
            price=priced.to_json(),
            holders=holders.seal(vault.order_key(number), line.holders),
        )
        for at, (line, priced) in enumerate(zip(basket.lines, prices, strict=True), 1)
    ]
    order = Order(
        no=number,
        intent=basket.intent,
        digest=basket.digest(),
        channel=basket.channel.value,
        station=where.station,
        till=basket.till,
        cashier=where.cashier,
        shift=where.shift,
        business_day=calendar.day(now_ms),
        placed_ms=now_ms,
        until_ms=now_ms + HELD_MS,
        state=OrderState.OPEN,
        total_fen=sum(line.total_fen for line in lines),
        buyer=basket.buyer,
    )
    orders.add(connection, order, lines)
    for line, priced in zip(lines, prices, strict=True):
        places.hold(connection, goods, number, line.line, priced, order.until_ms)
    return order, lines
