"""The database: opening it, its version, its transactions, and the statements that are hot.

SQLite by default, PostgreSQL by URL. A transaction that will write takes SQLite's write lock at
its start: a lock that is upgraded half-way fails at once instead of waiting.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Table,
    bindparam,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy import update as sql_update
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.util import LRUCache

from fleet_manager import exchange, schema, schema_trust, statements
from fleet_manager.errors import CentreError, ConfigError
from fleet_manager.pretix import schema as _pretix_tables  # noqa: F401  (they are made with ours)

BUSY_TIMEOUT_MS = 10_000
_WRITES = "fleet_manager_writes"
_NAMED = schema.meta.c.name == bindparam("of")
_META = select(schema.meta.c.value).where(_NAMED)
_COUNT_UP = sql_update(schema.meta).where(_NAMED).values(value=schema.meta.c.value + 1)

_COMPILED_ONCE = LRUCache[Any, Any](500)
"""SQLAlchemy's own, for every database of this process."""

Row = tuple[Any, ...]


class Store:
    """An open database. One for each process; its connections may be used from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(**{_WRITES: True})

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> "Store":
        """Raises ConfigError if it cannot be opened, is not ours, or is of a newer version."""
        with _said(url):
            store, fresh = cls._looked_at(url)
            if fresh and not create:
                raise ConfigError(
                    f"cannot use the database {_shown(url)}: it is empty",
                    "make a park with `fleet-manager init`",
                )
            if fresh:
                with store.write() as connection:
                    _create(connection)
        return store

    @classmethod
    def check_empty(cls, url: str) -> None:
        """Raises ConfigError if no new park can be made there; changes nothing."""
        with _said(url):
            store, fresh = cls._looked_at(url)
            store.close()
        if not fresh:
            raise ConfigError(
                f"cannot use the database {_shown(url)}: it is a centre's already",
                "choose an empty one",
            )

    @classmethod
    def _looked_at(cls, url: str) -> "tuple[Store, bool]":
        """The database, and whether there is nothing in it yet."""
        store = cls(_engine(url))
        with store.read() as connection:
            return store, _is_empty(connection, url)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; durable when the block ends, undone if it raises."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and disturbs no writer."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


@contextmanager
def _said(url: str) -> Iterator[None]:
    """What is wrong with a database, as ConfigError."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigError(f"cannot use the database {_shown(url)}: {error}") from None
    except CentreError:
        raise
    except SQLAlchemyError as error:
        raise ConfigError(
            f"cannot open the database {_shown(url)}: {_first_line(error)}",
            "check the path and its permissions",
        ) from None


def _engine(url: str) -> Engine:
    engine = create_engine(url, execution_options={"compiled_cache": _COMPILED_ONCE})
    if engine.dialect.name != "sqlite":
        return engine

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
        writes = connection.get_execution_options().get(_WRITES, False)
        _sqlite(connection, "BEGIN IMMEDIATE" if writes else "BEGIN", ())

    return engine


def _shown(url: str) -> str:
    """The URL without a password."""
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else url


def _first_line(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [type(error).__name__])[0]


def _is_empty(connection: Connection, url: str) -> bool:
    """Whether there are no tables yet. Raises ConfigError for tables that are not for us."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return True
    found = read_meta(connection, "schema") if "meta" in tables else None
    if found != schema.VERSION:
        what = "not a centre's" if found is None else f"of version {found}"
        raise ConfigError(
            f"cannot use the database {_shown(url)}: it is {what}",
            "use the program that made it, or another database",
        )
    # When there is a second version, its migration is called here: one function a step.
    return False


def _create(connection: Connection) -> None:
    assert schema_trust.boot.metadata is exchange.claim.metadata is schema.metadata
    if connection.dialect.name == "sqlite":
        for words in schema.sqlite_words():
            _sqlite(connection, words, ())
    else:
        schema.metadata.create_all(connection)
    counters = [(name, 0) for name in ("changes", "sales", "rules")]
    insert_rows(connection, schema.meta, [("schema", schema.VERSION), *counters])


def read_meta(connection: Connection, name: str) -> int | None:
    """One number of the table `meta`."""
    found = run(connection, _META, {"of": name})
    return int(found[0][0]) if found else None


def count_up(connection: Connection, name: str) -> None:
    """Add one to a number of `meta`. The row is locked until the transaction ends."""
    run(connection, _COUNT_UP, {"of": name})


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert many rows whose values stand in the order of the table's columns."""
    _run_many(connection, table, statements.inserting(table), rows)


def add_rows(connection: Connection, table: Table, rows: Sequence[Row], sums: int) -> None:
    """Insert rows; where the primary key is there already, add the last `sums` columns to it."""
    _run_many(connection, table, statements.adding(table, sums, connection.dialect.name), rows)


def _run_many(
    connection: Connection, table: Table, statement: Executable, rows: Sequence[Row]
) -> None:
    if rows and connection.dialect.name == "sqlite":
        _sqlite(connection, statements.compiled(statement)[0], rows, many=True)
    elif rows:
        names = table.columns.keys()
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def put_row(
    connection: Connection, table: Table, values: dict[str, object], keep: Sequence[str] = ()
) -> None:
    """Insert a row; where the primary key is there already, replace the other columns but those
    of `keep`."""
    dialect = connection.dialect.name
    run(connection, statements.putting(table, tuple(values), tuple(keep), dialect), values)


def run(connection: Connection, statement: Executable, values: Mapping[str, object]) -> list[Row]:
    """A statement that was made once and is run for every message. Gives its rows as tuples of
    what the database holds: in SQLite a boolean is 0 or 1."""
    if connection.dialect.name != "sqlite":
        result = connection.execute(statement, values)
        return [tuple(row) for row in result] if result.returns_rows else []
    words, names, fixed = statements.compiled(statement)
    row = tuple([values[name] if name in values else fixed[name] for name in names])
    rows: list[Row] = _sqlite(connection, words, row)
    return rows


def _sqlite(connection: Connection, words: str, values: Sequence[Any], many: bool = False) -> Any:
    """Past SQLAlchemy, whose handling of a statement costs ten times what SQLite's own does; in
    the same transaction, and with the same errors."""
    driver: Any = connection.connection.driver_connection
    try:
        return (driver.executemany if many else driver.execute)(words, values).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(words, None, error, sqlite3.Error) from error
