"""What was sold, in every way that an accountant asks for it: all ways have the same sum."""

import pytest

from fleet_manager.sales.money import ledger
from fleet_manager.sales.money.takings import TakingsBy, TakingsLine, takings, total_of
from fleet_manager.services.sales import orders, refunds
from fleet_manager.services.sales.orders import PaidBy
from fleet_manager.services.sales.refunds import RefundRequest
from tests.fleet_manager.services.sales.conftest import LEI, TODAY, Office


def asked(office: Office, by: TakingsBy, station: str = "") -> list[TakingsLine]:
    day = TODAY.toordinal()
    with office.centre.store.read() as connection:
        return takings(connection, office.centre.calendar, day, day, by, station)


@pytest.fixture
def busy(office: Office) -> Office:
    """Three adults and a child for cash, a child by card, one adult given back; one unpaid."""
    sale = office.sell(office.line(persons=3), office.line("child"))
    card = PaidBy(channel="card", reference="123")
    orders.sell(office.centre, LEI, office.basket(office.line("child")), card)
    request = RefundRequest(
        id="r", order_no=sale.order.no, serials=(2,), reason="ill", till="north-1"
    )
    refunds.ask(office.centre, LEI, request)
    orders.place(office.centre, LEI, office.basket(office.line()))
    return office


def test_each_product_has_its_own_line(busy: Office) -> None:
    adult, child = asked(busy, TakingsBy.PRODUCT)
    assert (adult.key, adult.persons, adult.fen, adult.left_fen) == ("adult", 3, 360_00, 240_00)
    assert (child.key, child.orders, child.fen, child.refunded_fen) == ("child", 2, 120_00, 0)


@pytest.mark.parametrize(
    ("by", "key"),
    [
        (TakingsBy.DAY, "2026-11-23"),
        (TakingsBy.MONTH, "2026-11"),
        (TakingsBy.YEAR, "2026"),
        (TakingsBy.HOUR, "12"),
        (TakingsBy.STATION, "north"),
        (TakingsBy.TILL, "north-1"),
        (TakingsBy.CASHIER, "lei"),
    ],
)
def test_a_line_says_when_where_and_by_whom(busy: Office, by: TakingsBy, key: str) -> None:
    (line,) = asked(busy, by)
    assert line == TakingsLine(key, 2, 5, 5, 480_00, 120_00)


def test_payments_are_kept_apart(busy: Office) -> None:
    lines = {line.key: (line.fen, line.refunded_fen) for line in asked(busy, TakingsBy.PAYMENT)}
    assert lines == {"cash": (420_00, 120_00), "card": (60_00, 0)}


def test_every_way_has_the_sum_of_the_ledger(busy: Office) -> None:
    with busy.centre.store.read() as connection:
        liability = -ledger.balance(connection, "liability").fen
    for by in TakingsBy:
        assert total_of(asked(busy, by)).left_fen == liability


def test_another_station_has_sold_nothing(busy: Office) -> None:
    assert asked(busy, TakingsBy.DAY, "south") == []
