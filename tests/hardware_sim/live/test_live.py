"""The live park and the kills with real processes, small."""

import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from hardware_sim.broker import find_mosquitto
from hardware_sim.live import console, kills
from hardware_sim.live.script import ScriptError

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed"),
]


def played(folder: Path, name: str) -> str:
    """What a shipped scenario said, which came as it is written."""
    screen = Console(record=True, width=200)
    assert console.play(folder / "park", console.scenario(name), screen) == 0
    return screen.export_text()


def test_the_first_hour_goes_as_written(tmp_path: Path) -> None:
    assert "journals and centre agree" in played(tmp_path, "first-hour")


def test_a_gate_gets_another_key_while_visitors_walk_through(tmp_path: Path) -> None:
    said = played(tmp_path, "new-key")
    assert "north-1: renewed after" in said
    assert "journals and centre agree" in said


def test_a_centre_that_is_put_back_to_its_backup_is_made_good(tmp_path: Path) -> None:
    said = played(tmp_path, "restored")
    assert "; the next is" in said
    assert "news: every gate hears all of them again" in said
    assert said.count("journals and centre agree") == 2


def test_no_visitor_is_turned_away_for_a_wrong_clock(tmp_path: Path) -> None:
    assert "journals and centre agree" in played(tmp_path, "wrong-clock")


def test_what_does_not_come_fails_the_scenario(tmp_path: Path) -> None:
    path = tmp_path / "vain.txt"
    path.write_text("expect north-1 taken 0.2\n", "utf-8")
    screen = Console(record=True, width=200)
    assert console.play(tmp_path / "park", path, screen) == 1
    assert "line 1: north-1 recorded no taken" in screen.export_text()


def test_a_few_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    verdict = kills.run(tmp_path / "park", 6, 1, lambda _text: None)
    assert (verdict.kills, verdict.lost, verdict.doubled) == (6, 0, 0)


def test_the_air_needs_namespaces(tmp_path: Path) -> None:
    with pytest.raises(ScriptError) as caught:
        console.play(tmp_path / "park", console.scenario("bad-radio"), Console())
    assert str(caught.value) == "line 2: weather needs a park with --namespaces"
    assert not (tmp_path / "park").exists()


def test_visitors_walk_in_while_real_packets_are_lost(tmp_path: Path) -> None:
    """In a process of its own, because it leaves this machine's network."""
    path = tmp_path / "rain.txt"
    path.write_text(
        "weather north-1 20 50 5\nswipe north-1 new\npush north-1\nexpect north-1 taken\n"
        "cable south-1 out\nswipe south-1 new\nexpect south-1 taken\nheal south-1\n"
        "until north-1 settled\nuntil south-1 settled\nagree\n",
        "utf-8",
    )
    command = [sys.executable, "-m", "hardware_sim", "live", "--namespaces"]
    done = subprocess.run(
        [*command, "--scenario", str(path), "--dir", str(tmp_path / "park")],
        capture_output=True,
        text=True,
        check=False,
    )
    if "cannot make a network" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "journals and centre agree" in done.stdout
