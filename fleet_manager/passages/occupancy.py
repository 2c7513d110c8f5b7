"""How full the park is: entries and exits of today by station, against the limits in force."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager import limits
from fleet_manager.limits import Limits, LoadLevel
from fleet_manager.passages import counts

PERCENT = {LoadLevel.FREE: 0, LoadLevel.BUSY: 80, LoadLevel.NEARLY_FULL: 90, LoadLevel.FULL: 100}
"""What a level says of its limit."""
SLACK_PERCENT = 2
"""So far below a level it is over: a number that sways about it is one alarm."""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Persons by what has arrived at the centre. `inside`: below 0 where people leave who were not
    counted in, shown as it is. `stations`: entries less exits of each. `limits`: of the park."""

    day: int
    inside: int
    entries: int
    stations: dict[str, int]
    limits: Limits


def read(connection: Connection, day: int) -> Occupancy:
    """Return how full the park is on a park day, from its sums."""
    flows = counts.inside(connection, day)
    stations = {station: entries - exits for station, (entries, exits) in flows.items()}
    return Occupancy(
        day=day,
        inside=sum(stations.values()),
        entries=sum(entries for entries, _ in flows.values()),
        stations=stations,
        limits=limits.read(connection),
    )


def level_after(persons: int, limit: int, before: int) -> int:
    """Return the level that is reached, in per cent of PERCENT. `before`: the level until now,
    which ends only SLACK_PERCENT below it."""
    reached = PERCENT[limits.level_of(persons, limit)]
    if reached >= before:
        return reached
    slack = PERCENT[limits.level_of(persons * 100 // (100 - SLACK_PERCENT), limit)]
    return min(before, slack)
