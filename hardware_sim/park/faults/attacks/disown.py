"""What the centre's people do when they know that a board was stolen."""

from typing import TYPE_CHECKING

from fleet_manager.services import gates
from hardware_sim.park.faults.attacks.insider import NAME
from hardware_sim.park.office.desk import ADMINISTRATOR, opened

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def disown(park: "Park") -> None:
    """Take back everything that the stolen gate has sent since the day began: the tickets that it
    used up are good again."""
    park.world.note("disown")
    gates.disown(opened(park), ADMINISTRATOR, NAME, park.world.epoch_ms)
    park.disowned.add(NAME)
