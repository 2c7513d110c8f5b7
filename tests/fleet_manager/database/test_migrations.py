"""Databases of every released version are upgraded, whole or not at all, and lose nothing."""

import ast
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, func, select

from fleet_manager.database import tables, tables_station
from fleet_manager.database.engine import WRITES, engine_of
from fleet_manager.database.migrations import copies, maintenance
from fleet_manager.database.migrations.upgrade import SCRIPTS
from fleet_manager.database.schema import structure
from fleet_manager.database.schema.creation import revision
from fleet_manager.database.schema.version import Fitness
from fleet_manager.database.store import Store, read_meta
from fleet_manager.database.tables import VERSION, metadata
from fleet_manager.errors import CentreConfigError
from fleet_manager.station import ledger
from gate_agent.validator.passage import chain, genesis
from tests.fleet_manager.database import old_databases

RELEASED = (1,)  # version 2 was in no release
"""Versions before this one: each was released, and has its database in `released/`."""
ROOT = Path(__file__).parents[3]


def upgraded(url: str) -> Store:
    """An old database after what its operator does."""
    maintenance.upgrade(url, backup_done=not url.startswith("sqlite"))
    return Store.open(url)


def copies_of(url: str) -> list[Path]:
    """The copies beside a SQLite database."""
    return copies.every(Path(url.removeprefix("sqlite:///")))


