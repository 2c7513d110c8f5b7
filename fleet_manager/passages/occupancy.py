"""How full the park is: inside now and admitted today, against the limits of its approval."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet_manager.config import ParkLimits
from fleet_manager.passages import counts
from fleet_manager.passages.counts import GroupBy

LEVELS = (100, 90, 80)
"""Parts of a limit in per cent that somebody is told of, the highest first."""
SLACK = 2
"""Per cent below a level at which it is over: a number that sways about it is one alarm."""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Persons inside now and admitted today (first entries) by what has arrived at the centre.
    `inside` is below 0 where people leave who were not counted in: it is shown as it is.
    `stations`: entries less exits of each."""

    day: int
    inside: int
    admitted: int
    stations: dict[str, int]
    limits: ParkLimits


def read(connection: Connection, day: int, limits: ParkLimits) -> Occupancy:
    """Return how full the park is on a park day, from its sums."""
    table = counts.count(connection, day, day, [GroupBy.STATION])
    return Occupancy(
        day=day,
        inside=table.total.inside,
        admitted=table.total.first_entries,
        stations={line.keys[0]: line.totals.inside for line in table.lines},
        limits=limits,
    )


def level(persons: int, limit: int, before: int = 0) -> int:
    """Return the level that is reached: 0, 80, 90 or 100 per cent. `limit`: 0 for none. `before`:
    the level until now, which ends only SLACK per cent below it."""
    if not limit:
        return 0
    for step in LEVELS:
        needed = step - SLACK if step <= before else step
        if persons * 100 >= limit * needed:
            return step
    return 0
