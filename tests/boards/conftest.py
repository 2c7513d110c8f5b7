"""Boards that are booted once, and the plays that most tests look at the results of."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boards.boards import COUNT, Boards, Played, missing
from tests.boards.park import FIGURES, Deployed, Park, make_release, note_figures


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what boots boards where none can be booted, and keep the rest in one process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("boards"))
            if why := missing():
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder of boards, releases and figures."""
    path = Path(os.environ["SCENIC_GATE_BOARDS"])
    (path / FIGURES).unlink(missing_ok=True)
    return path


@pytest.fixture(scope="session")
def release(folder: Path) -> Path:
    """Return a release folder of this source tree; nothing of it is packed."""
    made = make_release(folder / "release")
    shutil.rmtree(f"{made}.packs", ignore_errors=True)
    return made


@pytest.fixture(scope="session")
def boards(folder: Path, release: Path) -> Iterator[Boards]:
    """Give booted boards, empty but for what Debian's packages bring; the last stays blank."""
    cache = Path(os.environ.get("SCENIC_GATE_BOARDS_CACHE", folder / "cache"))
    disks = Path(os.environ.get("SCENIC_GATE_BOARDS_DISKS", folder / "booted"))
    booted = Boards(disks, cache, COUNT + 1)
    booted.up()
    yield booted
    if not os.environ.get("SCENIC_GATE_BOARDS_KEEP"):
        booted.down()


@pytest.fixture(scope="session")
def opened(boards: Boards, release: Path) -> tuple[Park, Played]:
    """Play over empty boards but the last, with wrong rows in the inventory."""
    park = Park(boards, release)
    park.plug_in_scanner(2)
    nowhere = {"ansible_host": f"10.93.0.{10 + COUNT}"}  # the address of the last board
    wrong = {
        "North_1": nowhere,
        "twin-a": nowhere | {"gate_id": "south-9"},
        "twin-b": nowhere | {"gate_id": "south-9"},
        "south-8": nowhere | {"gate_station": "nrth"},
    }
    played = boards.play(park.inventory(wrong, without=park.last))
    assert boards.run(COUNT, "ls", "/etc/scenic-gate", check=False).startswith("ls:")
    return park, played


@pytest.fixture(scope="session")
def deployed(opened: tuple[Park, Played], folder: Path) -> Deployed:
    """Play again with the last board off, and then for that board alone."""
    park, first = opened
    boards = park.boards
    boards.cut(COUNT)
    second = boards.play(park.inventory())
    boards.on(COUNT)
    late = boards.play(park.inventory(), "--limit", park.last)
    note_figures(folder, second_s=second.seconds, late_s=late.seconds)
    note_figures(folder, true_s=boards.play_true(park.inventory()))
    return Deployed(park, first, second, late)
