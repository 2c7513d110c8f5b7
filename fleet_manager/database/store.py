"""The database: opening it, its version, its transactions, and the statements that are hot.

SQLite by default, PostgreSQL by URL. A transaction that will write takes SQLite's write lock at
its start: a lock that is upgraded half-way fails at once instead of waiting.
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
    make_url,
    select,
)
from sqlalchemy import update as sql_update
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from fleet_manager.database import creation, statements
from fleet_manager.database import tables as schema
from fleet_manager.database.engine import WRITES, engine_of, first_line, in_sqlite, shown
from fleet_manager.database.version import Fitness, Found, look, refusal
from fleet_manager.errors import CentreConfigError, CentreError

_LOG = logging.getLogger(__name__)
_NAMED = schema.meta.c.name == bindparam("of")
_META = select(schema.meta.c.value).where(_NAMED)
_COUNT_UP = sql_update(schema.meta).where(_NAMED).values(value=schema.meta.c.value + 1)

Row = tuple[Any, ...]


class _Mine(threading.local):
    """A thread's connection between its transactions: taking one from the pool costs more than a
    small transaction."""

    connection: Connection | None = None


class Store:
    """An open database. One for each process, for all its threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = _Mine()

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> "Store":
        """Open a database; an old one of SQLite is upgraded first, and an empty one is made if
        `create`. Raises CentreConfigError if it cannot be opened, used or upgraded."""
        with _said(url):
            store = cls(engine_of(url))
            found = store._found(url)
            if found.fitness is Fitness.OLD:
                _upgrade(url, found.version)
            elif found.fitness is Fitness.EMPTY:
                store._make(url, create)
        return store

    @classmethod
    def check_empty(cls, url: str) -> None:
        """Raise CentreConfigError if no new park can be made there; change nothing."""
        with _said(url):
            store = cls(engine_of(url))
            found = store._found(url)
            store.close()
        if found.fitness is not Fitness.EMPTY:
            raise CentreConfigError(
                f"cannot use the database {shown(url)}: it is a centre's already",
                "choose an empty one",
            )

    @classmethod
    def clear(cls, url: str) -> None:
        """Take a new park's tables out of a database that was empty before. What fails is left."""
        with suppress(CentreError), _said(url):
            store = cls(engine_of(url))
            with store.write() as connection:
                creation.drop(connection)
            store.close()

    def _found(self, url: str) -> Found:
        """Return the version of a database that can be used, upgraded or filled."""
        with self.read() as connection:
            found = look(connection)
        refused = refusal(found, shown(url))
        if refused is not None:
            self.close()
            raise refused
        return found

    def _make(self, url: str, create: bool) -> None:
        if not create:
            self.close()
            raise CentreConfigError(
                f"cannot use the database {shown(url)}: it is empty",
                "make a park with `fleet-manager init`",
            )
        with self.write() as connection:
            creation.create(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; durable when the block ends, undone if it raises."""
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and disturbs no writer."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        connection = self._mine.connection or self._engine.connect()
        self._mine.connection = None  # a transaction inside of this one takes another
        connection.info[WRITES] = writes
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        self._mine.connection = connection

    def close(self) -> None:
        """Give the connections back."""
        if self._mine.connection is not None:
            self._mine.connection.close()
            self._mine.connection = None
        self._engine.dispose()


def _upgrade(url: str, version: int | None) -> None:
    """Bring an old database to this version, where that is safe without asking."""
    if make_url(url).get_backend_name() != "sqlite":
        raise CentreConfigError(
            f"cannot use the database {shown(url)}: it is of version {version}, "
            f"and this program needs version {schema.VERSION}",
            "make a backup with pg_dump, then: `fleet-manager database upgrade --backup-done`",
        )
    from fleet_manager.database.migrations.upgrade import upgrade  # Alembic is heavy

    done = upgrade(url, copy=True)
    if done is not None:  # else another process was quicker
        _LOG.warning("%s", done)


@contextmanager
def _said(url: str) -> Iterator[None]:
    """What is wrong with a database, as ConfigError."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise CentreConfigError(f"cannot use the database {shown(url)}: {error}") from None
    except CentreError:
        raise
    except SQLAlchemyError as error:
        raise CentreConfigError(
            f"cannot open the database {shown(url)}: {first_line(error)}",
            "check the path and its permissions",
        ) from None


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
        in_sqlite(connection, statements.compiled(statement)[0], rows, many=True)
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
    rows: list[Row] = in_sqlite(connection, words, row)
    return rows
