"""A release that was installed beside the daemon starts when nobody is at the gate."""

from pathlib import Path

import pytest

from gate_agent.release.store import ReleaseStore
from gate_agent.update.restart import restart_at_rest
from tests.deploy.update_rig import PlayedBoard

BUSY = {"number": 1, "mode": "normal", "phase": "released", "direction": "in"}
IDLE = BUSY | {"phase": "idle"}


class Visitors(PlayedBoard):
    """A board at which somebody is until `leave_s`."""

    leave_s = 0.0

    def wait(self, seconds: float) -> None:
        assert self.waited_s < 1000, "it waits for ever"
        self.lanes = [BUSY if self.mono_s() + seconds < self.leave_s else IDLE]
        super().wait(seconds)


@pytest.fixture
def board(tmp_path: Path) -> Visitors:
    """A board whose daemon is of the release `old`, with `new` installed beside it."""
    (tmp_path / "data").mkdir()
    store = ReleaseStore(tmp_path)
    for name in ("old", "new"):
        (store.releases / name).mkdir(parents=True)
    store.switch("old")
    board = Visitors(tmp_path, store, 0)
    board.restart()
    board.starts = 0
    store.switch("new")
    return board


def restart(board: Visitors, folder: Path, said: list[str] | None = None) -> str:
    say = said.append if said is not None else print
    return restart_at_rest(board, folder / "data", lambda: ReleaseStore(folder).current, say)


def test_it_starts_at_once_where_nobody_is(board: Visitors, tmp_path: Path) -> None:
    assert restart(board, tmp_path) == "starting new"
    assert (board.running, board.starts, board.waited_s) == ("new", 1, 0)


def test_it_waits_for_whoever_is_at_a_lane_and_says_so_once(
    board: Visitors, tmp_path: Path
) -> None:
    board.lanes, board.leave_s = [BUSY], 90
    board.write_status()
    said: list[str] = []
    assert restart(board, tmp_path, said) == "starting new"
    assert (board.starts, board.waited_s) == (1, 90)
    assert said == ["new waits for rest: somebody is at lane 1"]


def test_a_daemon_of_that_release_is_left_alone(board: Visitors, tmp_path: Path) -> None:
    board.restart()
    assert restart(board, tmp_path) == "new runs"
    assert board.starts == 1


def test_a_daemon_that_does_not_run_is_not_started(board: Visitors, tmp_path: Path) -> None:
    board.stop()
    (tmp_path / "data/status.json").unlink()
    assert restart(board, tmp_path) == "no daemon runs: the next start is of new"
    assert board.starts == 0


def test_a_daemon_that_restarts_by_itself_meanwhile_is_not_restarted_again(
    board: Visitors, tmp_path: Path
) -> None:
    board.lanes, board.leave_s = [BUSY], 10_000
    board.write_status()

    def say(_line: str) -> None:
        board.restart()  # the watchdog's restart takes what is installed

    done = restart_at_rest(board, tmp_path / "data", lambda: ReleaseStore(tmp_path).current, say)
    assert (done, board.starts) == ("new runs", 1)
