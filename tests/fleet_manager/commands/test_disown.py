"""Test `gate disown` on the command line."""

import json
from pathlib import Path

import pytest

from fleet_manager import centre
from fleet_manager.gates import gates
from fleet_manager.intake.ingest import ingest
from fleet_manager.tickets import sold
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.commands.test_commands import SHORT, fails, run
from tests.fleet_manager.scribe import NOON, Scribe

DISOWN = ("gate", "disown", "gate-1", "--since", "2026-11-23T12:00")
DAY = ("--day", "2026-11-23")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A park in which a stolen gate used ticket 1 up, at noon."""
    folder = tmp_path / "data"
    run(folder, "init", *SHORT)
    run(folder, "station", "add", "north")
    run(folder, "product", "add", "adult")
    run(folder, "ticket", "issue", "--product", "adult", "--count", "2")
    with centre.opened(folder) as park, park.store.write() as connection:
        gates.add_gate(connection, "gate-1", "north", bytes(32), NOON)
        pen = Scribe("gate-1", b"j" * 16)
        ticket = sold.find(connection, 1).ticket.id
        pen.write(PassageKind.TAKEN, ticket=ticket, product=1, wall_ms=NOON)
        pen.write(PassageKind.DENIED, ticket=ticket, product=1, wall_ms=NOON, persons=0, reason=14)
        ingest(connection, [("gate-1", pen.batch())], park.calendar, NOON)
    return folder


def test_it_says_what_it_would_do_and_does_nothing_unless_it_is_meant(data: Path) -> None:
    fails(data, 1, "2 records of gate gate-1 arrived since then", *DISOWN)
    fails(data, 1, "1 person went through", *DISOWN)
    fails(data, 1, "pass --yes", *DISOWN)
    assert json.loads(run(data, "counts", *DAY, "--json"))["total"]["entries"] == 1


def test_disown_shows_everywhere_and_can_be_undone(data: Path) -> None:
    said = run(data, *DISOWN, "--yes", "--why", "stolen")
    assert said.endswith("2 records of gate gate-1 count for nothing\n")
    total = json.loads(run(data, "counts", *DAY, "--json"))["total"]
    assert (total["entries"], total["denied"], total["disowned"]) == (0, 0, 1)
    assert "disowned" in run(data, "counts", *DAY)
    assert run(data, "counts", *DAY, "--csv").splitlines()[0].endswith(",disowned")
    assert "不计" in run(data, "counts", *DAY, "--language", "zh")
    listed = run(data, "records", *DAY).splitlines()
    assert len(listed) == 3
    assert all("disowned" in line for line in listed)
    (first, _) = run(data, "records", *DAY, "--json").splitlines()
    assert json.loads(first)["disowned"] is True
    shown = run(data, "ticket", "show", "1")
    assert "0 entries" in shown
    assert "disowned" in shown
    assert "disowned" in run(data, "gate", "list")
    assert "gate.disown" in run(data, "audit", "list")
    said = run(data, "gate", "disown", "gate-1", "--undo", "--yes")
    assert said == "2 records of gate gate-1 count again\n"
    total = json.loads(run(data, "counts", *DAY, "--json"))["total"]
    assert (total["entries"], total["denied"], total["disowned"]) == (1, 1, 0)
    fails(data, 1, "none is disowned", "gate", "disown", "gate-1", "--undo", "--yes")


def test_what_makes_no_sense_is_refused(data: Path) -> None:
    fails(data, 2, "give --since TIME, or --undo", "gate", "disown", "gate-1")
    fails(data, 2, "give --since TIME, or --undo", *DISOWN, "--undo")
    fails(data, 2, "must be like 2026-11-30T23:15", "gate", "disown", "gate-1", "--since", "noon")
    fails(data, 1, "cannot find gate", "gate", "disown", "gate-9", *DISOWN[3:])
