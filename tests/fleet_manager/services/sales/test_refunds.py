"""Money goes back for tickets that nobody used, the way it came; above a sum by two people."""

import pytest

from fleet_manager.access.actor import Actor
from fleet_manager.errors import CentreError
from fleet_manager.sales.orders.refunds import RefundState
from fleet_manager.sales.prices.agreement import RefundPolicy
from fleet_manager.services import tickets
from fleet_manager.services.sales import refunds
from fleet_manager.services.sales.refunds import RefundRequest
from fleet_manager.tickets import sold
from gate_agent.validator.lists.ticket_list import TicketStatus
from tests.fleet_manager.services.sales.conftest import BOSS, FLOAT_FEN, LEI, MEI, Office
from tests.fleet_manager.services.sales.test_orders import money

DAY_MS = 86_400_000


def give_back(
    office: Office, order_no: int, *serials: int, name: str = "r1", who: Actor = LEI
) -> refunds.Refund:
    wanted = RefundRequest(
        id=name, order_no=order_no, serials=serials, reason="rain", till="north-1"
    )
    return refunds.ask(office.centre, who, wanted)


def status(office: Office, serial: int) -> TicketStatus:
    with office.centre.store.read() as connection:
        return sold.find(connection, serial).status


def test_one_ticket_of_three_goes_back_to_the_fen(office: Office) -> None:
    sale = office.sell(office.line(persons=2), office.line("child"))
    refund = give_back(office, sale.order.no, 3)
    assert (refund.state, refund.fen) == (RefundState.DONE, 60_00)
    assert status(office, 3) is TicketStatus.VOID
    assert status(office, 1) is TicketStatus.VALID
    assert money(office) == {
        "drawer:north-1/1": FLOAT_FEN + 240_00,
        "safe:north": -FLOAT_FEN,
        "liability": -240_00,
    }


def test_asked_for_again_it_is_the_same_refund(office: Office) -> None:
    sale = office.sell(office.line())
    first = give_back(office, sale.order.no)
    before = money(office)
    assert give_back(office, sale.order.no).id == first.id
    assert money(office) == before
    with pytest.raises(CentreError, match="all of it was paid back before"):
        give_back(office, sale.order.no, name="r2")


def test_a_ticket_that_is_in_a_refund_is_in_no_other(office: Office) -> None:
    sale = office.sell(office.line(persons=2))
    give_back(office, sale.order.no, 1)
    with pytest.raises(CentreError, match="ticket 1 back: it is in a refund already"):
        give_back(office, sale.order.no, 1, name="r2")


def test_above_a_sum_somebody_else_has_to_agree(office: Office) -> None:
    sale = office.sell(office.line(persons=5))
    refund = give_back(office, sale.order.no)
    assert refund.state is RefundState.ASKED
    assert status(office, 1) is TicketStatus.VALID
    with pytest.raises(CentreError, match=r"cannot do refund\.agree"):
        refunds.agree(office.centre, LEI, refund.id)
    agreed = refunds.agree(office.centre, MEI, refund.id)
    assert agreed.state is RefundState.DONE
    assert status(office, 1) is TicketStatus.VOID
    assert "liability" not in money(office)


def test_nobody_agrees_to_what_they_asked_for(office: Office) -> None:
    refused = Actor("lei", MEI.role, MEI.via, MEI.origin, MEI.station)
    sale = office.sell(office.line(persons=5))
    refund = give_back(office, sale.order.no)
    with pytest.raises(CentreError, match="you have asked for it"):
        refunds.agree(office.centre, refused, refund.id)


def test_a_refused_refund_leaves_the_tickets_good(office: Office) -> None:
    sale = office.sell(office.line(persons=5))
    refund = give_back(office, sale.order.no)
    refunds.refuse(office.centre, MEI, refund.id, "they were inside")
    assert status(office, 1) is TicketStatus.VALID
    assert give_back(office, sale.order.no, 1, name="r2").state is RefundState.DONE


def test_a_void_ticket_is_not_paid_back(office: Office) -> None:
    sale = office.sell(office.line())
    tickets.void(office.centre, BOSS, [1], "stolen")
    with pytest.raises(CentreError, match="cannot pay ticket 1 back: it is void"):
        give_back(office, sale.order.no)


def test_the_policy_of_the_sale_holds(office: Office) -> None:
    office.price("adult", 101_00, refund=RefundPolicy(until_days=0, fee_percent=10))
    sale = office.sell(office.line())
    office.price("adult", 101_00, refund=RefundPolicy(until_days=None))
    never = office.sell(office.line())
    refund = give_back(office, sale.order.no)
    assert (refund.fen, refund.fee_fen) == (90_90, 10_10)
    assert money(office)["refund_fees"] == -10_10
    with pytest.raises(CentreError, match="adult is never paid back"):
        give_back(office, never.order.no, name="r2")


def test_after_its_day_a_ticket_is_not_paid_back(office: Office) -> None:
    sale = office.sell(office.line())
    office.clock.ms += DAY_MS
    with pytest.raises(CentreError, match="was possible until 2026-11-23"):
        give_back(office, sale.order.no)


def test_cash_is_paid_at_a_till_with_a_shift(office: Office) -> None:
    sale = office.sell(office.line())
    wanted = RefundRequest(id="r1", order_no=sale.order.no, reason="rain")
    with pytest.raises(CentreError, match="no shift is open at that till"):
        refunds.ask(office.centre, LEI, wanted)
    assert status(office, 1) is TicketStatus.VALID