def script_directory() -> ScriptDirectory:
    """What Alembic makes of the folder of revisions."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    return ScriptDirectory.from_config(config)


# --- the same tables, however they came about --------------------------------------------------


@pytest.mark.parametrize("version", RELEASED)
def test_an_upgraded_database_has_the_tables_of_a_fresh_one(url: str, version: int) -> None:
    old_databases.load(url, version)
    store = upgraded(url)
    assert maintenance.check(url) == []
    with store.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == revision(VERSION)
    store.close()


def test_a_fresh_database_has_the_tables_that_all_steps_make(url: str) -> None:
    engine = engine_of(url)
    with engine.connect() as connection:
        connection.info[WRITES] = True
        with connection.begin():
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", SCRIPTS)
            command.upgrade(config, "head")
    with engine.connect() as connection:
        counters = set(connection.scalars(select(tables.meta.c.name)))
    engine.dispose()
    assert structure.differences(url) == []
    store = Store.open("sqlite://", create=True)
    with store.read() as connection:
        assert set(connection.scalars(select(tables.meta.c.name))) == counters
    store.close()


def test_the_first_step_makes_what_the_first_version_released(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("released", "made")]
    old_databases.load(urls[0], 1)
    read = []
    for url in urls:
        engine = engine_of(url)
        with engine.connect() as connection:
            connection.info[WRITES] = True
            with connection.begin():
                if url == urls[1]:
                    config = Config(attributes={"connection": connection})
                    config.set_main_option("script_location", SCRIPTS)
                    command.upgrade(config, "0001")
                read.append(dict(structure.read(connection)))
        engine.dispose()
    del read[1]["alembic_version"]
    assert read[0] == read[1]


def test_steps_form_one_line_to_this_version_and_each_release_is_kept() -> None:
    steps = [script.revision for script in script_directory().walk_revisions()]
    assert steps == [revision(number) for number in range(VERSION, 0, -1)]
    for version in RELEASED:
        assert (old_databases.RELEASED / f"v{version}.sql").is_file()


def test_a_step_has_its_own_words_for_the_tables() -> None:
    """Today's tables change: a step that imported them would become another one."""
    for file in old_databases.STATEMENTS.glob("[0-9]*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            assert not [name for name in names if name.startswith("fleet_manager")], file.name


# --- nothing is lost ---------------------------------------------------------------------------


@pytest.mark.parametrize("version", RELEASED)
def test_every_row_survives(url: str, version: int) -> None:
    before = old_databases.load(url, version)
    assert all(before.values()), "the released database has rows in every table"
    upgraded(url).close()
    after = old_databases.rows(url)
    del before["meta"], after["meta"]
    assert old_databases.as_before(after, before) == before


@pytest.mark.parametrize("version", RELEASED)
def test_claims_get_the_gate_of_their_journal_and_records_keep_their_journal(
    url: str, version: int
) -> None:
    old_databases.load(url, version)
    store = upgraded(url)
    with store.read() as connection:
        claim, journal, passage = tables_station.claim.c, tables.journal.c, tables.passage.c
        rows = connection.execute(select(journal.id, journal.gate))
        gates = {row.id: row.gate for row in rows}
        claims = connection.execute(select(claim.journal, claim.gate)).all()
        assert claims
        assert [gates[row.journal] for row in claims] == [row.gate for row in claims]
        numbers = set(connection.scalars(select(journal.no)))
        assert set(connection.scalars(select(passage.journal).distinct())) <= numbers
    store.close()


@pytest.mark.parametrize("version", RELEASED)
def test_counts_journals_and_ledger_still_verify(url: str, version: int) -> None:
    old_databases.load(url, version)
    store = upgraded(url)
    with store.read() as connection:
        passage = tables.passage.c
        for row in connection.execute(select(tables.journal)):
            head, seqs = genesis(row.id), []
            records = select(passage.seq, passage.record).where(passage.journal == row.no)
            for seq, record in connection.execute(records.order_by(passage.seq)):
                head = chain(head, record)
                seqs.append(seq)
            assert seqs == list(range(1, row.mark + 1))
            assert head == row.head
        keys = ("kind", "direction", "lane", "day", "reason")
        counted = select(*(passage[key] for key in keys), func.count(), func.sum(passage.persons))
        told = [tables.tally.c[key] for key in keys]
        summed = select(*told, func.sum(tables.tally.c.events), func.sum(tables.tally.c.persons))
        assert _sums(connection, counted.group_by(*(passage[key] for key in keys))) == _sums(
            connection, summed.group_by(*told)
        )
        assert read_meta(connection, "audit") == 0
        assert [case.state for case in ledger.cases(connection)] == ["resolved"]
        assert connection.scalar(select(func.count()).select_from(tables.journal)) == 3
    store.close()


def _sums(connection: Any, query: Any) -> set[tuple[int, ...]]:
    return {tuple(int(value) for value in row) for row in connection.execute(query)}


# --- when the database is opened ---------------------------------------------------------------


def test_sqlite_is_upgraded_by_opening_it_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    before = old_databases.load(url, 1)
    (tmp_path / "centre.db").chmod(0o640)
    Store.open(url).close()
    (copy,) = copies_of(url)
    assert re.fullmatch(rf"centre\.db\.before-v{VERSION}-\d{{8}}T\d{{6}}Z", copy.name)
    assert copy.stat().st_mode & 0o777 == 0o640
    assert old_databases.rows(f"sqlite:///{copy}") == before
    said = f"upgraded the database from version 1 to {VERSION}; as it was before: {copy}"
    assert said in caplog.messages
    caplog.clear()
    Store.open(url).close()
    assert caplog.messages == []
    assert copies_of(url) == [copy]


def test_a_copy_put_back_is_upgraded_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    old_databases.load(url, 1)
    Store.open(url).close()
    (copy,) = copies_of(url)
    (tmp_path / "centre.db").unlink()
    copy.rename(tmp_path / "centre.db")
    Store.open(url).close()
    assert maintenance.check(url) == []


def test_postgresql_is_upgraded_once_a_backup_is_said_to_be_done(
    postgresql_server: Any,
) -> None:
    url = postgresql_server.url()
    before = old_databases.load(url, 1)
    for use in (Store.open, maintenance.upgrade):
        with pytest.raises(CentreConfigError, match="of version 1, and this program") as caught:
            use(url)
        assert "database upgrade --backup-done" in caught.value.hint
    assert old_databases.rows(url) == before
    assert str(maintenance.upgrade(url, backup_done=True)) == (
        f"upgraded the database from version 1 to {VERSION}"
    )
    Store.open(url).close()


def test_alembic_is_not_imported_where_the_version_fits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    program = (
        "import sys; from fleet_manager.database.store import Store;"
        f"Store.open({url!r}, create=True).close(); Store.open({url!r}).close();"
        "print([name for name in sys.modules if name.partition('.')[0] in ('alembic', 'mako')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"


def test_an_upgrade_that_ends_while_another_process_looks_is_not_half_done(url: str) -> None:
    old_databases.load(url, 1)
    ended: list[object] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        if not ended and ("pg_catalog" in statement or "sqlite_master" in statement):
            ended.append(None)
            ended.append(maintenance.upgrade(url, backup_done=True))

    event.listen(Engine, "after_cursor_execute", executed)
    try:
        state, _ = maintenance.examine(url)
    finally:
        event.remove(Engine, "after_cursor_execute", executed)
    assert state.fitness is Fitness.OLD
    assert ended[1] is not None
    Store.open(url).close()


# --- what cannot be used -----------------------------------------------------------------------


def test_a_newer_database_is_refused_with_both_versions_and_a_way_out(url: str) -> None:
    Store.open(url, create=True).close()
    old_databases.run(url, f"UPDATE meta SET value = {VERSION + 1} WHERE name = 'schema'")
    before = old_databases.rows(url)
    for use in (Store.open, maintenance.upgrade, maintenance.check):
        with pytest.raises(CentreConfigError) as caught:
            use(url)
        assert f"of version {VERSION + 1}" in str(caught.value)
        assert f"up to {VERSION}" in str(caught.value)
        assert "install the release that upgraded it" in caught.value.hint
    assert old_databases.rows(url) == before


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (
            "UPDATE alembic_version SET version_num = '0001'",
            "Alembic's own note is of version 0001",
        ),
        ("DELETE FROM alembic_version", "Alembic's own note is of version None"),
        ("DROP TABLE audit", "it has no table audit"),
        ("UPDATE meta SET value = 1 WHERE name = 'schema'", f"is of version {revision(VERSION)}"),
    ],
)
def test_a_half_upgraded_database_is_noticed(url: str, damage: str, reason: str) -> None:
    Store.open(url, create=True).close()
    old_databases.run(url, damage)
    for use in (Store.open, maintenance.upgrade):
        with pytest.raises(CentreConfigError, match=re.escape(reason)) as caught:
            use(url)
        assert "database check" in caught.value.hint
    assert any(reason in sentence for sentence in maintenance.check(url))


