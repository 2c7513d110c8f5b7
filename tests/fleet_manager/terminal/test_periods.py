"""Test the days that a command is about, where only one end or none is said."""

from datetime import date

from fleet_manager.park_time import Calendar
from fleet_manager.terminal.periods import Period
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON

CALENDAR = Calendar(SHANGHAI)
TODAY = CALENDAR.date_of(NOON)
BEFORE, AFTER = date(2020, 1, 5), date(2040, 1, 5)


def days(first: date | None = None, last: date | None = None) -> tuple[date, date]:
    low, high = Period.of(None, first, last).days(CALENDAR, NOON)
    return date.fromordinal(low), date.fromordinal(high)


def test_an_end_that_nobody_says() -> None:
    assert days() == (TODAY, TODAY)
    assert days(first=BEFORE) == (BEFORE, TODAY)
    assert days(first=AFTER) == (AFTER, AFTER)
    assert days(last=BEFORE) == (BEFORE, BEFORE), "up to a day is that day alone"
    assert days(BEFORE, AFTER) == (BEFORE, AFTER)
