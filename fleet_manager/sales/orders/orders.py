"""Orders in the database. Every function works inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select, update

from fleet_manager.database import store
from fleet_manager.database.sales.orders import order_line, sale_order
from fleet_manager.errors import CentreError
from fleet_manager.sales.orders.basket import spread


class OrderState(StrEnum):
    """OPEN: waits for money; its places are held. PAID: the money is there, its tickets are not
    yet. ISSUED: the tickets are sold. CANCELLED: nobody paid."""

    OPEN = "open"
    PAID = "paid"
    ISSUED = "issued"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A row of `sale_order`; see there."""

    no: int
    intent: str
    digest: bytes
    channel: str
    station: str
    till: str
    cashier: str
    shift: str
    business_day: int
    placed_ms: int
    until_ms: int
    state: OrderState
    total_fen: int
    paid_ms: int | None = None
    paid_by: str = ""
    issued_ms: int | None = None
    refunded_fen: int = 0
    buyer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A row of `order_line`; see there."""

    order_no: int
    line: int
    product: int
    persons: int
    tickets: int
    total_fen: int
    first: int | None
    price: str
    holders: bytes = b""

    @property
    def serials(self) -> range:
        """Return the serials of its tickets, none before they are issued."""
        return range(0) if self.first is None else range(self.first, self.first + self.tickets)

    def fen_of(self, serial: int) -> int:
        """Return what was paid for one of its tickets."""
        return spread(self.total_fen, self.tickets)[serial - self.serials.start]


_ORDER = sale_order.c
_LINE = order_line.c
_ORDER_NAMES = tuple(column.name for column in sale_order.columns)
_LINE_NAMES = tuple(column.name for column in order_line.columns)
_BY_NO = select(sale_order).where(_ORDER.no == bindparam("of"))
_BY_INTENT = select(sale_order).where(_ORDER.intent == bindparam("of"))
_LINES = select(order_line).where(_LINE.order_no == bindparam("of")).order_by(_LINE.line)
_LINE_OF = (
    select(order_line)
    .where(_LINE.first <= bindparam("of"))
    .order_by(_LINE.first.desc())
    .limit(1)
)  # fmt: skip
_PAID = (
    update(sale_order)
    .where(_ORDER.no == bindparam("of"))
    .values(state=OrderState.PAID.value, paid_ms=bindparam("at"), paid_by=bindparam("by"))
)
_ISSUED = (
    update(sale_order)
    .where(_ORDER.no == bindparam("of"))
    .values(state=OrderState.ISSUED.value, issued_ms=bindparam("at"))
)
_CANCELLED = (
    update(sale_order).where(_ORDER.no == bindparam("of")).values(state=OrderState.CANCELLED.value)
)
_REFUNDED = (
    update(sale_order)
    .where(_ORDER.no == bindparam("of"))
    .values(refunded_fen=_ORDER.refunded_fen + bindparam("more"))
)
_FIRST = (
    update(order_line)
    .where(_LINE.order_no == bindparam("of"), _LINE.line == bindparam("at"))
    .values(first=bindparam("serial"), holders=b"")
)


def next_no(connection: Connection) -> int:
    """Return the number of a new order; the counter is locked until the transaction ends."""
    store.count_up(connection, "orders")
    number = store.read_meta(connection, "orders")
    assert number is not None
    return number


def add(connection: Connection, order: Order, lines: Sequence[OrderLine]) -> None:
    """Store a new order."""
    store.insert_rows(connection, sale_order, [_order_row(order)])
    store.insert_rows(connection, order_line, [_line_row(line) for line in lines])


def find(connection: Connection, number: int) -> Order:
    """Return the order with a number. Raises CentreError if there is none."""
    rows = store.run(connection, _BY_NO, {"of": number}) if 0 < number < 1 << 63 else []
    if not rows:
        raise CentreError(f"cannot find order {number}")
    return _order(rows[0])


def locked(connection: Connection, number: int) -> Order:
    """Return the order with a number; nobody else changes it until the transaction ends. Raises
    CentreError if there is none."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(_ORDER.no).where(_ORDER.no == number).with_for_update())
    return find(connection, number)


def of_intent(connection: Connection, intent: str, digest: bytes) -> Order | None:
    """Return the order that was placed under an id of a till, None for a new one.

    Raises CentreError if the id was used for something else.
    """
    rows = store.run(connection, _BY_INTENT, {"of": intent})
    if not rows:
        return None
    order = _order(rows[0])
    if order.digest != digest:
        raise CentreError(
            f"cannot sell under the id {intent}: it is order {order.no}, which is for something "
            "else",
            "begin a new sale; repeat one exactly as it was",
        )
    return order


def lines_of(connection: Connection, number: int) -> list[OrderLine]:
    """Return the lines of an order, in their order."""
    return [_line(row) for row in store.run(connection, _LINES, {"of": number})]


def line_of(connection: Connection, serial: int) -> OrderLine | None:
    """Return the line that a ticket was sold in; None for one of no order."""
    for row in store.run(connection, _LINE_OF, {"of": serial}):
        line = _line(row)
        if serial in line.serials:
            return line
    return None


def mark_paid(connection: Connection, number: int, paid_by: str, now_ms: int) -> None:
    """Store that the money of an open order is there."""
    store.run(connection, _PAID, {"of": number, "at": now_ms, "by": paid_by})


def mark_issued(connection: Connection, number: int, now_ms: int) -> None:
    """Store that the tickets of a paid order are sold."""
    store.run(connection, _ISSUED, {"of": number, "at": now_ms})


def mark_cancelled(connection: Connection, number: int) -> None:
    """Store that nobody pays an order."""
    store.run(connection, _CANCELLED, {"of": number})


def add_refunded(connection: Connection, number: int, fen: int) -> None:
    """Add to what was paid back of an order."""
    store.run(connection, _REFUNDED, {"of": number, "more": fen})


def set_first(connection: Connection, line: OrderLine, serial: int) -> None:
    """Store the first serial of a line's tickets; the documents of its holders are forgotten."""
    values = {"of": line.order_no, "at": line.line, "serial": serial}
    store.run(connection, _FIRST, values)


def unfinished(connection: Connection) -> list[Order]:
    """Return the orders that wait for money or for tickets, the longest waiting first."""
    states = (OrderState.OPEN.value, OrderState.PAID.value)
    query = select(sale_order).where(_ORDER.state.in_(states)).order_by(_ORDER.until_ms)
    return [_order(tuple(row)) for row in connection.execute(query)]


def latest(connection: Connection, till: str, business_day: int, most: int) -> list[Order]:
    """Return the newest orders of a till on a park day."""
    query = (
        select(sale_order)
        .where(_ORDER.business_day == business_day, _ORDER.till == till)
        .order_by(_ORDER.no.desc())
        .limit(most)
    )
    return [_order(tuple(row)) for row in connection.execute(query)]


def _order_row(order: Order) -> store.Row:
    return tuple(
        order.state.value if name == "state" else getattr(order, name) for name in _ORDER_NAMES
    )


def _order(row: store.Row) -> Order:
    values = dict(zip(_ORDER_NAMES, row, strict=True))
    values["state"] = OrderState(values["state"])
    values["digest"] = bytes(values["digest"])
    return Order(**values)


def _line_row(line: OrderLine) -> store.Row:
    return tuple(getattr(line, name) for name in _LINE_NAMES)


def _line(row: store.Row) -> OrderLine:
    values = dict(zip(_LINE_NAMES, row, strict=True))
    values["holders"] = bytes(values["holders"])
    return OrderLine(**values)
