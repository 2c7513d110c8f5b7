"""Shares of merchants: earned when the arm turns, once for each person, to the fen."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.errors import CentreError
from fleet_manager.intake.ingest import ingest
from fleet_manager.sales.money import shares
from fleet_manager.sales.money.checking import check_all
from fleet_manager.sales.prices.agreement import PARK_ALONE, Component
from fleet_manager.services.sales import refunds
from fleet_manager.services.sales.refunds import RefundRequest
from fleet_manager.services.sales.shares import post_turns
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.scribe import NOON, Scribe
from tests.fleet_manager.services.sales.conftest import LEI, Office
from tests.fleet_manager.services.sales.test_orders import money

BUS = (
    Component(code="park", stations=("north",)),
    Component(code="bus", merchant="bus-company", fen=35_00, stations=("south",)),
)


class Arms:
    """The gates of a park, and the batches that they send."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.pens = {gate: Scribe(gate, gate[-1].encode() * 16) for gate in ("gate-1", "gate-3")}

    def turn(self, gate: str, ticket: bytes, persons: int = 1, **fields: object) -> None:
        """Somebody goes through."""
        self.pens[gate].write(
            PassageKind.TAKEN, ticket=ticket, product=1, persons=persons, **fields
        )

    def send(self) -> None:
        """Everything arrives, whatever arrived before."""
        batches = [(gate, pen.batch()) for gate, pen in self.pens.items() if pen.records]
        with self.office.centre.store.write() as connection:
            ingest(connection, batches, self.office.centre.calendar, NOON)


def wrong(office: Office) -> list[str]:
    """What does not agree in the books."""
    with office.centre.store.read() as connection:
        return [line for checked in check_all(connection) for line in checked.wrong]


def test_a_turn_at_the_gate_is_the_parks_and_one_at_the_bus_is_the_merchants(
    office: Office,
) -> None:
    office.price("adult", 155_00, components=BUS)
    (handed,) = office.sell(office.line()).prints
    arms = Arms(office)
    arms.turn("gate-1", handed.ticket.id)
    arms.send()
    assert post_turns(office.centre) == 1
    assert money(office)["revenue:adult"] == -120_00
    assert money(office)["liability"] == -35_00
    arms.turn("gate-3", handed.ticket.id)
    arms.send()
    assert post_turns(office.centre) == 1
    assert money(office)["payable:bus-company"] == -35_00
    assert "liability" not in money(office)
    assert wrong(office) == []


def test_the_same_records_again_earn_nothing(office: Office) -> None:
    (handed,) = office.sell(office.line()).prints
    arms = Arms(office)
    arms.turn("gate-1", handed.ticket.id)
    arms.turn("gate-1", handed.ticket.id, direction=Direction.OUT)
    arms.turn("gate-1", handed.ticket.id)
    arms.send()
    assert post_turns(office.centre) == 1
    before = money(office)
    arms.send()
    assert post_turns(office.centre) == 0
    assert money(office) == before


def test_a_team_earns_as_its_people_come(office: Office) -> None:
    office.price(
        "adult", 100_00, components=(*PARK_ALONE, Component(code="b", merchant="m", fen=33))
    )
    (handed,) = office.sell(office.line(persons=3, together=True)).prints
    arms = Arms(office)
    arms.turn("gate-1", handed.ticket.id, persons=2)
    arms.send()
    post_turns(office.centre)
    assert money(office)["payable:m"] == -66
    assert money(office)["revenue:adult"] == -2 * (100_00 - 33)
    arms.turn("gate-3", handed.ticket.id, persons=1)
    arms.turn("gate-3", handed.ticket.id, persons=1)
    arms.send()
    post_turns(office.centre)
    assert money(office)["payable:m"] == -99
    assert "liability" not in money(office)
    assert wrong(office) == []


def test_what_was_agreed_at_the_sale_is_what_is_earned(office: Office) -> None:
    office.price("adult", 155_00, components=BUS)
    (handed,) = office.sell(office.line()).prints
    office.price("adult", 155_00)
    arms = Arms(office)
    arms.turn("gate-3", handed.ticket.id)
    arms.send()
    post_turns(office.centre)
    assert money(office)["payable:bus-company"] == -35_00


def test_tickets_of_no_order_and_free_ones_earn_nothing(office: Office) -> None:
    office.price("child", 0)
    (handed,) = office.sell(office.line("child")).prints
    arms = Arms(office)
    arms.turn("gate-1", handed.ticket.id)
    arms.turn("gate-1", b"\x0a\x0b\x0c\x0d\x00\x00\x00\x63")
    arms.send()
    assert post_turns(office.centre) == 0


def test_what_was_earned_without_a_turn_is_found(office: Office) -> None:
    (handed,) = office.sell(office.line()).prints
    arms = Arms(office)
    arms.turn("gate-1", handed.ticket.id)
    arms.send()
    post_turns(office.centre)
    with office.centre.store.write() as connection:
        connection.exec_driver_sql("UPDATE earned SET persons = 2")
    assert wrong(office) == ["ticket 1 at park: 2 are paid for, 1 turned"]


@given(st.integers(0, 10**7), st.integers(1, 60), st.lists(st.integers(1, 9), max_size=30))
def test_parts_of_all_persons_add_up_and_none_is_negative(
    fen: int, persons: int, steps: list[int]
) -> None:
    before, total = 0, 0
    for step in [*steps, persons]:
        now = min(persons, before + step)
        part = shares._part(fen, persons, before, now)
        assert part >= 0
        total, before = total + part, now
    assert total == fen


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE money_account SET credit_fen = credit_fen + 1 WHERE kind = 'liability'", "sum of"),
        ("UPDATE attempt SET fen = fen + 1", "1 payments of 12001 fen, and 12000 were due"),
        ("UPDATE order_line SET total_fen = 1", "is not the sum of its lines"),
        ("UPDATE sale_order SET no = 7, total_fen = 0 WHERE no = 2", "orders are missing"),
    ],
)
def test_each_damage_of_the_books_is_found(office: Office, damage: str, found: str) -> None:
    office.sell(office.line())
    office.price("child", 0)
    assert wrong(office) == []
    with office.centre.store.write() as connection:
        if "no = 7" in damage:
            connection.exec_driver_sql("UPDATE meta SET value = value + 1 WHERE name = 'orders'")
        else:
            connection.exec_driver_sql(damage)
    if "no = 7" in damage:
        office.sell(office.line("child"))
    assert any(found in line for line in wrong(office)), wrong(office)


def test_a_ticket_that_went_in_is_not_paid_back(office: Office) -> None:
    sale = office.sell(office.line(persons=2))
    arms = Arms(office)
    arms.turn("gate-1", sale.prints[0].ticket.id)
    arms.send()
    wanted = RefundRequest(id="r", order_no=sale.order.no, reason="rain", till="north-1")
    with pytest.raises(CentreError, match="ticket 1 back: somebody went in with it"):
        refunds.ask(office.centre, LEI, wanted)
    other = replace(wanted, serials=(2,))
    assert refunds.ask(office.centre, LEI, other).fen == 120_00


def test_what_leaves_earns_nothing(office: Office) -> None:
    (handed,) = office.sell(office.line()).prints
    arms = Arms(office)
    arms.turn("gate-1", handed.ticket.id, direction=Direction.OUT)
    arms.send()
    assert post_turns(office.centre) == 0
