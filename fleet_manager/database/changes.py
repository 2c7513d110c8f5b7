"""Number the changes to what lists say, so that a version records the last change that is in it."""

from sqlalchemy import Connection, or_, select, update
from sqlalchemy import text as sql_text

from fleet_manager.database import store, tables


def new_number(connection: Connection) -> int:
    """Return the number of a change that is about to be written.

    The counter's row is locked until the transaction ends, so that changes are numbered in the
    order in which they are committed.
    """
    store.count_up(connection, "changes")
    return last(connection)


def last(connection: Connection) -> int:
    """Return the number of the last change, 0 before the first."""
    return store.read_meta(connection, "changes") or 0


def lock(connection: Connection) -> None:
    """Keep others from making a change before this transaction ends."""
    store.run(connection, _LOCK, {})


_ROW = tables.meta.c
_LOCK = update(tables.meta).where(_ROW.name == "changes").values(value=_ROW.value)
_STAMP = (
    select(_ROW.value).where(or_(_ROW.name == "changes", _ROW.name == "sales")).order_by(_ROW.name)
)


def stamp(connection: Connection) -> tuple[int, ...]:
    """Return a value that differs after every change and every sale."""
    return tuple(value for (value,) in store.run(connection, _STAMP, {}))


def data_version(connection: Connection) -> int:
    """Return a value that is another after whatever another connection has written.

    It costs microseconds. SQLite's is a connection's own: compare those of one thread.
    """
    sqlite = connection.dialect.name == "sqlite"
    return int(connection.execute(_SQLITE_VERSION if sqlite else _POSTGRESQL_VERSION).scalar_one())


_SQLITE_VERSION = sql_text("PRAGMA data_version")
_POSTGRESQL_VERSION = sql_text(
    "SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)"
)
