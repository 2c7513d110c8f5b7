"""What was sold: orders, tickets, persons and money, by place, time, person and payment."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, func, select

from fleet_manager.database.sales.orders import (
    order_line,
    order_refund,
    refund_ticket,
    sale_order,
)
from fleet_manager.database.tables import product
from fleet_manager.park_time import Calendar
from gate_agent.validator.moment import day_text

_HOUR_MS = 3_600_000
_ORDER, _LINE = sale_order.c, order_line.c


class TakingsBy(StrEnum):
    """What the lines of an answer are about."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    HOUR = "hour"
    STATION = "station"
    TILL = "till"
    CASHIER = "cashier"
    PRODUCT = "product"
    PAYMENT = "payment"


@dataclass(slots=True)
class TakingsLine:
    """Sums of one line. `fen`: of what was sold; `refunded_fen`: for tickets of these sales that
    were given back, whenever, before the fee."""

    key: str
    orders: int = 0
    tickets: int = 0
    persons: int = 0
    fen: int = 0
    refunded_fen: int = 0

    @property
    def left_fen(self) -> int:
        """Return what was sold and not given back."""
        return self.fen - self.refunded_fen


_COLUMNS: dict[TakingsBy, ColumnElement[object]] = {
    TakingsBy.DAY: _ORDER.business_day,
    TakingsBy.MONTH: _ORDER.business_day,
    TakingsBy.YEAR: _ORDER.business_day,
    TakingsBy.HOUR: _ORDER.placed_ms - _ORDER.placed_ms % _HOUR_MS,
    TakingsBy.STATION: _ORDER.station,
    TakingsBy.TILL: _ORDER.till,
    TakingsBy.CASHIER: _ORDER.cashier,
    TakingsBy.PRODUCT: product.c.code,
    TakingsBy.PAYMENT: _ORDER.paid_by,
}


def takings(
    connection: Connection,
    calendar: Calendar,
    first_day: int,
    last_day: int,
    by: TakingsBy,
    station: str = "",
) -> list[TakingsLine]:
    """Return what was sold on business days `first_day` to `last_day` (park days, both included),
    a line for each value of `by`. `station`: only what was sold there, '' for the whole park."""
    group = _COLUMNS[by]
    asked = [_ORDER.state == "issued", _ORDER.business_day.between(first_day, last_day)]
    if station:
        asked.append(_ORDER.station == station)
    lines: dict[str, TakingsLine] = {}

    def line(key: object) -> TakingsLine:
        words = _words(by, key, calendar)
        return lines.setdefault(words, TakingsLine(words))

    sold = (
        select(
            group,
            func.count(func.distinct(_ORDER.no)),
            func.sum(_LINE.tickets),
            func.sum(_LINE.persons),
            func.sum(_LINE.total_fen),
        )
        .join(sale_order, _ORDER.no == _LINE.order_no)
        .join(product, product.c.id == _LINE.product)
        .where(*asked)
        .group_by(group)
    )
    for key, orders, tickets, persons, fen in connection.execute(sold):
        sums = line(key)
        sums.orders += int(orders)
        sums.tickets += int(tickets)
        sums.persons += int(persons)
        sums.fen += int(fen)
    given_back = (
        select(group, func.sum(refund_ticket.c.fen))
        .join(order_refund, order_refund.c.id == refund_ticket.c.refund)
        .join(
            order_line,
            (_LINE.order_no == order_refund.c.order_no)
            & (_LINE.first <= refund_ticket.c.serial)
            & (refund_ticket.c.serial < _LINE.first + _LINE.tickets),
        )
        .join(sale_order, _ORDER.no == _LINE.order_no)
        .join(product, product.c.id == _LINE.product)
        .where(*asked, order_refund.c.state == "done")
        .group_by(group)
    )
    for key, fen in connection.execute(given_back):
        line(key).refunded_fen += int(fen)
    return sorted(lines.values(), key=lambda sums: sums.key)


def total_of(lines: list[TakingsLine]) -> TakingsLine:
    """Return the sum of lines. An order that is on several lines, as by product, counts on each."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        for name in ("orders", "tickets", "persons", "fen", "refunded_fen"):
            sums[name] += getattr(line, name)
    return TakingsLine("", **sums)


def _words(by: TakingsBy, key: object, calendar: Calendar) -> str:
    """Return what a line is called: `2026-12-01`, `2026-12`, `2026`, `09`, or the value itself."""
    if by in (TakingsBy.DAY, TakingsBy.MONTH, TakingsBy.YEAR):
        length = {TakingsBy.DAY: 10, TakingsBy.MONTH: 7, TakingsBy.YEAR: 4}[by]
        return day_text(int(str(key)))[:length]
    if by is TakingsBy.HOUR:
        return f"{calendar.day_hour(int(str(key)))[1]:02}"
    return str(key)
