"""PURE. When and where a seed's day is: in the middle of the morning, or over midnight, of the park
or of UTC, in a zone that is far from UTC on either side."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = (
    SHANGHAI,
    ZoneInfo("Asia/Kathmandu"),  # +5:45
    ZoneInfo("Pacific/Honolulu"),  # -10
    ZoneInfo("Pacific/Kiritimati"),  # +14
    ZoneInfo("America/New_York"),  # -4, and -5 from 1 November on: a day of 25 hours
)
FIRST_DAY = date(2026, 10, 1)
CLOCKS_CHANGE = {"America/New_York": date(2026, 10, 31)}
"""First day by zone: on the next one its clocks are changed."""
MORNING_H = 8
LONGEST_HOURS = 2.0
"""A longer day begins in the morning: it has its evening by itself."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """`zone`: the park's. `epoch_ms`: true UTC at virtual time 0, ms since 1970."""

    zone: ZoneInfo
    epoch_ms: int

    def day_hour(self, wall_ms: float) -> tuple[int, int]:
        """Return the park's day, an ordinal, and hour that an instant falls into."""
        local = datetime.fromtimestamp(wall_ms // 1000, UTC).astimezone(self.zone)
        return local.toordinal(), local.hour

    def next_midnight_ms(self) -> int:
        """Return when the park's next day begins, in virtual ms."""
        today = datetime.fromtimestamp(self.epoch_ms / 1000, self.zone).date()
        return _midnight_ms(today + timedelta(days=1), self.zone) - self.epoch_ms

    def midnight_s(self, day: date) -> int:
        """Return when a park day begins, UTC seconds since 1970."""
        return _midnight_ms(day, self.zone) // 1000


def morning(zone: ZoneInfo) -> CalendarDay:
    """Return a day that begins at eight in the morning."""
    return CalendarDay(zone, _midnight_ms(_first_day(zone), zone) + MORNING_H * 3_600_000)


def _first_day(zone: ZoneInfo) -> date:
    return CLOCKS_CHANGE.get(zone.key, FIRST_DAY)


def draw_day(seed: int, rng: random.Random, hours: float) -> CalendarDay:
    """Draw the day of a park that is simulated for `hours`: half of them pass the park's midnight,
    a quarter the midnight of UTC. Twenty seeds in a row have each zone with each kind of day."""
    if hours > LONGEST_HOURS:
        return morning(SHANGHAI)
    zone = ZONES[seed % len(ZONES)]
    before_ms = int(hours * 3_600_000 * rng.uniform(0.25, 0.75))
    next_day = _first_day(zone) + timedelta(days=1)
    match seed % 4:
        case 0 | 1:
            return CalendarDay(zone, _midnight_ms(next_day, zone) - before_ms)
        case 2:
            return CalendarDay(zone, _midnight_ms(next_day, UTC) - before_ms)
        case _:
            return morning(zone)


def _midnight_ms(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000
