"""The frame of every act: one transaction, one audit line in it, refusals by themselves."""

import ast
from pathlib import Path

import pytest

from fleet_manager.access import audit
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.access.audit import Filter, Line
from fleet_manager.access.rights import Act, NotAllowed
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services import tickets
from fleet_manager.services.act import performed
from fleet_manager.services.tickets import SaleRequest
from fleet_manager.tickets import sold
from gate_agent.validator.lists.ticket_list import TicketStatus

ADMINISTRATOR = Actor("zhang", Role.ADMINISTRATOR, Via.COMMAND, "desk")
CASHIER = Actor("li", Role.CASHIER, Via.PAGE, "10.0.0.7")
FACES = ("commands", "terminal", "page", "web", "api")


def acts(park: Centre) -> list[Line]:
    """The lines after the park was made."""
    with park.store.read() as connection:
        return audit.lines(connection, Filter())[2:]


def status_of(park: Centre, serial: int) -> TicketStatus:
    with park.store.read() as connection:
        return sold.find(connection, serial).status


@pytest.fixture
def selling(park: Centre) -> Centre:
    """A park that has sold five tickets."""
    tickets.issue(park, ADMINISTRATOR, SaleRequest(product="adult", count=5))
    return park


def test_making_a_park_and_its_administrator_are_the_first_lines(park: Centre) -> None:
    with park.store.read() as connection:
        first, second = audit.lines(connection, Filter())
    assert (first.number, first.act, first.object) == (1, "park.create", "park west-lake")
    assert (second.number, second.act, second.object) == (2, "user.add", "user admin")


def test_an_act_and_its_line_are_one_transaction(selling: Centre) -> None:
    tickets.void(selling, ADMINISTRATOR, [2, 3], "付错款")
    line = acts(selling)[-1]
    assert (line.actor, line.act, line.object) == ("zhang", "ticket.void", "tickets 2-3")
    assert (line.before, line.after) == (
        '{"2": "valid", "3": "valid"}',
        '{"2": "void", "3": "void"}',
    )
    assert (line.result, line.reason) == ("done", "付错款")
    assert status_of(selling, 2) is TicketStatus.VOID


def test_an_act_that_fails_half_way_leaves_nothing_but_its_refusal(selling: Centre) -> None:
    with pytest.raises(CentreError, match="cannot find ticket 77"):
        tickets.void(selling, ADMINISTRATOR, [1, 77])
    assert status_of(selling, 1) is TicketStatus.VALID
    line = acts(selling)[-1]
    assert (line.act, line.result) == ("ticket.void", "refused")
    assert line.reason == "cannot find ticket 77"


def test_an_act_without_the_right_is_refused_and_written_down(selling: Centre) -> None:
    with pytest.raises(NotAllowed):
        tickets.void(selling, CASHIER, [1])
    assert status_of(selling, 1) is TicketStatus.VALID
    line = acts(selling)[-1]
    assert (line.actor, line.act, line.result) == ("li", "ticket.void", "refused")


def test_a_cashier_may_sell(park: Centre) -> None:
    [handed] = tickets.issue(park, CASHIER, SaleRequest(product="adult"))
    assert handed.ticket.serial == 1
    assert acts(park)[-1].object == "product adult, ticket 1"


def test_what_breaks_leaves_neither_act_nor_line(selling: Centre) -> None:
    before = acts(selling)

    def break_down() -> None:
        with performed(selling, ADMINISTRATOR, Act.TICKET_VOID, "ticket 1") as deed:
            sold.change(deed.connection, [1], {"status": int(TicketStatus.VOID)})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_down()
    assert acts(selling) == before
    assert status_of(selling, 1) is TicketStatus.VALID


def test_a_holders_document_number_is_not_in_the_audit(selling: Centre) -> None:
    tickets.pass_on(selling, ADMINISTRATOR, 1, ("id-card", "11010519491231002X"))
    tickets.issue(
        selling,
        ADMINISTRATOR,
        SaleRequest(product="adult", holder=("passport", "P1234567")),
    )
    with selling.store.read() as connection:
        lines = audit.lines(connection, Filter())
        assert not audit.verify(connection).fault
    text = "".join(map(repr, lines))
    assert "11010519491231002X" not in text
    assert "P1234567" not in text


def test_only_services_and_the_daemon_open_transactions_that_write() -> None:
    """Law: an act of a person has one place. What a face writes by itself has no right and no
    audit."""
    root = Path(__file__).parents[3] / "fleet_manager"
    for file in root.rglob("*.py"):
        room = file.relative_to(root).parts[0]
        if room in ("services", "daemon", "database"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                writes = node.func.attr == "write" and not node.args and not node.keywords
                assert not writes, f"{file}:{node.lineno} opens a transaction that writes"
