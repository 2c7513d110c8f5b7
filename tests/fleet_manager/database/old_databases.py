"""Databases as released programs left them, to be upgraded: `released/v1.sql` and later ones."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, insert, select, text

from fleet_manager.database.engine import WRITES, engine_of

RELEASED = Path(__file__).parent / "released"
STATEMENTS = (
    Path(__file__).parents[3] / "fleet_manager" / "database" / "migrations" / "versions"
)  # fmt: skip
Rows = dict[str, list[tuple[Any, ...]]]


def load(url: str, version: int) -> Rows:
    """Fill an empty database as the program of a version left it; return its rows by table."""
    with sqlite3.connect(":memory:") as released:
        released.executescript((RELEASED / f"v{version}.sql").read_text("utf-8"))
        if url.startswith("sqlite"):
            file = sqlite3.connect(url.removeprefix("sqlite:///"))
            released.backup(file)
            file.close()
        else:
            _load_elsewhere(url, version, released)
    released.close()
    return rows(url)


def _load_elsewhere(url: str, version: int, released: sqlite3.Connection) -> None:
    """Make the tables in the release's own words, and carry the rows over."""
    engine = engine_of(url)
    with engine.begin() as connection:
        words = (STATEMENTS / f"{version:04}.{engine.dialect.name}.sql").read_text("utf-8")
        connection.exec_driver_sql(words)
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            names = table.columns.keys()
            columns = ", ".join(f'"{name}"' for name in names)
            for row in released.execute(f'SELECT {columns} FROM "{table.name}"'):
                values = dict(zip(names, row, strict=True))
                for column in table.columns:
                    if str(column.type) == "BOOLEAN":
                        values[column.name] = bool(values[column.name])
                connection.execute(insert(table).values(values))
    engine.dispose()


def rows(url: str) -> Rows:
    """Return all rows of all tables, in an order that depends on nothing else."""
    engine = engine_of(url)
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.sorted_tables
        }
    engine.dispose()
    return found


def as_before(after: Rows, before: Rows) -> Rows:
    """Return the rows of an upgraded database without what it has gained: tables, and columns,
    which are added at the end."""
    kept: Rows = {}
    for name, old in before.items():
        width = len(old[0]) if old else 0
        kept[name] = sorted((row[:width] for row in after[name]), key=repr)
    return kept


def run(url: str, words: str) -> None:
    """Run statements, separated by semicolons, in one transaction."""
    engine = engine_of(url)
    with engine.connect() as connection:
        connection.info[WRITES] = True
        with connection.begin():
            for part in words.split(";"):
                connection.execute(text(part))
    engine.dispose()


def version(connection: Connection) -> object:
    """Return the version that a database says it has."""
    return connection.scalar(text("SELECT value FROM meta WHERE name = 'schema'"))
