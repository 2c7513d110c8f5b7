"""When each scene of a day is played, and where."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardware_sim.park.office.hours import Office
from hardware_sim.park.scenes.apart import Apart
from hardware_sim.park.scenes.trouble import Trouble
from hardware_sim.park.scenes.wanderers import Wanderers

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

EARLIEST, LATEST = 0.05, 0.75
"""Shares of the day: what follows from a scene should happen in it."""


def plan_scenes(park: "Park", office: Office, start_ms: float, end_ms: float) -> int:
    """Put the scenes of a day on the world's calendar; return how many."""
    rng = park.world.stream("scenes")
    trouble, apart = Trouble(park), Apart(park, office, end_ms)
    scenes: list[Callable[[], None]] = [
        trouble.fire,
        trouble.outage,
        trouble.centre_behind,
        apart.begin,
    ]
    length_ms = end_ms - start_ms
    for scene in scenes:
        park.world.at(start_ms + length_ms * rng.uniform(EARLIEST, LATEST), scene)
    Wanderers(park, end_ms).plan(start_ms, start_ms + length_ms * LATEST)
    return len(scenes)
