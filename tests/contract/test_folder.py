"""One suite for a folder on disk and for the simulated card."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gate_agent.errors import JournalError
from gate_agent.folder import DiskFolder
from gate_agent.ports import Folder
from gate_agent.validator.errors import WireError
from hardware_sim.park.board.folder import PowerCut, SimFolder


@pytest.fixture(params=["disk", "simulated"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    if request.param == "disk":
        return DiskFolder(tmp_path / "folder")
    return SimFolder(lambda _word: False, random.Random(1))


def test_nothing_is_there_at_first(folder: Folder) -> None:
    assert folder.names() == []
    assert folder.read("a", 9) is None
    assert folder.open("a") is None
    folder.drop("a")


def test_what_is_replaced_is_read(folder: Folder) -> None:
    folder.replace("a", [b"on", b"e"])
    folder.replace("b", [])
    folder.replace("a", iter([b"two", b"!"]))
    assert folder.names() == ["a", "b"]
    assert folder.read("a", 4) == b"two!"
    assert folder.read("a", 2) == b"two"  # one more than asked for tells that it is too long
    assert folder.read("b", 9) == b""


def test_a_file_grows_and_what_stood_behind_is_gone(folder: Folder) -> None:
    folder.grow("a", 0, b"abcdef")
    folder.grow("a", 6, b"gh")
    folder.grow("a", 3, b"X")
    assert folder.read("a", 99) == b"abcX"
    folder.replace("b", [b"old"])
    folder.rename("a", "b")
    assert folder.names() == ["b"]
    assert folder.read("b", 99) == b"abcX"
    folder.drop("b")
    assert folder.names() == []


def test_an_open_file_stays_what_it_was(folder: Folder) -> None:
    folder.replace("a", [b"0123456789"])
    file = folder.open("a")
    assert file is not None
    folder.replace("a", [b"other"])
    assert file.size == 10
    assert file.read_at(3, 4) == b"3456"
    assert file.read_at(10, 0) == b""
    with pytest.raises(WireError, match="cut short"):
        file.read_at(8, 3)
    file.close()
    file.close()


def test_what_fails_on_the_way_leaves_the_old_file(folder: Folder) -> None:
    folder.replace("a", [b"old"])

    def parts() -> Iterator[bytes]:
        yield b"new"
        raise WireError("no more")

    with pytest.raises(WireError, match="no more"):
        folder.replace("a", parts())
    assert folder.read("a", 9) == b"old"
    assert folder.names() == ["a"]


# --- the disk's own faults ---------------------------------------------------------------------


def test_a_place_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").touch()
    reads: list[Callable[[], object]] = [
        lambda: folder.read("a", 9),
        lambda: folder.open("a/b/c"),
    ]
    for read in reads:
        with pytest.raises(WireError, match="cannot read"):
            read()
    writes: list[Callable[[], None]] = [
        lambda: folder.replace("a", [b"x"]),
        lambda: folder.grow("a", 0, b"x"),
        lambda: folder.rename("missing", "b"),
        lambda: folder.drop("a"),
    ]
    for write in writes:
        with pytest.raises(JournalError, match="cannot write"):
            write()
    directory = folder.open("a")
    assert directory is not None
    with pytest.raises(WireError, match="Is a directory"):
        directory.read_at(0, 1)
    directory.close()


# --- the simulated card's ----------------------------------------------------------------------


def test_a_power_cut_leaves_the_old_file_or_the_new_one() -> None:
    found = set()
    for seed in range(40):
        rng = random.Random(seed)
        dies: list[Callable[[str], bool]] = [lambda _: False]
        folder = SimFolder(lambda word, dies=dies: dies[0](word), rng)  # type: ignore[misc]
        folder.replace("a", [b"old"])

        def cut(_word: str, rng: random.Random = rng) -> bool:
            if rng.random() < 0.5:
                raise PowerCut
            return True

        dies[0] = cut
        with pytest.raises(PowerCut):
            folder.replace("a", [b"new"])
        folder.lose_power()
        found.add(folder.files["a"])
    assert found == {b"old", b"new"}


def test_what_was_grown_does_not_survive_a_power_cut_whole() -> None:
    found = set()
    for seed in range(40):
        folder = SimFolder(lambda _word: False, random.Random(seed))
        folder.grow("a", 0, b"abc")
        folder.rename("a", "b")
        folder.grow("b", 3, b"def")
        folder.lose_power()
        data = folder.files["b"]
        assert data.startswith(b"abc")
        found.add(data)
    assert {b"abc", b"abcdef", b"abc\0\0\0"} <= found


def test_a_torn_file_is_cut_short_or_has_another_bit() -> None:
    folder = SimFolder(lambda _word: False, random.Random(3))
    assert folder.tear() is None
    for _ in range(20):
        folder.replace("a", [b"0123456789"])
        assert folder.tear() == "a"
        torn = folder.files["a"]
        differs = sum(one != other for one, other in zip(torn, b"0123456789", strict=False))
        assert differs == 1 if len(torn) == 10 else differs == 0
