"""The centre as its people have it: opened for the services, with the simulated park's keys."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet_manager import config
from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreConfigError
from fleet_manager.park_time import Calendar
from fleet_manager.tickets.sell import Issuer

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def _person(name: str, role: Role) -> Actor:
    return Actor(name, role, Via.COMMAND, "simulated")


CASHIERS = (_person("Chen Jie", Role.CASHIER), _person("Wu Fang", Role.CASHIER))
LEAD = _person("Sun Mei", Role.STATION_LEAD)
ACCOUNTANT = _person("Xu Yan", Role.ACCOUNTANT)
TECHNICIAN = _person("He Bin", Role.TECHNICIAN)
ADMINISTRATOR = _person("park", Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Centre):
    """`till`: gives who sells with the keys that are in force."""

    till: Callable[[], Issuer]

    def issuer(self) -> Issuer:
        """Return who sells tickets: the keys are in no folder here."""
        return self.till()


def _settings(park: "Park", zone: str) -> dict[str, object]:
    return {"park": park.name, "time_zone": zone, "database": "sqlite:///centre.db"}


def takes(park: "Park", zone: str) -> bool:
    """Return whether a centre opens whose settings name that time zone."""
    try:
        config.parse(Path(config.FILE), _settings(park, zone))
    except CentreConfigError:
        return False
    return True


def opened(park: "Park") -> Desk:
    """Open the simulated centre as `fleet_manager.centre.opened` opens a folder."""
    settings = config.parse(Path(config.FILE), _settings(park, park.zone.key))
    return Desk(
        settings,
        park.centre.store,
        Calendar(settings.time_zone),
        lambda: park.world.utc_ms,
        till=lambda: park.centre.issuer,
    )
