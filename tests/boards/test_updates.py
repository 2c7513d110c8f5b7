"""Boards bring themselves to a signed release over the centre's door, by their own systemd, and
come back by themselves from one that is unwell."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boards.boards import COUNT
from tests.boards.park import Park, note_figures
from tests.boards.rollout import (
    CRASHES,
    DOES_NOT_IMPORT,
    FAILS_CHECK,
    Fault,
    Rollout,
    make_update,
)
from tests.boards.test_park import SCANNER_BOARD

BOTH = (SCANNER_BOARD, COUNT)
"""Debian 13 and Debian 12."""


@pytest.fixture(scope="module")
def rollout(park: Park, folder: Path) -> Iterator[Rollout]:
    """Give releases at the centre, and two boards that look for them every few seconds."""
    made = Rollout(park, folder)
    for board in BOTH:
        made.hasten(board)
    yield made
    for board in BOTH:
        made.calm(board)


@pytest.fixture(scope="module")
def good(rollout: Rollout, folder: Path) -> str:
    """Return the name of a release that follows those of the playbook, and is kept by both."""
    return rollout.publish(make_update(folder, "0.2.1", 1))


def one_visitor_enters(park: Park) -> None:
    before = park.entries()
    park.show(SCANNER_BOARD, park.sell())
    park.boards.until(lambda: park.entries() == before + 1, "the visitor is counted")


def test_an_installation_by_the_playbook_is_what_the_updater_runs_from(park: Park) -> None:
    for board in range(2, COUNT + 1):
        run = park.boards.run
        healthy = run(board, "readlink", "/opt/scenic-gate/healthy")
        assert healthy == run(board, "readlink", "/opt/scenic-gate/current")
        assert run(board, "systemctl", "is-enabled", "gate-update.timer").strip() == "enabled"


def test_boards_fetch_a_wished_release_by_themselves_keep_it_and_let_a_visitor_in(
    park: Park, rollout: Rollout, good: str, folder: Path
) -> None:
    before = {board: rollout.link(board, "current") for board in BOTH}
    rollout.wish(good, ["north-1", park.last])
    for board in BOTH:
        park.boards.until(lambda b=board: rollout.is_at_rest(b, good), "it is kept", 300)  # type: ignore[misc]
        assert rollout.link(board, "previous") == before[board]
        assert f"switching from {before[board]} to {good}" in rollout.log(board)
        assert rollout.fault(board) == ""
    away_s = max(rollout.away_s(board) for board in BOTH)
    for board in BOTH:
        park.boards.run(board, "systemctl", "restart", "gate-agent")
    restart_s = max(rollout.away_s(board) for board in BOTH)
    note_figures(folder, away_s=away_s, restart_s=restart_s)
    park.boards.until(
        lambda: all(park.gate_rows()[gate]["software"] == good for gate in ("north-1", park.last)),
        "the centre knows what they run",
    )
    one_visitor_enters(park)


def test_a_release_whose_daemon_crashes_is_left_by_itself_and_not_tried_again(
    park: Park, rollout: Rollout, good: str, folder: Path
) -> None:
    boards = park.boards
    name = rollout.publish(make_update(folder, "0.3.0", 2, CRASHES))
    rollout.wish(name, ["north-1"])
    boards.until(lambda: name in rollout.fault(SCANNER_BOARD), "it went back", 300)
    boards.until(lambda: rollout.is_at_rest(SCANNER_BOARD, good), "it serves", 60)
    fault = rollout.fault(SCANNER_BOARD)
    assert re.search(r"the daemon was started again \d times", fault), fault
    assert rollout.link(SCANNER_BOARD, "current") == good
    boards.until(
        lambda: f"{name} was unwell here and is not tried again" in rollout.log(SCANNER_BOARD),
        "it is not tried again",
    )
    one_visitor_enters(park)


@pytest.mark.parametrize(
    ("version", "fault", "said"),
    [
        ("0.3.1", DOES_NOT_IMPORT, "cannot import gate_agent.__main__"),
        ("0.3.2", FAILS_CHECK, "does not work here"),
    ],
    ids=["it does not import", "it fails its check"],
)
def test_a_release_that_does_not_work_on_this_board_is_never_switched_to(
    version: str,
    fault: Fault,
    said: str,
    park: Park,
    rollout: Rollout,
    good: str,
    folder: Path,
) -> None:
    boards = park.boards
    name = rollout.publish(make_update(folder, version, 2, fault))
    starts = ("systemctl", "show", "gate-agent", "--value", "--property=ActiveEnterTimestamp")
    before = boards.run(COUNT, *starts)
    rollout.wish(name, [park.last])
    boards.until(lambda: said in rollout.fault(COUNT), "it is refused", 300)
    boards.until(
        lambda: f"{name} was unwell here and is not tried again" in rollout.log(COUNT),
        "it is not tried again",
    )
    assert boards.run(COUNT, *starts) == before
    assert rollout.link(COUNT, "current") == good


def test_a_board_whose_power_is_cut_twice_in_an_update_finishes_it(
    park: Park, rollout: Rollout, good: str, folder: Path
) -> None:
    """First while the release is unpacked, then while it is on trial."""
    boards = park.boards
    name = rollout.publish(make_update(folder, "0.4.0", 3))
    part = ("test", "-d", f"/opt/scenic-gate/releases/{name}.part")
    words = ("sh", "-c", f"{' '.join(part)} && echo yes")
    rollout.wish(name, ["north-1"])
    boards.until(lambda: "yes" in boards.run(SCANNER_BOARD, *words, check=False), "it unpacks")
    boards.cut(SCANNER_BOARD)
    boards.on(SCANNER_BOARD)
    assert rollout.link(SCANNER_BOARD, "current") == good
    boards.until(lambda: rollout.stage(SCANNER_BOARD) == "watching", "it is on trial", 300)
    boards.cut(SCANNER_BOARD)
    boards.on(SCANNER_BOARD)
    assert rollout.link(SCANNER_BOARD, "current") == name
    assert rollout.link(SCANNER_BOARD, "healthy") == good
    boards.until(lambda: rollout.is_at_rest(SCANNER_BOARD, name), "it is kept", 300)
    assert "switching from" not in rollout.log(SCANNER_BOARD), "since the last boot"
    boards.until(lambda: bool(park.status(SCANNER_BOARD).get("lists")), "it has its list")
    one_visitor_enters(park)
