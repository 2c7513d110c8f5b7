"""A release that is damaged, and one whose installation ends by a power cut."""

import shutil
from pathlib import Path

import pytest

from tests.boards.boards import COUNT, Boards, sentences
from tests.boards.park import Park, release_of
from tests.boards.test_park import SCANNER_BOARD

CURRENT = ("readlink", "/opt/scenic-gate/current")
HARD = ("--limit", "gates", "--tags", "release")


@pytest.fixture(scope="module")
def newer(folder: Path) -> Path:
    """Return another release; its libraries are on the boards already."""
    return release_of(folder, "0.1.1")


def running(boards: Boards, board: int) -> str:
    """Return the version that a board's daemon was begun with."""
    return boards.run(board, *CURRENT).strip().removeprefix("releases/")


def test_one_wrong_hash_is_one_sentence_and_the_other_boards_go_on(
    park: Park, newer: Path, folder: Path
) -> None:
    """One digit of the hashes for Debian 13 is another; Debian 12 has a file of its own."""
    damaged = folder / "damaged" / newer.name
    shutil.rmtree(damaged.parent, ignore_errors=True)
    shutil.copytree(newer, damaged)
    file = damaged / "requirements/board-313-x86_64.txt"
    text = file.read_text()
    digit = text.rindex("sha256:") + len("sha256:")
    file.write_text(text[:digit] + ("0" if text[digit] != "0" else "1") + text[digit + 1 :])
    before = running(park.boards, SCANNER_BOARD)
    played = park.boards.play(park.inventory(release=damaged), *HARD)
    assert played.ill() & {"north-1", park.last} == {"north-1"}, played.text
    said = [line for line in sentences(played.text) if "requirements/board-313" in line]
    assert len(said) == 1, played.text
    assert "has another SHA-256 than release.json says" in said[0]
    assert running(park.boards, SCANNER_BOARD) == before
    assert park.status(SCANNER_BOARD)["linked"]
    assert running(park.boards, COUNT).startswith("0.1.1-")


def test_a_power_cut_in_the_middle_of_an_installation_leaves_the_old_release_and_a_run_completes(
    park: Park, newer: Path
) -> None:
    boards = park.boards
    before = running(boards, SCANNER_BOARD)
    parts = ("sh", "-c", "ls -d /opt/scenic-gate/releases/*.part 2>/dev/null")
    play = boards.begin_play(
        park.inventory(release=newer), "--limit", "north-1", "--tags", "release"
    )
    boards.until(lambda: bool(boards.run(SCANNER_BOARD, *parts, check=False)), "it installs")
    boards.cut(SCANNER_BOARD)
    output, _nothing = play.communicate(timeout=120)
    assert "unreachable=1" in output, output
    boards.on(SCANNER_BOARD)
    assert boards.run(SCANNER_BOARD, *parts), "the cut came in the middle"
    assert running(boards, SCANNER_BOARD) == before
    boards.until(lambda: bool(park.status(SCANNER_BOARD).get("linked")), "the old release serves")

    again = boards.play(park.inventory(release=newer), *HARD)
    assert not again.ill(), again.text
    assert running(boards, SCANNER_BOARD) == newer.name.removeprefix("scenic-gate-")
    assert not boards.run(SCANNER_BOARD, *parts, check=False)
    boards.until(lambda: bool(park.status(SCANNER_BOARD).get("linked")), "the new release serves")


def test_after_that_the_whole_playbook_brings_the_centre_along_and_changes_no_board(
    park: Park, newer: Path
) -> None:
    played = park.boards.play(park.inventory(release=newer))
    assert not played.ill(), played.text
    assert {played.changed()[gate] for gate in park.gates} == {0}, played.text
    for board in range(2, COUNT + 1):
        park.boards.until(lambda b=board: bool(park.status(b).get("linked")), "linked again")  # type: ignore[misc]
