"""Changes to what lists say are numbered: so a version knows what is in it, and what is not."""

from sqlalchemy import Connection, or_, select, update

from fleet_manager.database import store, tables


def new_number(connection: Connection) -> int:
    """The number of a change that is about to be written. Its row is locked until the transaction
    ends, so that changes are numbered in the order in which they are committed."""
    store.count_up(connection, "changes")
    return last(connection)


def last(connection: Connection) -> int:
    """The number of the last change, 0 before the first."""
    return store.read_meta(connection, "changes") or 0


def hold(connection: Connection) -> None:
    """Nobody makes a change before this transaction ends."""
    store.run(connection, _HOLD, {})


_ROW = tables.meta.c
_HOLD = update(tables.meta).where(_ROW.name == "changes").values(value=_ROW.value)
_STAMP = (
    select(_ROW.value).where(or_(_ROW.name == "changes", _ROW.name == "sales")).order_by(_ROW.name)
)


def stamp(connection: Connection) -> tuple[int, ...]:
    """Another one after every change and every sale."""
    return tuple(value for (value,) in store.run(connection, _STAMP, {}))
