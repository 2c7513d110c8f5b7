"""Selling at a till: order, money and tickets at once, and each once."""

from dataclasses import replace

import pytest

from fleet_manager.access import audit
from fleet_manager.errors import CentreError
from fleet_manager.sales.money import ledger
from fleet_manager.sales.orders import orders as rows
from fleet_manager.sales.orders.orders import OrderState
from fleet_manager.sales.orders.tills import Till, TillKind
from fleet_manager.sales.payments import attempts
from fleet_manager.sales.payments.card_numbers import holds_card_number
from fleet_manager.services.sales import orders, prices, refunds, shifts, tills
from fleet_manager.services.sales.orders import PaidBy
from fleet_manager.services.sales.refunds import RefundRequest
from fleet_manager.tickets import sold
from tests.fleet_manager.services.sales.conftest import BOSS, FLOAT_FEN, LEI, MEI, Office


def money(office: Office) -> dict[str, int]:
    """Every account that is not empty: debits less credits."""
    with office.centre.store.read() as connection:
        balances = ledger.balances(connection)
    return {name: balance.fen for name, balance in balances.items() if balance.fen}


def test_a_sale_for_cash_is_order_money_and_tickets(office: Office) -> None:
    sale = office.sell(office.line("adult", 2), office.line("child"), given_fen=500_00)
    assert sale.order.state is OrderState.ISSUED
    assert sale.order.total_fen == 300_00
    assert sale.change_fen == 200_00
    assert [handed.ticket.serial for handed in sale.prints] == [1, 2, 3]
    assert money(office) == {
        "drawer:north-1/1": FLOAT_FEN + 300_00,
        "safe:north": -FLOAT_FEN,
        "liability": -300_00,
    }
    with office.centre.store.read() as connection:
        (attempt,) = attempts.of_order(connection, sale.order.no)
        assert (attempt.channel, attempt.fen, attempt.state.value) == ("cash", 300_00, "paid")
        line = rows.line_of(connection, 3)
        assert line is not None
        assert line.fen_of(3) == 60_00
        assert sold.find(connection, 2).ticket.product == 1


def test_the_same_sale_again_sells_nothing_and_gives_the_same_tickets(office: Office) -> None:
    basket = office.basket(office.line(persons=2))
    first = orders.sell(office.centre, LEI, basket, PaidBy(given_fen=300_00))
    before = money(office)
    again = orders.sell(office.centre, LEI, basket, PaidBy(given_fen=300_00))
    assert again.prints == first.prints
    assert again.change_fen == first.change_fen == 60_00
    assert money(office) == before


def test_an_id_of_another_sale_is_refused(office: Office) -> None:
    basket = office.basket(office.line())
    orders.sell(office.centre, LEI, basket, PaidBy())
    other = replace(basket, lines=(office.line(persons=2),))
    with pytest.raises(CentreError, match="it is order 1, which is for something else"):
        orders.sell(office.centre, LEI, other, PaidBy())


def test_too_little_cash_sells_nothing_and_leaves_no_hole(office: Office) -> None:
    before = money(office)
    with pytest.raises(CentreError, match=r"cannot sell for 100\.00: 20\.00 is missing of 120\.00"):
        office.sell(office.line(), given_fen=100_00)
    assert money(office) == before
    assert office.sell(office.line()).order.no == 1
    assert office.sell(office.line()).prints[0].ticket.serial == 2


def test_a_slip_of_the_finger_is_not_taken_for_cash(office: Office) -> None:
    with pytest.raises(CentreError, match="is the amount mistyped"):
        office.sell(office.line(), given_fen=500_000_00)


def test_nobody_sells_in_the_drawer_of_somebody_else(office: Office) -> None:
    with pytest.raises(CentreError, match="its shift is lei's"):
        office.sell(office.line(), who=MEI)


def test_a_team_has_one_ticket_for_all(office: Office) -> None:
    sale = office.sell(office.line("adult", 30, together=True))
    (handed,) = sale.prints
    assert handed.ticket.admits == 30
    assert sale.order.total_fen == 30 * 120_00


def test_a_ticket_that_costs_nothing_is_sold_and_counted(office: Office) -> None:
    office.price("child", 0)
    before = money(office)
    sale = office.sell(office.line("child"))
    assert sale.order.state is OrderState.ISSUED
    assert len(sale.prints) == 1
    assert money(office) == before


def test_named_tickets_are_bound_and_their_documents_forgotten(office: Office) -> None:
    holder = ("passport", "E12345678")
    sale = office.sell(office.line(holders=(holder,)))
    assert sale.prints[0].ticket.holder_tag is not None
    with office.centre.store.read() as connection:
        (line,) = rows.lines_of(connection, sale.order.no)
        lines = audit.lines(connection, audit.Filter(last=50))
    assert line.holders == b""
    assert "E12345678" not in repr(lines)


