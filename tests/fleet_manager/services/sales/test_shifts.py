"""Shifts: whose drawer, what is in it, and the sheet at the end."""

import json

import pytest

from fleet_manager.errors import CentreError
from fleet_manager.sales.money import shifts as rows
from fleet_manager.services.sales import orders, refunds, shifts
from fleet_manager.services.sales.orders import PaidBy
from fleet_manager.services.sales.refunds import RefundRequest
from tests.fleet_manager.services.sales.conftest import FLOAT_FEN, LEI, MEI, Office
from tests.fleet_manager.services.sales.test_orders import money


def test_a_drawer_is_float_and_sales_less_refunds_and_drops(office: Office) -> None:
    office.sell(office.line(persons=3), given_fen=400_00)
    sale = office.sell(office.line("child"))
    refunds.ask(
        office.centre,
        LEI,
        RefundRequest(id="r", order_no=sale.order.no, reason="ill", till="north-1"),
    )
    shifts.move(office.centre, LEI, "north-1", "m1", kind="drop", fen=200_00, reason="")
    shifts.move(office.centre, LEI, "north-1", "m1", kind="drop", fen=200_00, reason="")
    shifts.move(office.centre, LEI, "north-1", "m2", kind="petty", fen=15_00, reason="batteries")
    expected = FLOAT_FEN + 360_00 - 200_00 - 15_00
    closed = shifts.close_shift(office.centre, LEI, "north-1", expected)
    assert closed is not None
    sheet = json.loads(closed.sheet or "")
    assert sheet["sales"] == {"cash": 420_00}
    assert sheet["refunds"] == {"cash": 60_00}
    assert sheet["moves"] == {"drop": -200_00, "open": FLOAT_FEN, "petty": -15_00}
    assert (closed.expected_fen, closed.counted_fen) == (expected, expected)
    assert money(office) == {
        "safe:north": 345_00,
        "petty:north": 15_00,
        "liability": -360_00,
    }


def test_a_count_that_does_not_fit_is_done_once_more_and_both_stay(office: Office) -> None:
    assert shifts.close_shift(office.centre, LEI, "north-1", 490_00) is None
    with pytest.raises(CentreError, match="with a difference and without a reason"):
        shifts.close_shift(office.centre, LEI, "north-1", 495_00)
    closed = shifts.close_shift(office.centre, LEI, "north-1", 495_00, "gave too much")
    assert closed is not None
    assert (closed.first_count_fen, closed.counted_fen) == (490_00, 495_00)
    assert money(office) == {"safe:north": -5_00, "over_short": 5_00}


def test_what_must_be_in_the_drawer_is_not_told_before_the_count(office: Office) -> None:
    office.sell(office.line())
    shifts.close_shift(office.centre, LEI, "north-1", 1)
    with pytest.raises(CentreError) as caught:
        shifts.close_shift(office.centre, LEI, "north-1", 2)
    assert "620" not in f"{caught.value}{caught.value.hint}"


def test_a_shift_does_not_end_while_an_order_waits_for_its_money(office: Office) -> None:
    order = orders.place(office.centre, LEI, office.basket(office.line()))
    with pytest.raises(CentreError, match="order 1 is not finished"):
        shifts.close_shift(office.centre, LEI, "north-1", FLOAT_FEN)
    orders.cancel(office.centre, LEI, order.no)
    assert shifts.close_shift(office.centre, LEI, "north-1", FLOAT_FEN) is not None


def test_each_drawer_and_each_cashier_has_one_shift(office: Office) -> None:
    with pytest.raises(CentreError, match="lei's is open"):
        shifts.open_shift(office.centre, MEI, "north-1", 0)


def test_only_its_cashier_and_a_lead_end_a_shift(office: Office) -> None:
    closed = shifts.close_shift(office.centre, MEI, "north-1", FLOAT_FEN)
    assert closed is not None
    assert closed.cashier == "lei"


def test_nothing_is_sold_after_the_end(office: Office) -> None:
    basket = office.basket(office.line())
    shifts.close_shift(office.centre, LEI, "north-1", FLOAT_FEN)
    with pytest.raises(CentreError, match="no shift is open"):
        orders.sell(office.centre, LEI, basket, PaidBy())


def test_sheets_are_numbered_and_each_covers_the_one_before(office: Office) -> None:
    first = shifts.close_shift(office.centre, LEI, "north-1", FLOAT_FEN)
    shifts.open_shift(office.centre, LEI, "north-1", 0)
    second = shifts.close_shift(office.centre, LEI, "north-1", 0)
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)
    assert rows.head_of(None, first.sheet or "") == first.head
    assert rows.head_of(first.head, second.sheet or "") == second.head
    assert rows.head_of(None, second.sheet or "") != second.head


def test_a_drawer_gives_no_more_than_it_has(office: Office) -> None:
    with pytest.raises(CentreError, match=r"drawer:north-1/1 would be 100\.00 short"):
        shifts.move(
            office.centre, LEI, "north-1", "m1", kind="drop", fen=FLOAT_FEN + 100_00, reason=""
        )
