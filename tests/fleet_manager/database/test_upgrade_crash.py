"""An upgrade that is killed, or that two processes begin at once, is whole or has not happened."""

import subprocess
import sys
from pathlib import Path

import pytest

from fleet_manager.database.migrations import copies, maintenance
from fleet_manager.database.store import Store
from fleet_manager.database.tables import VERSION
from tests.fleet_manager.database import old_databases

ROOT = Path(__file__).parents[3]
DIES = """
import os, signal, sys
from sqlalchemy import Engine, event
from fleet_manager.database.migrations import upgrade

url, point = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def executed(_connection, _cursor, statement, *_):
    if statement.split("(")[0].strip().startswith(point):
        die()

event.listen(Engine, "after_cursor_execute", executed)
sys.addaudithook(lambda name, _values: die() if name == point else None)
upgrade.upgrade(url, make_copy=url.startswith("sqlite"))
"""
"""Upgrade a database, and die by SIGKILL after a statement or at an event of the interpreter."""
UPGRADES = """
import sys
from fleet_manager.database.migrations import maintenance
from fleet_manager.database.migrations import upgrade

url = sys.argv[1]
state, _ = maintenance.examine(url)
print(state.fitness.value, flush=True)
sys.stdin.readline()
print(upgrade.upgrade(url, make_copy=url.startswith("sqlite")), flush=True)
"""
"""See that a database is old, wait for a word, upgrade it."""
POINTS = (
    "CREATE TABLE alembic_version",
    "INSERT INTO alembic_version",
    "CREATE TABLE audit",
    "CREATE INDEX audit_at",
    "UPDATE alembic_version",
    "UPDATE meta",
)


def killed_at(url: str, point: str) -> None:
    """Let an upgrade die at a point."""
    ended = subprocess.run(
        [sys.executable, "-c", DIES, url, point], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    assert ended.returncode == -9, f"no such point: {point}"


def finished(url: str) -> None:
    """Upgrade what is left; nothing of the rows is missing afterwards."""
    before = old_databases.rows(url)
    maintenance.upgrade(url, backup_done=not url.startswith("sqlite"))
    Store.open(url).close()
    assert maintenance.check(url) == []
    after = old_databases.rows(url)
    del before["meta"], after["meta"]
    assert old_databases.as_before(after, before) == before


@pytest.mark.process
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_upgrade_leaves_the_old_database(url: str, point: str) -> None:
    before = old_databases.load(url, 1)
    killed_at(url, point)
    assert old_databases.rows(url) == before
    finished(url)


@pytest.mark.process
def test_a_copy_that_was_not_finished_is_no_copy(tmp_path: Path) -> None:
    database = tmp_path / "centre.db"
    url = f"sqlite:///{database}"
    before = old_databases.load(url, 1)
    killed_at(url, "os.rename")
    assert [file.suffix for file in tmp_path.glob("*.before-*")] == [".part"]
    assert copies.every(database) == []
    assert old_databases.rows(url) == before
    finished(url)
    assert [file.suffix for file in tmp_path.glob("*.before-*")] == [
        copies.every(database)[0].suffix
    ]


@pytest.mark.process
def test_processes_that_start_at_once_upgrade_once(url: str) -> None:
    old_databases.load(url, 1)
    with (
        subprocess.Popen(
            [sys.executable, "-c", UPGRADES, url],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as first,
        subprocess.Popen(
            [sys.executable, "-c", UPGRADES, url],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as second,
    ):
        both = (first, second)
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "old\n"
        for process in both:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    answers = sorted(out.partition(";")[0].strip() for out, _ in said)
    assert answers == ["None", f"upgraded the database from version 1 to {VERSION}"]
    assert maintenance.check(url) == []
    if url.startswith("sqlite"):
        assert len(copies.every(Path(url.removeprefix("sqlite:///")))) == 1


@pytest.mark.process
def test_a_disk_without_room_for_the_copy_leaves_the_old_database(tmp_path: Path) -> None:
    database = tmp_path / "centre.db"
    url = f"sqlite:///{database}"
    before = old_databases.load(url, 1)
    program = (
        "import resource, sys; from fleet_manager.database.migrations import maintenance\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: maintenance.upgrade(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error, error.hint)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, url], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith(f"CentreConfigError cannot upgrade the database {url}: ")
    assert "nothing was changed" in ran.stdout
    assert list(tmp_path.glob("*.before-*")) == []
    assert old_databases.rows(url) == before
    finished(url)
