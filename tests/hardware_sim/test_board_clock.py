"""A board's clock that can be set wrong."""

from pathlib import Path

import pytest

from gate_agent.clock import read_system
from hardware_sim.board_clock import BoardClock


def test_without_a_file_it_is_right(tmp_path: Path) -> None:
    read, synchronised = BoardClock(tmp_path / "clock").source()
    assert synchronised()
    assert abs(read()[0] - read_system()[0]) < 60_000


def test_a_step_moves_the_wall_and_not_the_boot_time(tmp_path: Path) -> None:
    clock = BoardClock(tmp_path / "clock")
    read, synchronised = clock.source()
    before_wall, before_mono = read()
    clock.step(-86_400)
    wall, mono = read()
    assert not synchronised()
    assert -86_400_000 <= wall - before_wall < -86_340_000
    assert 0 <= mono - before_mono < 60_000
    clock.step(0)
    assert synchronised()


@pytest.mark.parametrize("text", ["", "x", "1.5", "\x00"])
def test_a_file_that_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "clock").write_text(text, "ascii")
    assert BoardClock(tmp_path / "clock").error_s == 0
