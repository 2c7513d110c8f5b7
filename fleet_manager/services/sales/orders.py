"""Acts on orders: place, sell for cash, be paid, issue what is paid, cancel."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager.access.actor import Actor
from fleet_manager.access.audit import Values
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.sales.money import ledger, postings, shifts
from fleet_manager.sales.money.postings import Event
from fleet_manager.sales.orders import basket, issuing, orders, placing, tills
from fleet_manager.sales.orders.basket import Basket, TicketFen, spread
from fleet_manager.sales.orders.orders import Order, OrderLine, OrderState
from fleet_manager.sales.orders.placing import SalePlace
from fleet_manager.sales.payments import attempts
from fleet_manager.sales.payments.card_numbers import refuse_card_number
from fleet_manager.sales.payments.states import AttemptState
from fleet_manager.sales.prices import places
from fleet_manager.services.act import performed
from fleet_manager.services.tickets import Print, prints_of
from fleet_manager.tickets import sold
from fleet_manager.tickets.sell import Issuer
from gate_agent.validator.tickets.ticket import Ticket

CASH, CARD = postings.CASH, "card"
MOST_CHANGE_FEN = 100_000_00
"""More change than this is a mistyped amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """An order that is paid, and what is printed of its tickets. `change_fen`: back to the
    customer, of the cash that they gave."""

    order: Order
    prints: tuple[Print, ...]
    change_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidBy:
    """How a till was paid. `given_fen`: cash from the customer, None for exactly what is due.
    `reference`: of the slip of a card terminal, which has confirmed the payment."""

    channel: str = CASH
    given_fen: int | None = None
    reference: str = ""


def sell(
    centre: Centre, who: Actor, wanted: Basket, paid: PaidBy, *, issuer: Issuer | None = None
) -> Sold:
    """Sell a basket that is paid at the till: order, money and tickets in one transaction; asked
    for again under the same intent it is the same sale. `issuer`: None opens the keys for it.

    Raises CentreError with one reason, also for too little cash; then nothing is sold.
    """
    issuer = issuer or centre.issuer()
    now_ms = centre.clock()
    with performed(centre, who, Act.ORDER_PLACE, _subject(wanted)) as deed:
        connection = deed.connection
        before = _before(connection, wanted)
        if before is not None:
            deed.subject = f"order {before.no}, asked for again"
            return _once_more(connection, issuer, before, paid)
        _check_reference(paid)
        where = _place(connection, who, wanted)
        order, lines = placing.place(
            connection, issuer.vault, centre.calendar, wanted, where, now_ms
        )
        change = change_of(order.total_fen, paid.given_fen)
        attempts.begin(
            connection,
            order.no,
            paid.channel,
            order.total_fen,
            now_ms,
            AttemptState.PAID,
            provider_no=paid.reference,
        )
        tickets = _settle(connection, issuer, order, lines, paid.channel, now_ms)
        deed.subject = f"order {order.no}"
        deed.after = _facts(order, wanted, paid.channel, tickets)
        order = orders.find(connection, order.no)
    return Sold(order=order, prints=tuple(prints_of(issuer, tickets)), change_fen=change)


def place(centre: Centre, who: Actor, wanted: Basket) -> Order:
    """Store an order that somebody will pay, and hold its places for a while; asked for again under
    the same intent it is the same order.

    Raises CentreError with one reason: no shift, no price, no places, a retired product.
    """
    vault = centre.unlock()
    with performed(centre, who, Act.ORDER_PLACE, _subject(wanted)) as deed:
        before = _before(deed.connection, wanted)
        if before is not None:
            deed.subject = f"order {before.no}, asked for again"
            return before
        where = _place(deed.connection, who, wanted)
        now_ms = centre.clock()
        order, _ = placing.place(deed.connection, vault, centre.calendar, wanted, where, now_ms)
        deed.subject = f"order {order.no}"
        deed.after = _facts(order, wanted, "", ())
    return order


def cancel(centre: Centre, who: Actor, order_no: int) -> None:
    """Give an order up that nobody has paid, and its places back. Raises CentreError for one that
    is paid, and while a payment of it is not over."""
    with performed(centre, who, Act.ORDER_CANCEL, f"order {order_no}") as deed:
        order = orders.locked(deed.connection, order_no)
        if order.state is not OrderState.OPEN:
            raise CentreError(f"cannot cancel order {order_no}: it is {order.state.value}")
        for attempt in attempts.of_order(deed.connection, order_no):
            if not attempt.state.is_final:
                raise CentreError(
                    f"cannot cancel order {order_no}: its payment by {attempt.channel} is not over",
                    "ask the provider again, or give that payment up first",
                )
        places.release(deed.connection, order_no)
        orders.mark_cancelled(deed.connection, order_no)


