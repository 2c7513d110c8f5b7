"""How the database is reached: what SQLite is told about every connection, and the way to it past
SQLAlchemy, whose handling of a statement costs ten times what SQLite's own does."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

BUSY_TIMEOUT_MS = 10_000
STATEMENTS = 512
"""Kept by the driver for each connection. Its own 128 are fewer than there are."""
SQLITE = "sqlite:///"
WRITES = "fleet_manager_writes"
"""In a connection's `info`: whether its next transaction will write."""


def engine_of(url: str) -> Engine:
    """Opens nothing yet. Raises ArgumentError, NoSuchModuleError or ImportError for a URL that no
    driver is for."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url)
    # What follows is a path and no part of a URL: a folder's name may hold ?, # and %.
    file = URL.create("sqlite", database=url.removeprefix(SQLITE)) if url != "sqlite://" else url
    engine = create_engine(file, connect_args={"cached_statements": STATEMENTS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # The driver's own idea of when a transaction begins is switched off; `_begin` says it.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        in_sqlite(connection, "BEGIN IMMEDIATE" if connection.info.get(WRITES) else "BEGIN", ())

    return engine


def in_sqlite(connection: Connection, words: str, values: Sequence[Any], many: bool = False) -> Any:
    """Run a statement in the connection's transaction; the rows. Raises DBAPIError, as SQLAlchemy
    would. `many`: `values` are those of many runs."""
    driver: Any = connection.connection.driver_connection
    try:
        return (driver.executemany if many else driver.execute)(words, values).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(words, None, error, sqlite3.Error) from error


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
