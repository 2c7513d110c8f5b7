"""The park's calendar: which day and hour a record falls on, and when a day begins."""

from datetime import date, datetime, timedelta, tzinfo

from gate_agent.validator.moment import park_day, park_hour

_MINUTE_MS = 60_000
_KEPT_MINUTES = 100_000


class Calendar:
    """Day and hour of instants, remembered by the minute: a batch falls into very few."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._known: dict[int, tuple[int, int]] = {}

    def day_hour(self, wall_ms: int) -> tuple[int, int]:
        """The park's day (see `park_day`) and hour."""
        minute = wall_ms // _MINUTE_MS
        found = self._known.get(minute)
        if found is None:
            found = (park_day(wall_ms, self.zone), park_hour(wall_ms, self.zone))
            if len(self._known) >= _KEPT_MINUTES:
                self._known.clear()
            self._known[minute] = found
        return found

    def day(self, wall_ms: int) -> int:
        """The park's day of an instant."""
        return self.day_hour(wall_ms)[0]

    def text(self, wall_ms: int) -> str:
        """Return an instant by the park's clock, for people: `2026-11-23 10:05:30`."""
        return datetime.fromtimestamp(wall_ms // 1000, self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def date_of(self, wall_ms: int) -> date:
        """Return the park's calendar date of an instant."""
        return datetime.fromtimestamp(wall_ms / 1000, self.zone).date()

    def start_of(self, day: date) -> int:
        """UTC seconds since 1970 at which the park's `day` begins."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return int(midnight.timestamp())

    def window(self, first: date, days: int) -> tuple[int, int]:
        """[start, end) in UTC seconds of `days` days from `first`. Raises OverflowError."""
        return self.start_of(first), self.start_of(first + timedelta(days=days))
