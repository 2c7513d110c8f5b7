"""Bring an old database to this program's version: one transaction a step, under a lock.

Imported only when a database is old: Alembic costs memory and start-up time.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
_BEGINS = "upgrading the database %s from version %d to %d"
_FAILURES = (SQLAlchemyError, sqlite3.Error, CommandError, OSError)
"""Of the database, the disk and the folder of steps. Anything else is a mistake in a step."""
SCRIPTS = "fleet_manager.database:migrations"
"""Where Alembic finds `env.py` and `versions`: a resource of this package, also in a wheel."""
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
    passed: list[int] = []
    copy: Path | None = None
    try:
        while True:
            with _locked(engine) as connection:
                version = _old_version(connection, url)
                if version is None:
                    break
                if not passed:
                    _LOG.warning(_BEGINS, shown(url), version, VERSION)
                    copy = _copied(connection) if make_copy else None
                _step(connection, version)
            passed.append(version)
    except Exception as error:
        if copy is not None and not passed:
            copy.unlink(missing_ok=True)  # a service that restarts for ever must not fill the disk
        if not isinstance(error, _FAILURES):
            raise
        whole = f"it is still of version {passed[-1] + 1}" if passed else "nothing was changed"
        raise CentreConfigError(
            f"cannot upgrade the database {shown(url)}: {first_line(error)}",
            f"{whole}: mend the cause, then start again",
        ) from error
    finally:
        engine.dispose()
    return Upgraded(passed[0], VERSION, copy) if passed else None


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which nobody else upgrades, and in SQLite nobody else writes."""
    with engine.connect() as connection:
        connection.info[WRITES] = True
        if engine.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute(f"PRAGMA busy_timeout = {LONGEST_WAIT_MS}")
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
