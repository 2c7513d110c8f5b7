"""The centre as its people have it: opened for the services, with the simulated park's keys."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.centre import Centre
from fleet_manager.config import BrokerFiles, CentreConfig
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


def opened(park: "Park") -> Desk:
    """Open the simulated centre as `fleet_manager.centre.opened` opens a folder."""
    nowhere = Path()
    broker = BrokerFiles("", 1, nowhere, nowhere, nowhere)
    settings = CentreConfig(
        folder=nowhere,
        park=park.name,
        name_zh="",
        name_en="",
        time_zone=park.zone,
        database="sqlite://",
        broker=broker,
    )
    return Desk(
        settings,
        park.centre.store,
        park.centre.calendar,
        lambda: park.world.utc_ms,
        till=lambda: park.centre.issuer,
    )