def prints(centre: Centre, who: Actor, order_no: int) -> Sold:
    """Return an order and what is printed of its tickets, exactly as it was. Raises CentreError."""
    issuer = centre.issuer()
    with performed(centre, who, Act.TICKET_DRAW, f"order {order_no}") as deed:
        order = orders.find(deed.connection, order_no)
        return _once_more(deed.connection, issuer, order, PaidBy())


def change_of(total_fen: int, given_fen: int | None) -> int:
    """Return the change of cash. Raises CentreError if it is too little, or surely mistyped."""
    if given_fen is None:
        return 0
    change = given_fen - total_fen
    if change < 0:
        raise CentreError(
            f"cannot sell for {yuan(given_fen)}: {yuan(-change)} is missing of {yuan(total_fen)}"
        )
    if change > MOST_CHANGE_FEN:
        raise CentreError(
            f"cannot give {yuan(change)} of change: is the amount mistyped?",
            "type what the customer gave, such as +200",
        )
    return change


def yuan(fen: int) -> str:
    """Return an amount as sentences say it: 12050 is `120.50`."""
    return f"{fen // 100}.{fen % 100:02}"


def tickets_of(lines: Sequence[OrderLine]) -> list[TicketFen]:
    """Return the tickets of lines that are issued, and what was paid for each."""
    return [
        TicketFen(serial, fen)
        for line in lines
        for serial, fen in zip(line.serials, spread(line.total_fen, line.tickets), strict=True)
    ]


def _settle(
    connection: Connection,
    issuer: Issuer,
    order: Order,
    lines: Sequence[OrderLine],
    channel: str,
    now_ms: int,
) -> list[Ticket]:
    """Store that an order is paid, make its tickets, and post its money."""
    orders.mark_paid(connection, order.no, channel, now_ms)
    places.sell(connection, order.no)
    tickets = issuing.issue(connection, issuer, lines, now_ms)
    orders.mark_issued(connection, order.no, now_ms)
    paid_for = tickets_of(orders.lines_of(connection, order.no))
    entry = postings.sale(order.no, channel, paid_for, event_of(order, now_ms))
    if entry is not None:
        ledger.post(connection, entry)
    return tickets


def event_of(order: Order, now_ms: int) -> Event:
    """Return when, where and by whom an order was sold, for the ledger."""
    return Event(
        at_ms=now_ms,
        business_day=order.business_day,
        who=order.cashier,
        station=order.station,
        shift=order.shift,
    )


def _before(connection: Connection, wanted: Basket) -> Order | None:
    """Return the order that a basket is already, None for a new one. Raises CentreError."""
    basket.check(wanted)
    refuse_card_number(wanted.buyer)
    return orders.of_intent(connection, wanted.intent, wanted.digest())


def _once_more(connection: Connection, issuer: Issuer, order: Order, paid: PaidBy) -> Sold:
    tickets = [
        sold.find(connection, serial).ticket
        for line in orders.lines_of(connection, order.no)
        for serial in line.serials
    ]
    change = 0 if paid.given_fen is None else max(0, paid.given_fen - order.total_fen)
    return Sold(order=order, prints=tuple(prints_of(issuer, tickets)), change_fen=change)


def _place(connection: Connection, who: Actor, wanted: Basket) -> SalePlace:
    """Return where an order is taken. Raises CentreError without an open shift at its till."""
    if not wanted.till:
        return SalePlace(station=who.station, cashier=who.name, shift="")
    till = tills.find_in_use(connection, wanted.till)
    shift = shifts.require(connection, till.id, who.name)
    return SalePlace(station=till.station, cashier=who.name, shift=shift.id)


def _check_reference(paid: PaidBy) -> None:
    if paid.channel not in (CASH, CARD):
        raise CentreError(f"cannot sell by {paid.channel} at once: the provider is asked first")
    if paid.channel == CARD and not paid.reference:
        raise CentreError(
            "cannot sell by card without the slip's reference",
            "type the reference number that the terminal has printed",
        )
    refuse_card_number(paid.reference)


def _subject(wanted: Basket) -> str:
    return f"till {wanted.till}" if wanted.till else f"orders of {wanted.buyer or 'no till'}"


def _facts(order: Order, wanted: Basket, paid_by: str, tickets: Sequence[Ticket]) -> Values:
    return {
        "lines": [f"{line.product} {line.persons}" for line in wanted.lines],
        "total_fen": order.total_fen,
        "paid_by": paid_by,
        "serials": [ticket.serial for ticket in tickets[:1]] + [t.serial for t in tickets[-1:]],
    }
