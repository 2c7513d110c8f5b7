"""What becomes of a station after it was added: other names, or none of it any more."""

from sqlalchemy import Connection, delete, func, select, update

from fleet_manager.database import tables, tables_station
from fleet_manager.errors import CentreError
from fleet_manager.gates.gates import Station, stations


def find(connection: Connection, station: str) -> Station:
    """Return a station. Raises CentreError if there is none of that id."""
    for known in stations(connection):
        if known.id == station:
            return known
    raise CentreError(f"cannot find station {station!r}", "see `fleet-manager station list`")


def rename(connection: Connection, station: Station) -> None:
    """Give the station of that id the names of `station`. Raises CentreError if there is none."""
    find(connection, station.id)
    connection.execute(
        update(tables.station)
        .where(tables.station.c.id == station.id)
        .values(name_zh=station.name_zh, name_en=station.name_en)
    )


def remove(connection: Connection, station: str) -> None:
    """Remove a station that no gate belongs to, also no retired one: their records name it.

    Raises CentreError.
    """
    find(connection, station)
    of = tables.gate.c
    gates = connection.scalar(select(func.count()).where(of.station == station)) or 0
    if gates:
        raise CentreError(
            f"cannot remove station {station}: {gates} of its gates have records, or may have",
            "a gate is retired with `fleet-manager gate retire`, and keeps its station",
        )
    connection.execute(delete(tables_station.news).where(tables_station.news.c.station == station))
    connection.execute(delete(tables.station).where(tables.station.c.id == station))
