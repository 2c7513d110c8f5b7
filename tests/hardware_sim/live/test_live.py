"""The live park and the kills with real processes, small."""

from pathlib import Path

import pytest
from rich.console import Console

from hardware_sim.broker import find_mosquitto
from hardware_sim.live import console, kills

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed"),
]


def test_the_first_hour_goes_as_written(tmp_path: Path) -> None:
    screen = Console(record=True, width=200)
    assert console.play(tmp_path / "park", console.scenario("first-hour"), screen) == 0
    assert "journals and centre agree" in screen.export_text()


def test_a_gate_gets_another_key_while_visitors_walk_through(tmp_path: Path) -> None:
    screen = Console(record=True, width=200)
    assert console.play(tmp_path / "park", console.scenario("new-key"), screen) == 0
    said = screen.export_text()
    assert "north-1: renewed after" in said
    assert "journals and centre agree" in said


def test_no_visitor_is_turned_away_for_a_wrong_clock(tmp_path: Path) -> None:
    screen = Console(record=True, width=200)
    assert console.play(tmp_path / "park", console.scenario("wrong-clock"), screen) == 0
    assert "journals and centre agree" in screen.export_text()


def test_what_does_not_come_fails_the_scenario(tmp_path: Path) -> None:
    path = tmp_path / "vain.txt"
    path.write_text("expect north-1 taken 0.2\n", "utf-8")
    screen = Console(record=True, width=200)
    assert console.play(tmp_path / "park", path, screen) == 1
    assert "line 1: north-1 recorded no taken" in screen.export_text()


def test_a_few_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    verdict = kills.run(tmp_path / "park", 6, 1, lambda _text: None)
    assert (verdict.kills, verdict.lost, verdict.doubled) == (6, 0, 0)
