"""How many visitors the park may hold, at once and in a day, and how near it is to that."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from fleet_manager.database import store, tables
from fleet_manager.errors import CentreError

MOST = 10_000_000
AT_ONCE, IN_A_DAY = "limit_at_once", "limit_in_a_day"
"""Rows of the table `meta`; 0 or none for no limit."""


class LoadLevel(StrEnum):
    """How near a number is to its limit: by 80, 90 and 100 percent."""

    FREE = "free"
    BUSY = "busy"
    NEARLY_FULL = "nearly_full"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Limits:
    """Persons that the park is approved for (核定承载量), at once and in a day; 0 for no limit."""

    at_once: int = 0
    in_a_day: int = 0


def level_of(persons: int, limit: int) -> LoadLevel:
    """Return how near a number of persons is to a limit, FREE where there is none."""
    if not limit or persons * 10 < limit * 8:
        return LoadLevel.FREE
    if persons * 10 < limit * 9:
        return LoadLevel.BUSY
    return LoadLevel.NEARLY_FULL if persons < limit else LoadLevel.FULL


def read(connection: Connection) -> Limits:
    """Return the limits in force."""
    return Limits(
        store.read_meta(connection, AT_ONCE) or 0, store.read_meta(connection, IN_A_DAY) or 0
    )


def write(connection: Connection, limits: Limits) -> None:
    """Set the limits. Raises CentreError for a number that no park has."""
    for name, value in ((AT_ONCE, limits.at_once), (IN_A_DAY, limits.in_a_day)):
        if not 0 <= value <= MOST:
            raise CentreError(
                f"cannot set a limit of {value} persons: must be 0 to {MOST}", "0 means no limit"
            )
        store.put_row(connection, tables.meta, {"name": name, "value": value})
