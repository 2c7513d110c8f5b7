"""Statements that are made once and kept: making one costs more than running it."""

from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite


@cache
def compiled(statement: Executable) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """What SQLite is told, which value each question mark is, and the values it brings along."""
    made = statement.compile(dialect=sqlite.dialect())  # type: ignore[attr-defined]
    return str(made), tuple(made.positiontup or ()), dict(made.params)


@cache
def inserting(table: Table) -> Executable:
    """A row whose values are all given."""
    return insert(table)


@cache
def adding(table: Table, sums: int, dialect: str) -> Executable:
    """Insert a row, or add its last `sums` columns to the one that is there."""
    statement = _insert_into(table, dialect)
    made: Executable = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={
            name: table.c[name] + statement.excluded[name] for name in table.columns.keys()[-sums:]
        },
    )
    return made


@cache
def putting(
    table: Table, names: tuple[str, ...], keep: tuple[str, ...], dialect: str
) -> Executable:
    """Insert a row of `names`, or replace those but `keep` in the one that is there."""
    keys = [column.name for column in table.primary_key.columns]
    statement = _insert_into(table, dialect).values({name: bindparam(name) for name in names})
    made: Executable = statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in names if name not in (*keys, *keep)},
    )
    return made


def _insert_into(table: Table, dialect: str) -> Any:
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
