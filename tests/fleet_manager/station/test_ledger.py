"""Test `ledger`, `ticket forgive` and `product price` on the command line."""

import json
from pathlib import Path

import pytest

from fleet_manager import centre
from fleet_manager.gates import gates
from fleet_manager.intake.ingest import ingest
from fleet_manager.station import ledger
from fleet_manager.tickets import sold, status
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.commands.test_commands import SHORT, fails, run
from tests.fleet_manager.scribe import NOON, Scribe


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a park in which ticket 1 was used at two gates, a minute apart."""
    folder = tmp_path / "data"
    run(folder, "init", *SHORT)
    run(folder, "station", "add", "north")
    run(folder, "product", "add", "adult")
    run(folder, "product", "price", "adult", "80.00")
    run(folder, "ticket", "issue", "--product", "adult", "--count", "2")
    with centre.opened(folder) as park, park.store.write() as connection:
        ticket = sold.find(connection, 1).ticket
        for number in (1, 2):
            gate = f"gate-{number}"
            gates.add_gate(connection, gate, "north", bytes(32), NOON)
            pen = Scribe(gate, bytes([number]) * 16)
            pen.write(
                PassageKind.TAKEN,
                ticket=ticket.id,
                product=1,
                wall_ms=NOON + 60_000 * number,
                alone=1,
            )
            ingest(connection, [(gate, pen.batch())], park.calendar, NOON)
    return folder


def test_list_show_resolve_export(data: Path) -> None:
    listed = run(data, "ledger", "list")
    assert "1 conflict, 1 person too many, 80.00" in listed
    (line,) = [json.loads(item) for item in run(data, "ledger", "list", "--json").splitlines()]
    assert (line["serial"], line["reason"], line["order"], line["cents"]) == (
        1, "used", "sure", 8000,
    )  # fmt: skip
    assert (line["first_gate"], line["last_gate"]) == ("gate-1", "gate-2")
    shown = run(data, "ledger", "show", "1")
    assert "apart" in shown
    assert len(json.loads(run(data, "ledger", "show", "1", "--json"))["records"]) == 2
    assert run(data, "ledger", "resolve", "1", "--by", "li", "--why", "=copied") == (
        "1 conflict of ticket 1 resolved\n"
    )
    assert "0 conflicts" in run(data, "ledger", "list")
    text = run(data, "ledger", "export", "--state", "all")
    assert text.splitlines()[0].startswith("day,serial,reason")
    assert "'=copied" in text
    (exported,) = json.loads(run(data, "ledger", "export", "--state", "all", "--format", "json"))
    assert [item["too_many"] for item in exported["records"]] == [0, 1]


def test_an_extra_entry_that_is_used_at_another_gate_is_no_conflict(data: Path) -> None:
    with centre.opened(data) as park, park.store.write() as connection:
        status.add_entries(connection, 2, 1)
        ticket = sold.find(connection, 2).ticket
        persons = []
        for number in (1, 2, 3):
            pen = Scribe(f"gate-{2 - number % 2}", bytes([10 + number]) * 16)
            at_ms = NOON + 600_000 * number
            pen.write(PassageKind.TAKEN, ticket=ticket.id, product=1, wall_ms=at_ms)
            ingest(connection, [(pen.gate, pen.batch())], park.calendar, NOON)
            persons.append([case.persons for case in ledger.cases(connection, serial=2)])
    assert persons == [[], [], [1]]


def test_what_is_not_there(data: Path) -> None:
    fails(data, 1, "none is open", "ledger", "resolve", "2", "--by", "li", "--why", "x")
    fails(data, 1, "there is none", "ledger", "show", "2")
    fails(data, 1, "nobody is in", "ticket", "forgive", "2", "--by", "li", "--why", "x")
    fails(data, 1, "cannot use the price", "product", "price", "adult", "--", "-5")


def test_forgive(data: Path) -> None:
    arguments = ("ticket", "forgive", "1", "--by", "li", "--why", "scanned twice")
    assert run(data, *arguments) == "ticket 1 is forgiven for 2 persons\n"
    fails(data, 1, "nobody is in", *arguments)


def test_a_price_can_be_taken_back(data: Path) -> None:
    run(data, "product", "price", "adult", "--none")
    with centre.opened(data) as park, park.store.write() as connection:
        pen = Scribe("gate-1", bytes([9]) * 16)
        ticket = sold.find(connection, 1).ticket
        pen.write(PassageKind.TAKEN, ticket=ticket.id, product=1, wall_ms=NOON + 300_000)
        ingest(connection, [("gate-1", pen.batch())], park.calendar, NOON)
    assert "2 persons too many, 0.00, 2 persons without a price" in run(data, "ledger", "list")