def test_a_database_of_version_1_that_alembic_knows_already_is_upgraded(url: str) -> None:
    old_databases.load(url, 1)
    old_databases.run(
        url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));"
        "INSERT INTO alembic_version VALUES ('0001')",
    )
    upgraded(url).close()
    assert maintenance.check(url) == []


def test_a_step_that_fails_leaves_the_old_database_and_no_copy(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy for every start of a service that cannot start would fill the disk."""
    old_databases.load(url, 1)
    old_databases.run(url, "CREATE TABLE audit (number INTEGER)")
    before = old_databases.rows(url)
    caplog.set_level(logging.WARNING)
    with pytest.raises(CentreConfigError, match=r"cannot upgrade.*already exists") as caught:
        upgraded(url)
    assert "nothing was changed" in caught.value.hint
    assert old_databases.rows(url) == before
    if url.startswith("sqlite"):
        assert copies_of(url) == []


# --- the check ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("DROP INDEX ticket_change", "table ticket lacks: index ticket_change (change) where"),
        ("CREATE INDEX mine ON gate (station)", "table gate has too much: index mine (station)"),
        ("CREATE TABLE mine (x INTEGER)", "table mine is not one of this program's"),
        ("ALTER TABLE audit DROP COLUMN reason", "table audit lacks: column reason TEXT not null"),
        (
            "DROP INDEX ticket_listed;CREATE INDEX ticket_listed ON ticket (serial)",
            "table ticket has too much: index ticket_listed (serial)",
        ),
    ],
)
def test_the_check_names_what_differs(url: str, damage: str, sentence: str) -> None:
    Store.open(url, create=True).close()
    assert maintenance.check(url) == []
    old_databases.run(url, damage)
    found = maintenance.check(url)
    assert any(line.startswith(sentence) for line in found), found
    assert all(" alembic_version " not in line for line in found)


def test_the_check_sees_a_table_with_row_ids(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    Store.open(url, create=True).close()
    old_databases.run(
        url,
        "CREATE TABLE other AS SELECT * FROM meta;"
        "DROP TABLE tally;ALTER TABLE other RENAME TO tally",
    )
    assert "table tally lacks: without rowid" in maintenance.check(url)


def test_an_old_or_empty_database_is_not_compared(url: str) -> None:
    with pytest.raises(CentreConfigError, match="it is empty"):
        maintenance.check(url)
    old_databases.load(url, 1)
    with pytest.raises(CentreConfigError, match="of version 1") as caught:
        maintenance.check(url)
    assert caught.value.hint == "upgrade it first: `fleet-manager database upgrade`"
