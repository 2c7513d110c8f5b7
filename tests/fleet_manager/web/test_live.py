"""The live page: numbers of now, limits, silent gates, the wall screen."""

import pytest

from fleet_manager.access.actor import Role, computer_user
from fleet_manager.centre import Centre
from fleet_manager.limits import LoadLevel, level_of
from fleet_manager.services.people import tokens
from tests.fleet_manager.web.conftest import Entering
from tests.fleet_manager.web.page_client import PageClient


@pytest.mark.parametrize(
    ("persons", "level"),
    [
        (0, LoadLevel.FREE),
        (799, LoadLevel.FREE),
        (800, LoadLevel.BUSY),
        (899, LoadLevel.BUSY),
        (900, LoadLevel.NEARLY_FULL),
        (999, LoadLevel.NEARLY_FULL),
        (1000, LoadLevel.FULL),
        (1500, LoadLevel.FULL),
    ],
)
def test_a_limit_is_near_at_80_90_and_100_percent(persons: int, level: LoadLevel) -> None:
    assert level_of(persons, 1000) is level
    assert level_of(persons, 0) is LoadLevel.FREE


def test_a_manager_sets_the_limits_and_everybody_sees_them(entering: Entering) -> None:
    manager = entering(Role.MANAGER)
    manager.get("/live")
    done = manager.post("/live/limits", at_once="5000", in_a_day="20000")
    assert (done.status, done.location) == (303, "/live")
    page = manager.get("/live")
    assert "The approved maximum is set" in page.words
    assert "of 5 000 approved: 0%" in page.words
    assert "The approved maximum is set" not in manager.get("/live").words  # said once
    assert "approved: 0%" in entering(Role.AUDITOR).get("/live").words


@pytest.mark.parametrize("given", ["-1", "many", "99999999999999999999"])
def test_a_limit_that_no_park_has_is_refused_in_one_sentence(
    entering: Entering, given: str
) -> None:
    manager = entering(Role.MANAGER)
    manager.get("/live")
    page = manager.post("/live/limits", at_once=given)
    assert page.status == 422
    assert "must be a number, 0 to 10000000" in page.words


def test_gates_that_say_nothing_are_named(entering: Entering) -> None:
    words = entering(Role.MANAGER).get("/live").words
    assert "3 gates are silent" in words
    assert "gate-1" in words


def test_a_station_lead_sees_one_station(entering: Entering) -> None:
    words = entering(Role.STATION_LEAD, station="south").get("/live").words
    assert "gate-3" in words
    assert "gate-1" not in words


def test_a_wall_screen_needs_its_token_and_nobody_signed_in(
    park: Centre, stranger: PageClient
) -> None:
    new = tokens.add_token(park, computer_user(), "hall", Role.DISPLAY, valid_ms=86_400_000)
    page = stranger.get(f"/wall/{new.text}")
    assert page.status == 200
    assert "Inside now" in page.words
    assert stranger.get("/live").status == 303  # and nothing else
    tokens.end_token(park, computer_user(), new.token.id)
    ended = stranger.get(f"/wall/{new.text}")
    assert ended.status == 403
    assert "was taken back" in ended.words
    assert stranger.get(f"/wall/{new.text}/feed").status == 403
