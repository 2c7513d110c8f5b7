"""The park's calendar: its own midnight, whatever UTC says."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.moment import (
    END_MS,
    ClockState,
    day_text,
    park_day,
    park_hour,
    utc_text,
)
from tests.gate_agent.validator.builders import WALL, ZONE, ms, prove


@pytest.mark.parametrize(
    ("clock", "day", "hour"),
    [("2026-11-23 00:00", "2026-11-23", 0), ("2026-11-22 23:59", "2026-11-22", 23)],
)
def test_the_day_changes_at_the_parks_midnight(clock: str, day: str, hour: int) -> None:
    assert day_text(park_day(ms(clock), ZONE)) == day
    assert park_hour(ms(clock), ZONE) == hour


def test_the_same_instant_is_another_day_elsewhere() -> None:
    west = ZoneInfo("America/Los_Angeles")
    assert park_day(ms("2026-11-23 08:00"), ZONE) == park_day(ms("2026-11-23 08:00"), west) + 1


def test_summer_time_has_a_day_of_23_hours() -> None:
    zone = ZoneInfo("Europe/Paris")
    start = ms("2026-03-29 00:00", zone)
    hours = [park_hour(start + hour * 3_600_000, zone) for hour in range(23)]
    assert hours == [0, 1, *range(3, 24)]
    assert park_day(start + 22 * 3_600_000, zone) == park_day(start, zone)
    assert park_day(start + 23 * 3_600_000, zone) == park_day(start, zone) + 1


@prove
@given(WALL, st.sampled_from(["Asia/Shanghai", "Pacific/Kiritimati", "Etc/GMT+12", "UTC"]))
def test_every_time_of_the_wire_has_a_day_and_a_text(wall_ms: int, name: str) -> None:
    day = park_day(wall_ms, ZoneInfo(name))
    assert date.fromisoformat(day_text(day)).toordinal() == day
    assert 0 <= park_hour(wall_ms, ZoneInfo(name)) < 24
    assert utc_text(wall_ms).endswith("Z")


def test_the_end_of_time() -> None:
    assert utc_text(END_MS) == "9999-01-01T00:00:00Z"
    assert utc_text(0) == "1970-01-01T00:00:00Z"
    assert utc_text(1_795_305_600_999) == "2026-11-22T00:00:00Z"


def test_the_numbers_of_the_clock_states_are_on_the_wire() -> None:
    assert [(state.name, int(state)) for state in ClockState] == [
        ("UNKNOWN", 0),
        ("BOUNDED", 1),
        ("TRUSTED", 2),
    ]
