"""Read the park days that a page is about: the fields `from` and `to`."""

from dataclasses import dataclass
from datetime import date

from fleet_manager.web.ask import Ask, BadField

MOST_DAYS = 3700


@dataclass(frozen=True, slots=True)
class ParkDays:
    """Days by the park's clock, both included."""

    first: date
    last: date

    @property
    def ordinals(self) -> tuple[int, int]:
        """Return both days as the tables have them."""
        return self.first.toordinal(), self.last.toordinal()


def read_day(ask: Ask, name: str, default: date) -> date:
    """Return a day in a field, `2026-11-23`; the default if it is empty. Raises BadField."""
    given = ask.query.get(name)
    if not given:
        return default
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise BadField(
            f"cannot use {name} {given[:20]!r}: must be a day, such as 2026-11-23"
        ) from None


def read_days(ask: Ask, back: int = 0) -> ParkDays:
    """Return the days asked for: today, and `back` days before it, where nobody said. Raises
    BadField for days that are none, in the wrong order, or too many."""
    today = ask.centre.calendar.date_of(ask.now_ms)
    last = read_day(ask, "to", today)
    usual = date.fromordinal(max(1, min(today, last).toordinal() - back))
    first = read_day(ask, "from", usual)
    if last < first:
        raise BadField(f"cannot show {first} to {last}: the last day is before the first")
    if (last - first).days > MOST_DAYS:
        raise BadField(f"cannot show {first} to {last}: must be ten years at most")
    return ParkDays(first, last)
