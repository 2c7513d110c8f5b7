"""The database: opening it, its version, its transactions, and the statements that are hot.

SQLite by default, PostgreSQL by URL. A transaction that will write takes SQLite's write lock at
its start: a lock that is upgraded half-way fails at once instead of waiting.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Table,
    bindparam,
    inspect,
    select,
)
from sqlalchemy import update as sql_update
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from fleet_manager.database import statements, tables_access, tables_station, tables_trust
from fleet_manager.database import tables as schema
from fleet_manager.database import tables_pretix as _pretix_tables  # noqa: F401  (they are made with ours)
from fleet_manager.database.engine import WRITES, engine_of, in_sqlite
from fleet_manager.errors import CentreConfigError, CentreError

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
        """Raises ConfigError if it cannot be opened, is not ours, or is of a newer version."""
        with _said(url):
            store, fresh = cls._looked_at(url)
            if fresh and not create:
                raise CentreConfigError(
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
            raise CentreConfigError(
                f"cannot use the database {_shown(url)}: it is a centre's already",
                "choose an empty one",
            )

    @classmethod
    def _looked_at(cls, url: str) -> "tuple[Store, bool]":
        """The database, and whether there is nothing in it yet."""
        store = cls(engine_of(url))
        with store.read() as connection:
            return store, _is_empty(connection, url)

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


@contextmanager
def _said(url: str) -> Iterator[None]:
    """What is wrong with a database, as ConfigError."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise CentreConfigError(f"cannot use the database {_shown(url)}: {error}") from None
    except CentreError:
        raise
    except SQLAlchemyError as error:
        raise CentreConfigError(
            f"cannot open the database {_shown(url)}: {_first_line(error)}",
            "check the path and its permissions",
        ) from None


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
        raise CentreConfigError(
            f"cannot use the database {_shown(url)}: it is {what}",
            "use the program that made it, or another database",
        )
    # When there is a second version, its migration is called here: one function a step.
    return False


def _create(connection: Connection) -> None:
    assert tables_trust.boot.metadata is tables_station.claim.metadata is schema.metadata
    assert tables_access.audit.metadata is schema.metadata
    if connection.dialect.name == "sqlite":
        for words in schema.sqlite_words():
            in_sqlite(connection, words, ())
    else:
        schema.metadata.create_all(connection)
    counters = [(name, 0) for name in ("changes", "sales", "rules", "audit")]
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
