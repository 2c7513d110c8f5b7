"""`database`: what it prints, how it ends, and what other commands say of an old database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from fleet_manager import config
from fleet_manager.__main__ import build
from fleet_manager.centre import Centre
from fleet_manager.database import tables_access, tables_passages
from fleet_manager.database.migrations import copies
from fleet_manager.database.tables import VERSION
from fleet_manager.intake.ingest import ingest
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.database import old_databases
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

ROOT = Path(__file__).parents[3]


def invoke(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(build(), ["--data", str(data), *arguments])


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data folder whose database is of version 1."""
    folder = tmp_path / "data"
    config.write(folder, "west-lake", "西湖", "West Lake", "Asia/Shanghai")
    old_databases.load(f"sqlite:///{folder}/centre.db", 1)
    return folder


def test_an_old_database_is_shown_and_not_changed(old: Path) -> None:
    shown = invoke(old, "database", "show")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines() == [
        f"database  sqlite:///{old}/centre.db",
        f"version   1 (this program: {VERSION})",
        "state     old",
    ]
    assert json.loads(invoke(old, "database", "show", "--json").stdout) == {
        "database": f"sqlite:///{old}/centre.db",
        "version": 1,
        "program": VERSION,
        "state": "old",
        "copies": [],
    }


def test_an_upgrade_says_what_it_did_and_where_the_copy_is(old: Path) -> None:
    done = invoke(old, "database", "upgrade")
    assert done.exit_code == 0, done.output
    (copy,) = copies.every(old / "centre.db")
    assert done.stdout == (
        f"upgraded the database from version 1 to {VERSION}; as it was before: {copy}\n"
    )
    again = invoke(old, "database", "upgrade")
    assert again.stdout == f"the database is of version {VERSION} already\n"
    shown = invoke(old, "database", "show").stdout
    assert shown.splitlines()[2:] == ["state     fits", f"copy      {copy}"]


def test_an_upgrade_after_a_backup_makes_no_copy(old: Path) -> None:
    done = invoke(old, "database", "upgrade", "--backup-done")
    assert done.stdout == f"upgraded the database from version 1 to {VERSION}\n"
    assert copies.every(old / "centre.db") == []


def test_the_check_ends_with_1_where_something_differs(old: Path) -> None:
    refused = invoke(old, "database", "check")
    assert (refused.exit_code, "upgrade it first" in refused.stderr) == (78, True)
    invoke(old, "database", "upgrade")
    good = invoke(old, "database", "check")
    assert (good.exit_code, good.stdout) == (0, "the tables are as this program makes them\n")
    assert invoke(old, "database", "check", "--json").stdout == ""
    old_databases.run(f"sqlite:///{old}/centre.db", "DROP INDEX audit_at")
    bad = invoke(old, "database", "check", "--json")
    assert bad.exit_code == 1
    expected = {"difference": "table audit lacks: index audit_at (at_ms)"}
    assert [json.loads(line) for line in bad.stdout.splitlines()] == [expected]
    assert invoke(old, "database", "check").stdout == f"{expected['difference']}\n"


@pytest.mark.process
def test_any_command_upgrades_first_and_says_so_on_standard_error(old: Path) -> None:
    def products() -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "fleet_manager", "--data", str(old), "product", "list"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    first, second = products(), products()
    assert "团队" in first.stdout
    assert first.stdout == second.stdout
    (copy,) = copies.every(old / "centre.db")
    assert first.stderr.splitlines() == [
        f"upgrading the database sqlite:///{old}/centre.db from version 1 to {VERSION}",
        f"upgraded the database from version 1 to {VERSION}; as it was before: {copy}",
    ]
    assert second.stderr == ""


@pytest.mark.parametrize(
    "words",
    [
        "station list",
        "gate list",
        "product list",
        "list series",
        "counts",
        "incidents",
        "ledger list",
        "list show",
        "rules show",
        "keys show",
        "pretix status",
        "restored --dry-run",
    ],
)
def test_commands_that_read_work_over_an_upgraded_database(old: Path, words: str) -> None:
    result = invoke(old, *words.split())
    assert result.exit_code == 0, result.output
    assert result.stdout


def test_an_old_postgresql_is_one_error_with_what_to_do(
    tmp_path: Path, postgresql_server: Any
) -> None:
    url = postgresql_server.url()
    folder = tmp_path / "data"
    config.write(folder, "west-lake", "西湖", "West Lake", "Asia/Shanghai", url)
    old_databases.load(url, 1)
    refused = invoke(folder, "product", "list")
    assert (refused.exit_code, "database upgrade --backup-done" in refused.stderr) == (78, True)
    assert invoke(folder, "database", "show").exit_code == 0
    assert invoke(folder, "database", "upgrade", "--backup-done").exit_code == 0
    assert invoke(folder, "product", "list").exit_code == 0


def test_sums_that_differ_from_their_hours_are_named_and_made_again(park: Centre) -> None:
    folder = park.config.folder
    same = "the sums by day and by month are those of their hours\n"
    assert invoke(folder, "database", "recount", "--check").stdout == same
    furnish_gates(park.store)
    pen = Scribe("gate-1", bytes(16))
    pen.write(PassageKind.TAKEN, ticket=ticket_id(1))
    with park.store.write() as connection:
        ingest(connection, [("gate-1", pen.batch())], park.calendar, NOON)
    assert invoke(folder, "database", "recount", "--check").stdout == same
    with park.store.write() as connection:
        connection.execute(update(tables_passages.tally_month).values(persons=7))
    checked = invoke(folder, "database", "recount", "--check")
    assert checked.exit_code == 1
    [line] = checked.stdout.splitlines()
    assert line == "month 202611 gate-1 0 -1 3 0: it says 1 / 7 / 1, its hours say 1 / 1 / 1"
    mended = invoke(folder, "database", "recount")
    assert mended.stdout.splitlines() == [line, "1 sum made again"]
    assert invoke(folder, "database", "recount", "--check").stdout == same
    with park.store.read() as connection:
        last = connection.execute(select(tables_access.audit)).all()[-1]
    assert (last.act, last.after) == ("counts.rebuild", '{"differences": 1}')
