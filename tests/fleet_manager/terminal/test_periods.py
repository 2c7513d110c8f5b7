"""Test the days that a command is about, where only one end or none is said."""

from datetime import date

import click
import pytest
from click.testing import CliRunner

from fleet_manager.park_time import Calendar
from fleet_manager.terminal.options import read_day, read_time
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


def test_a_period_lasts_from_the_beginning_of_its_first_day_to_the_end_of_its_last() -> None:
    start_s, end_s = Period.of(None, BEFORE, BEFORE).window_s(CALENDAR, NOON)
    assert CALENDAR.text(start_s * 1000) == "2020-01-05 00:00:00"
    assert CALENDAR.text(end_s * 1000) == "2020-01-06 00:00:00"


@pytest.mark.parametrize("text", ["2026-11-30T23:15", "2026-11-30 23:15", "2026-11-30T15:15Z"])
def test_a_time_is_read_by_the_parks_clock_with_t_or_with_a_blank(text: str) -> None:
    assert CALENDAR.text(read_time(text, CALENDAR)) == "2026-11-30 23:15:00"


@pytest.mark.parametrize("text", ["", "tomorrow", "30.11.2026", "2026-11-30 25:00"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="must be like 2026-11-30T23:15"):
        read_time(text, CALENDAR)


def test_the_calendars_last_day_is_no_day() -> None:
    """It has no end: what is sold or counted up to it would need the day after."""
    command = click.Command("x", params=[click.Option(["--to"], callback=read_day)])
    result = CliRunner().invoke(command, ["--to", "9999-12-31"])
    assert result.exit_code == 2
    assert "is not a day like 2026-11-23" in result.output