def test_what_was_agreed_stays_when_prices_change(office: Office) -> None:
    sale = office.sell(office.line())
    office.price("adult", 80_00)
    assert office.sell(office.line()).order.total_fen == 80_00
    with office.centre.store.read() as connection:
        assert rows.lines_of(connection, sale.order.no)[0].total_fen == 120_00


def test_a_card_is_paid_by_the_reference_of_its_slip(office: Office) -> None:
    basket = office.basket(office.line())
    with pytest.raises(CentreError, match="without the slip's reference"):
        orders.sell(office.centre, LEI, basket, PaidBy(channel="card"))
    sale = orders.sell(office.centre, LEI, basket, PaidBy(channel="card", reference="014382 6411"))
    assert sale.order.paid_by == "card"
    assert money(office)["clearing:card"] == 120_00


def test_the_number_of_a_card_is_never_stored(office: Office) -> None:
    basket = office.basket(office.line())
    with pytest.raises(CentreError, match="looks like the number of a bank card"):
        orders.sell(
            office.centre, LEI, basket, PaidBy(channel="card", reference="4111 1111-1111 1111")
        )
    with office.centre.store.read() as connection:
        assert "4111" not in repr(audit.lines(connection, audit.Filter(last=50)))


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("4111111111111111", True),
        ("6222 0200 0000 0000 001", False),
        ("6222020000000000003", False),
        ("378282246310005", True),
        ("4111111111111112", False),
        ("014382 6411", False),
        ("card ４１１１１１１１１１１１１１１１ of the visitor", True),
        ("41111111111111110000000", False),
    ],
)
def test_card_numbers_are_known_by_their_check_digit(text: str, *, looks: bool) -> None:
    assert holds_card_number(text) is looks


def test_an_order_that_nobody_pays_is_cancelled_once(office: Office) -> None:
    order = orders.place(office.centre, LEI, office.basket(office.line()))
    assert order.state is OrderState.OPEN
    orders.cancel(office.centre, LEI, order.no)
    with pytest.raises(CentreError, match="it is cancelled"):
        orders.cancel(office.centre, LEI, order.no)
    assert office.sell(office.line()).prints[0].ticket.serial == 1


def test_the_last_place_is_sold_once_and_comes_back_with_a_refund(office: Office) -> None:
    prices.set_quota(office.centre, BOSS, "adult", None, 3)
    sale = office.sell(office.line(persons=3))
    with pytest.raises(CentreError, match="0 are left of 3"):
        office.sell(office.line())
    wanted = RefundRequest(id="r", order_no=sale.order.no, reason="rain", till="north-1")
    refunds.ask(office.centre, MEI, wanted)
    assert office.sell(office.line(persons=3)).order.total_fen == 360_00


def test_a_second_payment_is_not_begun_while_one_is_open(office: Office) -> None:
    order = orders.place(office.centre, LEI, office.basket(office.line()))
    with office.centre.store.write() as connection:
        attempts.begin(connection, order.no, "wechat", 120_00, office.clock.ms)
        with pytest.raises(CentreError, match="wechat is not over"):
            attempts.begin(connection, order.no, "alipay", 120_00, office.clock.ms)


def test_an_order_that_is_paid_is_not_paid_again(office: Office) -> None:
    sale = office.sell(office.line())
    with (
        office.centre.store.write() as connection,
        pytest.raises(CentreError, match="order 1 again: it is paid"),
    ):
        attempts.begin(connection, sale.order.no, "card", 120_00, office.clock.ms)


def test_no_field_of_the_box_office_takes_a_card_number(office: Office) -> None:
    card = "paid with 4111 1111 1111 1111"
    sale = office.sell(office.line())
    wanted = RefundRequest(id="r", order_no=sale.order.no, reason=card, till="north-1")
    for act in (
        lambda: refunds.ask(office.centre, LEI, wanted),
        lambda: shifts.move(office.centre, LEI, "north-1", "m", kind="petty", fen=1, reason=card),
        lambda: shifts.close_shift(office.centre, LEI, "north-1", 1, card),
        lambda: tills.add(office.centre, BOSS, Till("x", "north", TillKind.KIOSK, card, "x")),
        lambda: orders.place(office.centre, LEI, replace(office.basket(office.line()), buyer=card)),
    ):
        with pytest.raises(CentreError, match="looks like the number of a bank card"):
            act()
    with office.centre.store.read() as connection:
        assert "4111" not in repr(audit.lines(connection, audit.Filter(last=50)))
