"""Make the tables of this program's version in an empty database, and say which version it is."""

from functools import cache

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from fleet_manager.database import (
    tables_access,
    tables_boards,
    tables_events,
    tables_passages,
    tables_people,
    tables_pretix,
    tables_station,
    tables_trust,
)
from fleet_manager.database.engine import in_sqlite
from fleet_manager.database.sales import money, orders, payments, prices
from fleet_manager.database.schema import immutable
from fleet_manager.database.statements import compiled, insert_statement
from fleet_manager.database.tables import VERSION, meta, metadata

COUNTERS = ("changes", "sales", "rules", "audit", "attempts", "events", "deliveries", "prices",
            "orders", "entries")  # fmt: skip
"""Rows of `meta` that are there from the beginning."""

stamp = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, as Alembic makes it. It follows `schema` in `meta`, which is the truth."""


_MODULES = (
    money.shift,
    orders.sale_order,
    payments.attempt,
    prices.price,
    tables_access.audit,
    tables_boards.wish,
    tables_events.event,
    tables_passages.boot,
    tables_people.account,
    tables_pretix.source,
    tables_station.claim,
    tables_trust.rule,
)
"""A table of each module that defines some, so that all of them are known."""


def revision(version: int) -> str:
    """Return Alembic's name of a version of the tables: 0002 for version 2."""
    return f"{version:04}"


def create(connection: Connection) -> None:
    """Create every table, index and counter in the connection's transaction."""
    for module in _MODULES:
        assert module.metadata is metadata
    rows = [("schema", VERSION), *((name, 0) for name in COUNTERS)]
    if connection.dialect.name == "sqlite":
        for words in _sqlite_words():
            in_sqlite(connection, words, ())
        in_sqlite(connection, compiled(insert_statement(meta))[0], rows, many=True)
        in_sqlite(connection, compiled(insert_statement(stamp))[0], (revision(VERSION),))
    else:
        metadata.create_all(connection)
        stamp.metadata.create_all(connection)
        connection.execute(insert(meta), [{"name": name, "value": value} for name, value in rows])
        connection.execute(insert(stamp), {"version_num": revision(VERSION)})
    immutable.protect(connection)


def drop(connection: Connection) -> None:
    """Drop what `create` makes, as far as it is there."""
    metadata.drop_all(connection)
    stamp.metadata.drop_all(connection)


@cache
def _sqlite_words() -> tuple[str, ...]:
    """Return the statements that make SQLite's tables and indexes.

    They are kept: a process that makes many parks runs them often.
    """
    dialect, made = sqlite.dialect(), [*metadata.sorted_tables, stamp]
    tables = [str(CreateTable(table).compile(dialect=dialect)) for table in made]
    indexes = [
        str(CreateIndex(index).compile(dialect=dialect))
        for table in made
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    ]
    return (*tables, *indexes)
