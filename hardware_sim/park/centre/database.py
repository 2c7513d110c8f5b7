"""A centre's database in memory, lent to one park after the other: blank again for each, while what
SQLAlchemy has compiled for it, which takes longer than the tables, is there already."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fleet_manager.database.store import Store

_idle: list["Database"] = []


class Database:
    """`store`: as the centre has it. All else is for outside of its transactions."""

    def __init__(self) -> None:
        self.store = Store.open("sqlite://", create=True)
        with self.store.read() as connection:
            driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._driver = driver
        self.blank = self.image()

    def image(self) -> bytes:
        """Return a backup."""
        return self._driver.serialize()

    def put_back(self, image: bytes) -> None:
        """Restore a backup."""
        self._driver.deserialize(image)

    def read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._driver.execute(sql, values).fetchall()


@contextmanager
def borrowed() -> Iterator[Database]:
    """Lend an empty database that is nobody else's until the block ends."""
    database = _idle.pop() if _idle else Database()
    database.put_back(database.blank)
    try:
        yield database
    finally:
        _idle.append(database)
