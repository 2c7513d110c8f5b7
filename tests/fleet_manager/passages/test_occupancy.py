"""Levels of a limit: reached at once, over only a little below."""

import pytest

from fleet_manager.passages.occupancy import level_after


@pytest.mark.parametrize(
    ("persons", "before", "level"),
    [
        (79, 0, 0),
        (80, 0, 80),
        (90, 80, 90),
        (100, 0, 100),
        (130, 100, 100),
        (79, 80, 80),  # it sways: no alarm
        (78, 80, 0),
        (98, 100, 100),
        (97, 100, 90),
        (85, 100, 80),
        (-5, 80, 0),
    ],
)
def test_a_level_is_over_only_some_way_below_it(persons: int, before: int, level: int) -> None:
    assert level_after(persons, 100, before) == level


def test_without_a_limit_there_is_no_level() -> None:
    assert level_after(10**6, 0, 100) == 0
