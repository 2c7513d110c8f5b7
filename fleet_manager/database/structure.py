"""Compare the tables of a database with those that this program makes in an empty one.

The other side is really made: in memory for SQLite, as temporary tables for PostgreSQL, which forget
themselves. So both sides are read in the same way, and a database compares with itself.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, Inspector, inspect, text

from fleet_manager.database import creation
from fleet_manager.database.engine import WRITES, engine_of
from fleet_manager.database.version import look

Structure = Mapping[str, frozenset[str]]
"""Each table's columns, keys and indexes, one line each."""


def differences(url: str) -> list[str]:
    """Return what a database has too much or too little, one sentence each; empty if it fits."""
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            found = look(connection)
            actual = read(connection)
        return [*([found.reason] if found.reason else []), *compare(actual, _intended(engine))]
    finally:
        engine.dispose()


def compare(actual: Structure, intended: Structure) -> list[str]:
    """Return the differences, table by table."""
    sentences = []
    for table in sorted(actual.keys() | intended.keys()):
        if table not in actual:
            sentences.append(f"table {table} is missing")
        elif table not in intended:
            sentences.append(f"table {table} is not one of this program's")
        else:
            lacks, extra = intended[table] - actual[table], actual[table] - intended[table]
            sentences += [f"table {table} lacks: {line}" for line in sorted(lacks)]
            sentences += [f"table {table} has too much: {line}" for line in sorted(extra)]
    return sentences


def _intended(engine: Engine) -> Structure:
    temporary = engine.dialect.name == "postgresql"
    other = engine if temporary else engine_of("sqlite://")
    try:
        with other.connect() as connection:
            connection.info[WRITES] = True
            with connection.begin() as transaction:
                schema = None
                if temporary:
                    connection.execute(text("SET LOCAL search_path TO pg_temp"))
                creation.create(connection)
                if temporary:
                    schema = connection.scalar(
                        text("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")
                    )
                intended = read(connection, schema)
                transaction.rollback()
    finally:
        if other is not engine:
            other.dispose()
    return intended


def read(connection: Connection, schema: str | None = None) -> Structure:
    """Return the structure of every table, of PostgreSQL's `schema` if one is named."""
    inspector = inspect(connection)
    return {
        table: frozenset(_lines(inspector, connection, table, schema))
        for table in inspector.get_table_names(schema)
    }


def _lines(
    inspector: Inspector, connection: Connection, table: str, schema: str | None
) -> list[str]:
    key = inspector.get_pk_constraint(table, schema)["constrained_columns"]
    lines = [f"primary key ({', '.join(key)})"]
    for column in inspector.get_columns(table, schema):
        lines.append(_column(connection, column))
    for unique in inspector.get_unique_constraints(table, schema):
        lines.append(f"unique ({', '.join(unique['column_names'])})")
    for foreign in inspector.get_foreign_keys(table, schema):
        there = f"{foreign['referred_table']} ({', '.join(foreign['referred_columns'])})"
        lines.append(f"foreign key ({', '.join(foreign['constrained_columns'])}) to {there}")
    for index in inspector.get_indexes(table, schema):
        if not index.get("duplicates_constraint"):
            lines.append(_index(connection, index))
    if connection.dialect.name == "sqlite":
        words = connection.scalar(
            text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
            {"name": table},
        )
        if str(words).rstrip().upper().endswith("WITHOUT ROWID"):
            lines.append("without rowid")
    return lines


def _column(connection: Connection, column: Any) -> str:
    words = [f"column {column['name']}", column["type"].compile(connection.dialect)]
    if not column["nullable"]:
        words.append("not null")
    default = column.get("default")
    if default is not None:
        numbered = str(default).startswith("nextval(")  # its name says in which schema it lies
        words.append("numbered" if numbered else f"default {default}")
    return " ".join(words)


def _index(connection: Connection, index: Any) -> str:
    kind = "unique index" if index["unique"] else "index"
    line = f"{kind} {index['name']} ({', '.join(map(str, index['column_names']))})"
    where = index.get("dialect_options", {}).get(f"{connection.dialect.name}_where")
    return line if where is None else f"{line} where {where}"
