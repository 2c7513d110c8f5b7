"""What the centre's people do when they know that a board was stolen."""

from pathlib import Path
from typing import TYPE_CHECKING

from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.centre import Centre
from fleet_manager.config import BrokerFiles, CentreConfig
from fleet_manager.services import gates
from hardware_sim.park.faults.attacks.insider import NAME
from hardware_sim.park.park import PARK

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_STAFF = Actor("park", Role.ADMINISTRATOR, Via.COMMAND, "simulated")


def disown(park: "Park") -> None:
    """Take back everything that the stolen gate has sent since the day began: the tickets that it
    used up are good again."""
    park.world.note("disown")
    nowhere = Path()
    broker = BrokerFiles("", 1, nowhere, nowhere, nowhere)
    centre = Centre(
        CentreConfig(
            folder=nowhere,
            park=PARK,
            name_zh="",
            name_en="",
            time_zone=park.zone,
            database="sqlite://",
            broker=broker,
        ),
        park.centre.store,
        park.centre.calendar,
        lambda: park.world.utc_ms,
    )
    gates.disown(centre, _STAFF, NAME, park.world.epoch_ms)
    park.disowned.add(NAME)
