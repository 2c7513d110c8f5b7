"""Boards that are booted once, and the plays that most tests look at the results of.

With `--numprocesses` each module is in one process, beside others: ORDER, the longest first. The
park is deployed in one of them; the others have parks that go on from copies of its disks.
"""

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.boards.boards import COUNT, Boards, Played, missing
from tests.boards.park import FIGURES, Deployed, Park, note_figures, release_of
from tests.boards.session import IN_PARTS, Hold, is_made, locked, once

ORDER = (
    "test_park",
    "test_packages-12",
    "test_packages-13",
    "test_arm64",
    "test_releases",
    "test_updates",
    "test_refusals",
    "test_units",
    "test_without_playbook",
)
"""Those that want copies of the disks come last: by then there are some. In one process alone the
modules stay as they are collected, for then each has the park that the one before it has left."""


def group_of(test: str) -> str:
    """Return the group of a test by its id, as `tests/boards/test_park.py::test_…`."""
    module = Path(test.partition("::")[0]).stem
    if module != "test_packages":
        return module
    return f"{module}-13" if "[gate on Debian 13]" in test else f"{module}-12"


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process a whole group, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Return what hands the groups to processes."""
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what boots boards where none can be booted; else begin with the longest modules."""
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    if why := missing():
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=why))
    if IN_PARTS:
        ours.sort(key=lambda item: ORDER.index(group_of(item.nodeid)))
        items[:] = [item for item in items if item not in ours] + ours


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder of boards, releases and figures."""
    path = Path(os.environ["SCENIC_GATE_BOARDS"])

    def forget() -> Path:
        (path / FIGURES).unlink(missing_ok=True)
        for name in ("release", "update", "packages"):  # gigabytes, of other commits
            shutil.rmtree(path / name, ignore_errors=True)
        return path

    return once(path, "folder", forget)


@pytest.fixture(scope="session")
def disks(folder: Path) -> Path:
    """Return the folder of the boards' disks and trees."""
    return Path(os.environ.get("SCENIC_GATE_BOARDS_DISKS", folder))


@pytest.fixture(scope="session")
def release(folder: Path) -> Path:
    """Return the folder of this source tree's first release."""
    return release_of(folder, "0.1.0")


@pytest.fixture(scope="session")
def deploying(folder: Path) -> Iterator[Hold]:
    """Keep the processes that want copies of the disks waiting until there are some."""
    hold = Hold(folder, "deploying")
    yield hold
    hold.end()


@pytest.fixture(scope="session")
def boards(disks: Path, release: Path, deploying: Hold) -> Iterator[Boards]:
    """Give booted boards, empty but for what Debian's packages bring; the last stays blank."""
    booted = Boards(disks / "booted", COUNT + 1)
    booted.up()
    yield booted
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
def deployed(opened: tuple[Park, Played], folder: Path, disks: Path, deploying: Hold) -> Deployed:
    """Play again with the last board off, and then for that board alone."""
    park, first = opened
    boards = park.boards
    boards.cut(COUNT)
    second = boards.play(park.inventory())
    boards.on(COUNT)
    late = boards.play(park.inventory(), "--limit", park.last)
    note_figures(folder, second_s=second.seconds, late_s=late.seconds)
    note_figures(folder, true_s=boards.play_true(park.inventory()))
    if IN_PARTS:
        once(folder, "disks", partial(boards.keep, disks / "kept"))
        park.wait_until_up()
    deploying.end()
    return Deployed(park, first, second, late)


@pytest.fixture(scope="module")
def park(
    request: pytest.FixtureRequest, folder: Path, disks: Path, release: Path
) -> Iterator[Park]:
    """Give a park that is deployed: the only one, or one that goes on from copies of its disks."""
    if not IN_PARTS:
        deployed: Deployed = request.getfixturevalue("deployed")
        yield deployed.park
        return
    with locked(folder, "deploying"):
        made = is_made(folder, "disks")
    if not made:  # no other process does
        request.getfixturevalue("deployed")
    boards = Boards(disks / f"copied-{request.path.stem}", COUNT + 1)
    boards.again(disks / "kept")
    copied = Park(boards, release)
    copied.wait_until_up()
    yield copied
    boards.down()
