"""The park's days and hours, where they are not those of UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fleet_manager.park_time import Calendar


def ms(text: str) -> int:
    """UTC ms since 1970 of `2026-11-23 18:10`, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_midnight_of_a_zone_with_minutes_is_in_the_middle_of_an_hour_of_utc() -> None:
    calendar = Calendar(ZoneInfo("Asia/Kathmandu"))
    day = date(2026, 11, 23).toordinal()
    assert calendar.day_hour(ms("2026-11-23 18:10")) == (day, 23)
    assert calendar.day_hour(ms("2026-11-23 18:15")) == (day + 1, 0)
    assert calendar.day_hour(ms("2026-11-23 18:14")) == (day, 23)


def test_today_is_the_parks_day_before_and_after_that_of_utc() -> None:
    east, west = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Honolulu")
    assert Calendar(east).date_of(ms("2026-11-23 10:00")) == date(2026, 11, 24)
    assert Calendar(west).date_of(ms("2026-11-23 09:59")) == date(2026, 11, 22)


def test_a_day_on_which_clocks_are_changed_ends_at_its_own_midnight() -> None:
    calendar = Calendar(ZoneInfo("Europe/Berlin"))
    first, end = calendar.window(date(2026, 3, 29), 1)
    assert timedelta(seconds=end - first) == timedelta(hours=23)
    first, end = calendar.window(date(2026, 10, 24), 2)
    assert timedelta(seconds=end - first) == timedelta(hours=49)
