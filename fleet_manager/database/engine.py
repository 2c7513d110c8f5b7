"""Make engines, set up connections to SQLite, and run statements past SQLAlchemy.

SQLAlchemy's handling of a statement costs ten times what SQLite's own does.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from fleet_manager.errors import CentreConfigError

BUSY_TIMEOUT_MS = 10_000
STATEMENTS = 512
"""Size of the driver's statement cache. Its default, 128, is less than the number of statements."""
SQLITE = "sqlite:///"
WRITES = "fleet_manager_writes"
"""Key in a connection's `info`: whether its next transaction will write."""


def engine_of(url: str) -> Engine:
    """Return an engine for the URL; open no connection yet.

    Its errors do not show the values of a statement: they end in logs, and may be secrets.
    Raises ArgumentError, NoSuchModuleError or ImportError for a URL that no driver serves.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True)
    # What follows is a path and no part of a URL: a folder's name may hold ?, # and %.
    file = URL.create("sqlite", database=url.removeprefix(SQLITE)) if url != "sqlite://" else url
    engine = create_engine(
        file, connect_args={"cached_statements": STATEMENTS}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # `_begin` begins transactions: the driver would begin them too late, at the first write.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        in_sqlite(connection, "BEGIN IMMEDIATE" if connection.info.get(WRITES) else "BEGIN", ())

    return engine


def in_sqlite(connection: Connection, sql: str, values: Sequence[Any], many: bool = False) -> Any:
    """Run a statement in the connection's transaction and return its rows.

    `values`: one for each question mark; with `many`, a sequence of those. Raises DBAPIError, as
    SQLAlchemy would.
    """
    driver: Any = connection.connection.driver_connection
    try:
        return (driver.executemany if many else driver.execute)(sql, values).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(sql, None, error, sqlite3.Error) from error


def sqlite_file(connection: Connection) -> Path | None:
    """Return the file of a SQLite database; None for one in memory, and for other databases."""
    if connection.dialect.name != "sqlite":
        return None
    file = in_sqlite(connection, "SELECT file FROM pragma_database_list WHERE name = 'main'", ())
    return Path(file[0][0]) if file[0][0] else None


def shown(url: str) -> str:
    """Return the URL without a password."""
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else url


def first_line(error: Exception) -> str:
    """Return what a database's driver says is wrong, in one line."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [type(error).__name__])[0]


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Raise CentreConfigError for what keeps a database from being opened."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise CentreConfigError(f"cannot use the database {shown(url)}: {error}") from None
    except SQLAlchemyError as fault:
        raise CentreConfigError(
            f"cannot open the database {shown(url)}: {first_line(fault)}",
            "check the path and its permissions",
        ) from None
