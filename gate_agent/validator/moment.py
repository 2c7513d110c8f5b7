"""A point in time as a board without a clock of its own can know it, and the park's calendar."""

from datetime import UTC, datetime, tzinfo
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

END_MS = 253_370_764_800_000
"""9999-01-01T00:00:00Z in ms: no time on the wire is later, so every one of them has a date in
every zone."""


class ClockState(IntEnum):
    """How far the wall time of a record can be trusted."""

    UNKNOWN = 0
    BOUNDED = 1
    TRUSTED = 2


class Moment(NamedTuple):
    """A point in time, as a board knows it.

    `wall_ms`: best estimate of UTC, ms since 1970. `mono_ms`: ms since this boot. `boot`: random
    32-bit number of this boot. `bound_ms`: an instant that has surely passed; equal to `wall_ms`
    when the clock is trusted, 0 when nothing is known.
    """

    wall_ms: int
    mono_ms: int
    boot: int
    state: ClockState
    bound_ms: int

    def earlier(self, ms: int) -> "Moment":
        """Return the moment `ms` before this one, in the same boot; no time goes below 0."""
        if not ms:
            return self
        wall_ms, bound_ms = max(0, self.wall_ms - ms), max(0, self.bound_ms - ms)
        return self._replace(wall_ms=wall_ms, mono_ms=max(0, self.mono_ms - ms), bound_ms=bound_ms)


def park_day(wall_ms: int, zone: tzinfo) -> int:
    """Return the park's calendar day that `wall_ms` falls on, as a proleptic ordinal (1 = 1 Jan
    0001)."""
    return _day(wall_ms // 1000, zone)


@lru_cache(maxsize=4)
def _day(second: int, zone: tzinfo) -> int:
    """Return the day of a second. Cached: a decision and its record ask for the same one."""
    return datetime.fromtimestamp(second, zone).toordinal()


def park_hour(wall_ms: int, zone: tzinfo) -> int:
    """Return the hour (0 to 23) that `wall_ms` falls into on the park's own clock."""
    return datetime.fromtimestamp(wall_ms // 1000, zone).hour


def day_text(day: int) -> str:
    """Return `2026-11-23` for an ordinal from `park_day`."""
    return datetime.fromordinal(day).date().isoformat()


def utc_text(wall_ms: int) -> str:
    """Return `2026-11-23T08:15:30Z` for ms since 1970."""
    return datetime.fromtimestamp(wall_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
