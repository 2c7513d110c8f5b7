"""The lists on disk: whole or not at all, only what somebody trusted signed, and never back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.errors import JournalError
from gate_agent.folder import DiskFolder
from gate_agent.lists.list_files import ListFiles, Newest
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import ListKind
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.trust.keys import KeyRing
from tests.gate_agent.samples import RING, STRANGER, sealed_list


@pytest.fixture
def store(tmp_path: Path) -> ListFiles:
    return ListFiles(DiskFolder(tmp_path / "lists"))


def test_what_is_saved_is_loaded(store: ListFiles) -> None:
    listing = sealed_list(3, min_issue={5: 2})
    assert store.series() == []
    with pytest.raises(WireError, match="gone"):
        store.load("main", RING)
    listing.save(store)
    assert store.series() == [("main", ListKind.SERIALS)]
    assert store.load("main", RING) == listing.listed


def test_a_delta_is_kept_as_the_list_that_came_of_it(store: ListFiles) -> None:
    first = sealed_list(3)
    statuses = bytes([TicketStatus.VALID]) * 50 + bytes([TicketStatus.VOID]) * 60
    then = sealed_list(4, statuses, base=first.listed)
    assert then.manifest.base == 3
    then.save(store)
    assert store.load("main", RING) == then.listed


def test_a_newer_one_takes_the_place_and_nothing_else_stays(
    store: ListFiles, tmp_path: Path
) -> None:
    for version in (1, 2):
        sealed_list(version).save(store)
    loaded = store.load("main", RING)
    assert loaded is not None
    assert loaded.manifest.version == 2
    assert [one.name for one in (tmp_path / "lists").iterdir()] == ["main.list"]


def test_a_list_from_a_stranger_is_not_believed(store: ListFiles) -> None:
    sealed_list(signer=STRANGER).save(store)
    with pytest.raises(WireError, match="unknown key"):
        store.load("main", RING)
    with pytest.raises(WireError):
        store.load("main", KeyRing())


def test_mix_and_match_a_list_under_the_name_of_another_series(
    store: ListFiles, tmp_path: Path
) -> None:
    sealed_list(series="other").save(store)
    (tmp_path / "lists" / "other.list").rename(tmp_path / "lists" / "main.list")
    with pytest.raises(WireError, match="another list"):
        store.load("main", RING)


GOOD_LIST = sealed_list(3, bytes([1, 2, 3, 0] * 9), {5: 2})


@given(st.data())
def test_any_other_bytes_are_a_wire_error_or_the_very_same_list(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    store = ListFiles(DiskFolder(folder))
    GOOD_LIST.save(store)
    good = (folder / "main.list").read_bytes()
    (folder / "main.list").write_bytes(changed(good, data))
    with pytest.raises(WireError):
        store.load("main", RING)


def changed(good: bytes, data: st.DataObject) -> bytes:
    """Bytes that are not `good`, most of them nearly so."""
    at, flip = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(1, 255))
    candidates = (
        data.draw(st.binary(max_size=300).filter(good.__ne__)),
        good[:at],
        good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :],
        good + data.draw(st.binary(min_size=1, max_size=9)),
    )
    return data.draw(st.sampled_from(candidates))


# --- what never goes back ----------------------------------------------------------------------


VERSIONS = {
    "main": Newest(ListKind.SERIALS, 7, 70_000),
    "otter": Newest(ListKind.CODES, 2**32 - 1, 0),
}


def test_versions_are_remembered_apart_from_the_lists(store: ListFiles, tmp_path: Path) -> None:
    assert store.versions() == {}
    store.store_versions(VERSIONS)
    assert store.versions() == VERSIONS
    assert store.series() == []


@given(st.data())
def test_a_damaged_memory_of_versions_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "versions"
    store = ListFiles(DiskFolder(folder))
    store.store_versions(VERSIONS)
    good = (folder / "versions").read_bytes()
    (folder / "versions").write_bytes(changed(good, data))
    with pytest.raises(WireError, match=r"memory of list versions|CBOR"):
        store.versions()


@pytest.mark.parametrize(
    "rows",
    [
        7,
        [7],
        [["main", 1, 1]],
        [[7, 1, 1, 1]],
        [["Main", 1, 1, 1]],
        [["main", 3, 1, 1]],
        [["main", 1, 0, 1]],
        [["main", 1, 1, -1]],
        [["main", 1, 1, 1], ["main", 1, 1, 1]],
        [["b", 1, 1, 1], ["a", 1, 1, 1]],
    ],
    ids=str,
)
def test_a_memory_with_a_right_hash_and_wrong_rows(
    store: ListFiles, tmp_path: Path, rows: object
) -> None:
    from hashlib import sha256

    import cbor2

    body = cbor2.dumps(rows)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "versions").write_bytes(sha256(body).digest() + body)
    with pytest.raises(WireError, match="memory"):
        store.versions()


# --- bodies on their way -----------------------------------------------------------------------


def test_a_body_grows_and_is_found_again(store: ListFiles) -> None:
    of = sealed_list(3, bytes([1, 2, 3, 0] * 9))
    store.grow("main", of.sealed, 0, of.body[:5])
    store.grow("main", of.sealed, 5, of.body[5:9])
    assert list(store.parts(RING)) == [(of.manifest, of.sealed, 9)]
    store.grow("main", of.sealed, 7, of.body[7:])
    assert store.body("main") == of.body
    store.drop_part("main")
    assert list(store.parts(RING)) == []
    with pytest.raises(WireError, match="nothing was kept"):
        store.body("main")


def test_another_body_takes_the_place_of_one_that_had_begun(store: ListFiles) -> None:
    old, new = sealed_list(3), sealed_list(4)
    store.grow("main", old.sealed, 0, old.body)
    store.grow("main", new.sealed, 0, new.body[:2])
    assert list(store.parts(RING)) == [(new.manifest, new.sealed, 2)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:9],
        lambda data: b"SGL3" + data[4:],
        lambda data: data[:30] + b"x" + data[31:],
    ],
)
def test_a_part_that_cannot_be_gone_on_with_is_taken_away(
    store: ListFiles, tmp_path: Path, damage: object
) -> None:
    of = sealed_list(3)
    store.grow("main", of.sealed, 0, of.body)
    part = tmp_path / "lists" / "main.part"
    part.write_bytes(damage(part.read_bytes()))  # type: ignore[operator]
    assert list(store.parts(RING)) == []
    assert not part.exists()


def test_a_part_under_the_name_of_another_series_is_taken_away(
    store: ListFiles, tmp_path: Path
) -> None:
    of = sealed_list(3)
    store.grow("other", of.sealed, 0, of.body)
    assert list(store.parts(RING)) == []
    assert not (tmp_path / "lists" / "other.part").exists()


def test_a_place_that_cannot_be_written() -> None:
    store = ListFiles(DiskFolder(Path("/proc/self/lists")))
    of = sealed_list()
    acts: list[Callable[[], None]] = [
        lambda: of.save(store),
        lambda: store.store_versions(VERSIONS),
        lambda: store.grow("main", of.sealed, 0, b"x"),
    ]
    for act in acts:
        with pytest.raises(JournalError, match="cannot write /proc/self/lists"):
            act()
