"""Compare the tables of a database with those that this program makes in an empty one.

The other side is really made: in memory for SQLite, as temporary tables for PostgreSQL, in a
transaction that is undone. Both sides are read in the same way.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Inspector, inspect, text

from fleet_manager.database.engine import WRITES, engine_of
from fleet_manager.database.schema import creation

Structure = Mapping[str, frozenset[str]]
"""Each table's columns, keys and indexes, one line each."""


def differences(url: str) -> list[str]:
    """Return what a database has too much or too little, one sentence each; empty if it fits."""
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            actual = read(connection)
        return compare(actual, _intended(engine))
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
    """Return the structure of the tables that this program would make."""
    if engine.dialect.name == "postgresql":
        return _made(engine, "pg_temp")
    memory = engine_of("sqlite://")
    try:
        return _made(memory, None)
    finally:
        memory.dispose()


def _made(engine: Engine, schema: str | None) -> Structure:
    """Make the tables, read them and undo it."""
    with engine.connect() as connection:
        connection.info[WRITES] = True
        with connection.begin() as transaction:
            if schema is not None:
                connection.execute(text(f"SET LOCAL search_path TO {schema}"))
            creation.create(connection)
            if schema is not None:  # its real name has a number
                schema = connection.scalar(text("SELECT pg_my_temp_schema()::regnamespace::text"))
            structure = read(connection, schema)
            transaction.rollback()
    return structure


def read(connection: Connection, schema: str | None = None) -> Structure:
    """Return the structure of every table. `schema`: of PostgreSQL's temporary tables."""
    inspector = inspect(connection)
    names = inspector.get_temp_table_names() if schema else inspector.get_table_names()
    return {
        table: frozenset((*_lines(inspector, table, schema), *_rowid(connection, table)))
        for table in names
    }


def _lines(inspector: Inspector, table: str, schema: str | None) -> Iterator[str]:
    key = inspector.get_pk_constraint(table, schema)["constrained_columns"]
    yield f"primary key ({', '.join(key)})"
    for column in inspector.get_columns(table, schema):
        yield _column(inspector.dialect, column)
    for unique in inspector.get_unique_constraints(table, schema):
        yield f"unique ({', '.join(unique['column_names'])})"
    for foreign in inspector.get_foreign_keys(table, schema):
        there = f"{foreign['referred_table']} ({', '.join(foreign['referred_columns'])})"
        yield f"foreign key ({', '.join(foreign['constrained_columns'])}) to {there}"
    for index in inspector.get_indexes(table, schema):
        if not index.get("duplicates_constraint"):
            yield _index(inspector.dialect, index)


def _rowid(connection: Connection, table: str) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        words = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
        statement = str(connection.scalar(words, {"name": table}))
        if statement.rstrip().upper().endswith("WITHOUT ROWID"):
            yield "without rowid"


def _column(dialect: Dialect, column: Any) -> str:
    words = [f"column {column['name']}", column["type"].compile(dialect)]
    if not column["nullable"]:
        words.append("not null")
    default = column.get("default")
    if default is not None:
        numbered = str(default).startswith("nextval(")  # its name says in which schema it lies
        words.append("numbered" if numbered else f"default {default}")
    return " ".join(words)


def _index(dialect: Dialect, index: Any) -> str:
    kind = "unique index" if index["unique"] else "index"
    line = f"{kind} {index['name']} ({', '.join(map(str, index['column_names']))})"
    where = index.get("dialect_options", {}).get(f"{dialect.name}_where")
    return line if where is None else f"{line} where {where}"
