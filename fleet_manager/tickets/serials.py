"""The serials that were given out."""

from sqlalchemy import Connection, func, select

from fleet_manager.database import store, tables

_LAST = select(func.max(tables.ticket.c.serial))


def count_sold(connection: Connection) -> int:
    """Return how many tickets were sold. Serials begin at 1 and have no holes."""
    [(last,)] = store.run(connection, _LAST, {})
    return last or 0
