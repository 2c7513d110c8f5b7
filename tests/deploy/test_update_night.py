"""In which hours a board switches to a release that is wished for the night."""

from datetime import datetime

import pytest
from click.testing import CliRunner

from gate_agent.commands.update import update
from gate_agent.update.rest import parse_night
from gate_agent.validator.messages.release_wish import SwitchTime
from tests.deploy.update_rig import ZONE, PlayedBoard, Rig


def at(rig: Rig, hour: int) -> PlayedBoard:
    """A board on which it is so late in the park."""
    moment = datetime.fromtimestamp(rig.centre.clock() / 1000, ZONE).replace(hour=hour, minute=30)
    wall_ms = int(moment.timestamp() * 1000)
    return rig.board(wall_ms if wall_ms < rig.centre.clock() else wall_ms - 86_400_000)


def test_without_another_word_a_release_waits_for_the_night(rig: Rig) -> None:
    wished = rig.wish("2.0.0", SwitchTime.NIGHT)
    day = at(rig, 10)
    assert rig.update(day).startswith(f"{wished} is unpacked and waits for the night")
    assert day.waited_s == 0
    assert rig.update(at(rig, 3)) == f"{wished} runs well"


def test_a_park_that_is_open_at_night_says_when_its_night_is(rig: Rig) -> None:
    wished = rig.wish("2.0.0", SwitchTime.NIGHT)
    night = parse_night("22-2")
    said = rig.update(at(rig, 3), night=night)
    assert said.endswith("waits for the night: it is 03:30, and wished from 22:00 to 2:00")
    assert rig.update(at(rig, 23), night=night) == f"{wished} runs well"


@pytest.mark.parametrize(
    ("text", "hours"),
    [("1-5", {1, 2, 3, 4}), ("22-2", {22, 23, 0, 1}), ("23-24", {23}), ("0-1", {0})],
)
def test_a_night_has_whole_hours_also_over_midnight(text: str, hours: set[int]) -> None:
    night = parse_night(text)
    assert {hour for hour in range(24) if hour in night} == hours
    assert str(night) == text


@pytest.mark.parametrize("text", ["", "5", "1-", "24-5", "1-25", "3-3", "0-24", "22:30-5", "１-5"])
def test_hours_that_are_no_night_are_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="must be two different whole hours of park time"):
        parse_night(text)


def test_the_updater_refuses_hours_that_are_no_night() -> None:
    done = CliRunner().invoke(update, [], env={"NIGHT": "late"})
    assert done.exit_code == 2
    assert "late: must be two different whole hours of park time, as 1-5" in done.output
