"""The park's calendar: which day and hour a record falls on, and when a day begins."""

from datetime import date, datetime, timedelta, tzinfo

from gate_agent.validator.moment import park_day, park_hour

_MINUTE_MS = 60_000
_KEPT_MINUTES = 100_000


class Calendar:
    """Day and hour of instants, remembered by the minute: a batch falls into very few."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._remembered: dict[int, tuple[int, int]] = {}

    def day_hour(self, wall_ms: int) -> tuple[int, int]:
        """Return the park's day (see `park_day`) and hour of an instant, UTC ms since 1970."""
        minute = wall_ms // _MINUTE_MS
        day_hour = self._remembered.get(minute)
        if day_hour is None:
            day_hour = (park_day(wall_ms, self.zone), park_hour(wall_ms, self.zone))
            if len(self._remembered) >= _KEPT_MINUTES:
                self._remembered.clear()
            self._remembered[minute] = day_hour
        return day_hour

    def day(self, wall_ms: int) -> int:
        """Return the park's day (see `park_day`) of an instant, UTC ms since 1970."""
        return self.day_hour(wall_ms)[0]

    def text(self, wall_ms: int) -> str:
        """Return an instant by the park's clock, for people: `2026-11-23 10:05:30`."""
        return datetime.fromtimestamp(wall_ms // 1000, self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def date_of(self, wall_ms: int) -> date:
        """Return the park's calendar date of an instant, UTC ms since 1970."""
        return datetime.fromtimestamp(wall_ms / 1000, self.zone).date()

    def start_of(self, day: date) -> int:
        """Return when the park's `day` begins, UTC seconds since 1970."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return int(midnight.timestamp())

    def start_of_day(self, day: int) -> int:
        """Return when a day (see `park_day`) begins, UTC seconds since 1970."""
        return self.start_of(date.fromordinal(day))

    def window(self, first: date, days: int) -> tuple[int, int]:
        """Return when the first of `days` days begins and the last ends, UTC seconds since 1970.
        Raises OverflowError beyond the calendar."""
        return self.start_of(first), self.start_of(first + timedelta(days=days))
