"""Build statements once and cache them: building one costs more than running it."""

from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite


@cache
def compiled(statement: Executable) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Return the SQL text for SQLite, the names of its parameters by position, and the values
    that are bound already."""
    sql = statement.compile(dialect=sqlite.dialect())  # type: ignore[attr-defined]
    return str(sql), tuple(sql.positiontup or ()), dict(sql.params)


@cache
def insert_statement(table: Table) -> Executable:
    """Return the statement that inserts a row with a value for each column."""
    return insert(table)


@cache
def add_statement(table: Table, sums: int, dialect: str) -> Executable:
    """Return the statement that inserts a row, or adds the values of its last `sums` columns to
    the row that has the same primary key."""
    statement = _insert_into(table, dialect)
    upsert: Executable = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={
            name: table.c[name] + statement.excluded[name] for name in table.columns.keys()[-sums:]
        },
    )
    return upsert


@cache
def put_statement(
    table: Table, names: tuple[str, ...], keep: tuple[str, ...], dialect: str
) -> Executable:
    """Return the statement that inserts a row with the columns `names`, or replaces them, except
    `keep`, in the row that has the same primary key."""
    keys = [column.name for column in table.primary_key.columns]
    statement = _insert_into(table, dialect).values({name: bindparam(name) for name in names})
    upsert: Executable = statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in names if name not in (*keys, *keep)},
    )
    return upsert


def _insert_into(table: Table, dialect: str) -> Any:
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
