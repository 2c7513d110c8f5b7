"""The park's day changes by its own clock, also when that clock jumps."""

from zoneinfo import ZoneInfo

import pytest

from gate_agent.validator.history import NEVER_SEEN, came_in
from gate_agent.validator.moment import park_day
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.uses import Allowance, Entitlement, judge_uses
from tests.gate_agent.validator.builders import ms

DAILY = Entitlement(policy=EntryPolicy(EntryRule.DAILY), admits=1)
BERLIN, SAO_PAULO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        (BERLIN, "2026-03-28 23:59", 23),  # the day of 23 hours
        (BERLIN, "2026-10-24 23:59", 24),  # the day of 25 hours
        (BERLIN, "2026-10-25 00:01", 25),
        (SAO_PAULO, "2018-11-03 23:59", 23),  # a day that begins at one o'clock
        (SAO_PAULO, "2018-02-17 22:30", 2.6),  # the hour before midnight comes twice
        (SAO_PAULO, "2026-11-25 23:59", 24),
    ],
)
def test_a_new_day_is_a_first_entry_again(zone: ZoneInfo, evening: str, hours: float) -> None:
    before = ms(evening, zone)
    after = before + int(hours * 3_600_000)
    assert park_day(after, zone) == park_day(before, zone) + 1
    history = came_in(NEVER_SEEN, 1, park_day(before, zone), before)
    assert judge_uses(DAILY, history, park_day(after, zone), after) == Allowance(1)


def test_the_hour_that_comes_twice_is_one_day() -> None:
    first = ms("2026-10-25 02:30", BERLIN)
    again = first + 3_600_000
    assert park_day(first, BERLIN) == park_day(again, BERLIN)
    history = came_in(NEVER_SEEN, 1, park_day(first, BERLIN), first)
    assert judge_uses(DAILY, history, park_day(again, BERLIN), again) == Allowance(1, True)


def test_anti_passback_is_time_that_passes_not_the_clock_on_the_wall() -> None:
    """The clock goes from 02:59 to 02:00: two minutes later are two minutes."""
    first = ms("2026-10-25 02:59", BERLIN)
    soon = first + 120_000
    day = park_day(soon, BERLIN)
    history = came_in(NEVER_SEEN, 1, day, first)
    assert judge_uses(DAILY, history, day, soon) is Reason.PASSBACK
