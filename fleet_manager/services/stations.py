"""Acts on stations: add, rename, remove."""

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.gates import gates, stations
from fleet_manager.gates.gates import Station
from fleet_manager.services.act import performed


def add(centre: Centre, who: Actor, station: Station) -> None:
    """Add a station. Raises CentreError for an id that is taken, or that is no name."""
    with performed(centre, who, Act.STATION_ADD, f"station {station.id}") as deed:
        gates.add_station(deed.connection, station)
        deed.after = _names(station)


def rename(
    centre: Centre, who: Actor, station: str, name_zh: str | None, name_en: str | None
) -> Station:
    """Give a station other names, None for those it has; return it. Raises CentreError."""
    with performed(centre, who, Act.STATION_SET, f"station {station}") as deed:
        before = stations.find(deed.connection, station)
        renamed = Station(station, name_zh or before.name_zh, name_en or before.name_en)
        stations.rename(deed.connection, renamed)
        deed.before, deed.after = _names(before), _names(renamed)
    return renamed


def remove(centre: Centre, who: Actor, station: str) -> None:
    """Remove a station that no gate belongs to. Raises CentreError."""
    with performed(centre, who, Act.STATION_REMOVE, f"station {station}") as deed:
        deed.before = _names(stations.find(deed.connection, station))
        stations.remove(deed.connection, station)


def _names(station: Station) -> dict[str, str]:
    return {"name_zh": station.name_zh, "name_en": station.name_en}
