"""Open the database, check its version, run transactions and frequent statements.

SQLite by default, PostgreSQL by URL. A transaction that will write takes SQLite's write lock at
its start: upgrading a read lock half-way fails at once instead of waiting.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Table,
    bindparam,
    select,
)
from sqlalchemy import update as sql_update

from fleet_manager.database import statements, tables
from fleet_manager.database.engine import WRITES, engine_of, explained, in_sqlite, shown
from fleet_manager.database.migrations import maintenance
from fleet_manager.database.schema import creation
from fleet_manager.database.schema.version import Fitness, SchemaState, read_snapshot, refusal
from fleet_manager.errors import CentreConfigError

_LOG = logging.getLogger(__name__)
_NAMED = tables.meta.c.name == bindparam("of")
_META = select(tables.meta.c.value).where(_NAMED)
_COUNT_UP = sql_update(tables.meta).where(_NAMED).values(value=tables.meta.c.value + 1)

Row = tuple[Any, ...]


class _IdleConnection(threading.local):
    """The connection of a thread between its transactions: taking one from the pool costs more
    than a small transaction."""

    connection: Connection | None = None


class Store:
    """An open database. A process has one store for all its threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle = _IdleConnection()

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> "Store":
        """Open a database; an old one of SQLite is upgraded first, and an empty one is made if
        `create`. Raises CentreConfigError if it cannot be opened, used or upgraded."""
        with explained(url):
            store = cls(engine_of(url))
            try:
                store._prepare(url, create)
            except BaseException:
                store.close()
                raise
        return store

    @classmethod
    def check_empty(cls, url: str) -> None:
        """Raise CentreConfigError if no new park can be made there; change nothing."""
        with explained(url):
            store = cls(engine_of(url))
            try:
                state = store._state(url)
            finally:
                store.close()
        if state.fitness is not Fitness.EMPTY:
            raise CentreConfigError(
                f"cannot use the database {shown(url)}: it is a centre's already",
                "choose an empty one",
            )

    @classmethod
    def clear(cls, url: str) -> None:
        """Take a new park's tables out of a database that was empty before. What fails is left."""
        with suppress(CentreConfigError), explained(url):
            store = cls(engine_of(url))
            with store.write() as connection:
                creation.drop(connection)
            store.close()

    def _prepare(self, url: str, create: bool) -> None:
        """Bring the database to this program's version."""
        fitness = self._state(url).fitness
        if fitness is Fitness.OLD:
            upgraded = maintenance.upgrade(url)
            if upgraded is not None:  # else another process was quicker
                _LOG.warning("%s", upgraded)
        elif fitness is Fitness.EMPTY:
            if not create:
                raise maintenance.empty(url)
            with self.write() as connection:
                creation.create(connection)

    def _state(self, url: str) -> SchemaState:
        """Return the version of a database that can be used, upgraded or filled."""
        with self.read() as connection:
            state = read_snapshot(connection)
        refused = refusal(state, shown(url))
        if refused is not None:
            raise refused
        return state

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Run the block in a transaction that may write: durable when the block ends, undone if it
        raises."""
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Run the block in a transaction that sees one state of the database; it blocks no
        writer."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        connection = self._idle.connection or self._engine.connect()
        self._idle.connection = None  # a transaction inside of this one takes another connection
        connection.info[WRITES] = writes
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.connection = connection

    def close(self) -> None:
        """Close the connections of this thread and of the pool."""
        if self._idle.connection is not None:
            self._idle.connection.close()
            self._idle.connection = None
        self._engine.dispose()


def read_meta(connection: Connection, name: str) -> int | None:
    """Return a number of the table `meta`, or None if it has no such row."""
    rows = run(connection, _META, {"of": name})
    return int(rows[0][0]) if rows else None


def count_up(connection: Connection, name: str) -> None:
    """Add 1 to a number of `meta`. Its row is locked until the transaction ends."""
    run(connection, _COUNT_UP, {"of": name})


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of the table's columns."""
    _run_many(connection, table, statements.insert_statement(table), rows)


def add_rows(connection: Connection, table: Table, rows: Sequence[Row], sums: int) -> None:
    """Insert rows; where the primary key exists, add the values of the last `sums` columns."""
    dialect = connection.dialect.name
    _run_many(connection, table, statements.add_statement(table, sums, dialect), rows)


def _run_many(
    connection: Connection, table: Table, statement: Executable, rows: Sequence[Row]
) -> None:
    if rows and connection.dialect.name == "sqlite":
        in_sqlite(connection, statements.compiled(statement)[0], rows, many=True)
    elif rows:
        names = table.columns.keys()
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def put_row(
    connection: Connection, table: Table, values: dict[str, object], keep: Sequence[str] = ()
) -> None:
    """Insert a row; where the primary key exists, replace its other values except those of the
    columns `keep`."""
    dialect = connection.dialect.name
    statement = statements.put_statement(table, tuple(values), tuple(keep), dialect)
    run(connection, statement, values)


def run(connection: Connection, statement: Executable, values: Mapping[str, object]) -> list[Row]:
    """Run a statement that is built once and used for every message; return its rows.

    Rows are tuples of the database's own values: in SQLite a boolean is 0 or 1.
    """
    if connection.dialect.name != "sqlite":
        result = connection.execute(statement, values)
        return [tuple(row) for row in result] if result.returns_rows else []
    sql, names, bound = statements.compiled(statement)
    row = tuple([values[name] if name in values else bound[name] for name in names])
    rows: list[Row] = in_sqlite(connection, sql, row)
    return rows
