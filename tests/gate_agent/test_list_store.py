"""The list on disk: whole or not at all, and only what somebody trusted signed."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.errors import JournalError
from gate_agent.list_store import ListStore
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import KeyRing
from gate_agent.validator.ticket_list import Status, open_body, open_manifest
from tests.gate_agent.samples import RING, STRANGER, sealed_list


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ticket.list"


def test_what_is_saved_is_loaded(path: Path) -> None:
    listing = sealed_list(3, min_issue={5: 2})
    store = ListStore(path)
    assert store.load(RING) is None
    store.save(listing.sealed, listing.body)
    loaded = store.load(RING)
    assert loaded is not None
    assert loaded.manifest == listing.manifest
    assert loaded.status(99) is Status.VALID
    assert loaded.min_issue == {5: 2}


def test_a_newer_one_takes_the_place_and_nothing_else_stays(path: Path) -> None:
    store = ListStore(path)
    for version in (1, 2):
        listing = sealed_list(version)
        store.save(listing.sealed, listing.body)
    loaded = store.load(RING)
    assert loaded is not None
    assert loaded.manifest.version == 2
    assert list(path.parent.iterdir()) == [path]


def test_an_old_half_written_file_is_in_nobodys_way(path: Path) -> None:
    store = ListStore(path)
    path.with_suffix(".new").write_bytes(b"half")
    assert store.load(RING) is None
    listing = sealed_list()
    store.save(listing.sealed, listing.body)
    assert store.load(RING) is not None


def test_a_list_from_a_stranger_is_not_believed(path: Path) -> None:
    listing = sealed_list(signer=STRANGER)
    store = ListStore(path)
    store.save(listing.sealed, listing.body)
    with pytest.raises(WireError, match="unknown key"):
        store.load(RING)
    with pytest.raises(WireError):
        store.load(KeyRing())


def test_a_place_that_cannot_be_written(path: Path) -> None:
    with pytest.raises(JournalError, match=r"cannot write /proc/self/ticket\.list"):
        ListStore(Path("/proc/self/ticket.list")).save(b"a", b"b")
    path.mkdir()
    with pytest.raises(JournalError, match="cannot write"):
        ListStore(path).save(b"a", b"b")
    with pytest.raises(WireError, match="Is a directory"):
        ListStore(path).load(RING)


def test_a_failed_save_leaves_the_old_list(path: Path) -> None:
    store, old = ListStore(path), sealed_list(1)
    store.save(old.sealed, old.body)
    path.with_suffix(".new").mkdir()
    with pytest.raises(JournalError):
        store.save(b"x", b"y")
    loaded = store.load(RING)
    assert loaded is not None
    assert loaded.manifest == old.manifest
    assert stat.S_ISREG(path.stat().st_mode)


LISTING = sealed_list()
GOOD = b"SGL1" + len(LISTING.sealed).to_bytes(2, "big") + LISTING.sealed + LISTING.body


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(b"SGL1".__add__),
        st.integers(0, len(GOOD) - 1).map(lambda end: GOOD[:end]),
        st.tuples(st.integers(0, len(GOOD) - 1), st.integers(1, 255)).map(
            lambda at: GOOD[: at[0]] + bytes([GOOD[at[0]] ^ at[1]]) + GOOD[at[0] + 1 :]
        ),
        st.binary(min_size=1, max_size=9).map(GOOD.__add__),
    )
)
def test_any_other_bytes_are_a_wire_error_or_the_very_same_list(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """zlib has bits that mean nothing; the signature is over what comes out of it."""
    path = tmp_path_factory.getbasetemp() / "any.list"
    path.write_bytes(data)
    try:
        loaded = ListStore(path).load(RING)
    except WireError:
        return
    assert data != GOOD
    assert loaded == open_body(open_manifest(LISTING.sealed, RING), LISTING.body)
