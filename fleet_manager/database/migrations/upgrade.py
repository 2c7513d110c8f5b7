"""Bring an old database to this program's version: one transaction a step, under a lock.

Imported only when a database is old: Alembic costs memory and start-up time.
"""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text, update
from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.database.engine import WRITES, engine_of, first_line, shown, sqlite_file
from fleet_manager.database.migrations import copies
from fleet_manager.database.schema.creation import revision
from fleet_manager.database.schema.version import Fitness, read_state, refusal
from fleet_manager.database.tables import VERSION, meta
from fleet_manager.errors import CentreConfigError

_LOG = logging.getLogger(__name__)
_UNCHANGED = "nothing was changed"
_BEGINS = "upgrading the database %s from version %d to %d"
_FAILURES = (SQLAlchemyError, sqlite3.Error, CommandError, OSError)
"""Of the database, the disk and the folder of steps. Anything else is a mistake in a step."""
SCRIPTS = "fleet_manager.database:migrations"
"""Where Alembic finds `env.py` and `versions`: a resource of this package, also in a wheel."""
_LOCK_NUMBER = 0x5CE41C
"""Of PostgreSQL's advisory lock, which is the database's own."""
LONGEST_WAIT_MS = 1_800_000
"""How long a process waits for another that upgrades. A large database takes minutes to copy."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which version to which; `copy` of the database as it was, None where none was made."""

    before: int
    after: int
    copy: Path | None

    def __str__(self) -> str:
        copy = f"; as it was before: {self.copy}" if self.copy else ""
        return f"upgraded the database from version {self.before} to {self.after}{copy}"


def upgrade(url: str, *, make_copy: bool) -> Upgraded | None:
    """Run every step that a database lacks; return None if it lacks none.

    With `make_copy`, a SQLite database is copied first. Processes that start at once wait for each
    other. Raises CentreConfigError: each step is whole or has not happened, and the database has
    the version that it says.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = engine_of(url)
    progress = _Progress()
    try:
        with _alone(engine):
            while _next_step(engine, url, progress, make_copy=make_copy):
                pass
    except Exception as error:
        if progress.copy is not None and not progress.passed:
            # A service that restarts for ever must not fill the disk.
            progress.copy.unlink(missing_ok=True)
        if not isinstance(error, _FAILURES):
            raise
        raise CentreConfigError(
            f"cannot upgrade the database {shown(url)}: {first_line(error)}",
            f"{progress.state()}: mend the cause, then start again",
        ) from error
    finally:
        engine.dispose()
    return Upgraded(progress.passed[0], VERSION, progress.copy) if progress.passed else None


@dataclass(slots=True)
class _Progress:
    """`passed`: the versions whose next step is committed. `copy`: of the database before them."""

    passed: list[int] = field(default_factory=list)
    copy: Path | None = None

    def state(self) -> str:
        """Return in words what the steps have changed so far."""
        return f"it is still of version {self.passed[-1] + 1}" if self.passed else _UNCHANGED


def _next_step(engine: Engine, url: str, progress: _Progress, *, make_copy: bool) -> bool:
    """Run one step in a transaction of its own, before the first with a copy; return False if none
    is lacking."""
    with _locked(engine) as connection:
        version = _old_version(connection, url)
        if version is None:
            return False
        if not progress.passed:
            _LOG.warning(_BEGINS, shown(url), version, VERSION)
            progress.copy = _copied(connection) if make_copy else None
        _step(connection, version)
    progress.passed.append(version)
    return True


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Keep other processes from upgrading until the block ends, also between two steps: whoever
    waits here has nothing left to do. The lock ends with the process that has it."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"SET lock_timeout = {LONGEST_WAIT_MS}"))
            connection.execute(text(f"SELECT pg_advisory_lock({_LOCK_NUMBER})"))
            try:
                yield
            finally:
                connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK_NUMBER})"))
        return
    with engine.connect() as connection:
        file = sqlite_file(connection)
    assert file is not None, "a database in memory is never old"
    folder = os.open(file.parent, os.O_RDONLY)  # SQLite locks the file itself
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)  # a child that is just being made may have it open
        os.close(folder)


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which nobody else upgrades, and in SQLite nobody else writes."""
    with engine.connect() as connection:
        connection.info[WRITES] = True
        if engine.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute(f"PRAGMA busy_timeout = {LONGEST_WAIT_MS}")
            # A table that is made anew is dropped first, while others refer to it.
            driver.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MS}"))
                connection.execute(text("LOCK TABLE meta IN EXCLUSIVE MODE"))
            yield connection


def _old_version(connection: Connection, url: str) -> int | None:
    """Return the version of an old database; None for one that fits. Raises CentreConfigError."""
    state = read_state(connection)
    refused = refusal(state, shown(url))
    if refused is not None:
        raise refused
    return state.version if state.fitness is Fitness.OLD else None


def _copied(connection: Connection) -> Path | None:
    file = sqlite_file(connection)
    return None if file is None else copies.make(file, VERSION, datetime.now(UTC))


def _step(connection: Connection, version: int) -> None:
    """Run the step that follows on a version and write down the new version, in `meta` and in
    Alembic's table, all in the connection's transaction."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", SCRIPTS)
    if version == 1:
        command.stamp(config, revision(version))  # it was released without Alembic
    command.upgrade(config, revision(version + 1))
    connection.execute(update(meta).where(meta.c.name == "schema").values(value=version + 1))
