"""The gate's file: what is in it, what follows from it, and how it says that something is wrong."""

import os
import shutil
import sqlite3
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate_agent.errors import JournalError
from gate_agent.journal.journal import Journal
from gate_agent.validator.history import NEVER_SEEN, fold
from gate_agent.validator.messages.envelopes import MAX_BATCH_BYTES
from gate_agent.validator.moment import ClockState, park_day
from gate_agent.validator.passage import (
    Direction,
    Passage,
    PassageKind,
    chain,
    decode,
    encode,
    genesis,
)
from tests.gate_agent.samples import NOW_S, ZONE

TICKET = b"tick-001"


def row(seq: int, kind: PassageKind = PassageKind.FORCED, **fields: object) -> Passage:
    base = Passage(
        seq=seq,
        kind=kind,
        lane=1,
        direction=Direction.IN,
        wall_ms=NOW_S * 1000,
        mono_ms=seq,
        boot=1,
        clock=ClockState.TRUSTED,
        persons=1,
    )
    return base._replace(**fields)  # type: ignore[arg-type]


def grant(seq: int, persons: int = 1) -> Passage:
    return row(seq, PassageKind.GRANTED, persons=persons, ticket=TICKET, admits=persons)


def opened(path: Path | str = ":memory:") -> Journal:
    return Journal.open(path, ZONE, os.urandom)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


# --- what is kept ------------------------------------------------------------------------------


def test_a_new_file_gets_an_id_that_stays(path: Path) -> None:
    journal = opened(path)
    first = journal.journal_id
    assert (journal.head, journal.acked, journal.bound_ms, len(first)) == (0, 0, 0, 16)
    journal.close()
    journal.close()
    again = opened(path)
    assert again.journal_id == first
    again.close()


def test_a_replaced_file_gets_another_id(path: Path) -> None:
    ids = set()
    for _ in range(3):
        journal = opened(path)
        ids.add(journal.journal_id)
        journal.close()
        for file in path.parent.iterdir():
            file.unlink()
    assert len(ids) == 3


def test_it_writes_the_way_that_survives_a_power_cut(path: Path) -> None:
    journal = opened(path)
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
    journal.close()


def test_records_come_back_with_the_chain_before_them(path: Path) -> None:
    journal = opened(path)
    rows = [row(seq) for seq in range(1, 8)]
    journal.commit(rows[:3])
    journal.commit(rows[3:])
    before, records = journal.records(1, 3)
    assert before == genesis(journal.journal_id)
    assert [decode(record) for record in records] == rows[:3]
    for record in records:
        before = chain(before, record)
    assert journal.records(4, 99) == (before, tuple(encode(one) for one in rows[3:]))
    assert journal.records(8, 5)[1] == ()
    assert journal.records(99, 5)[1] == ()
    journal.close()


def test_a_batch_holds_no_more_than_one_message() -> None:
    journal = opened()
    journal.commit([row(seq, PassageKind.MODE, detail="x" * 64) for seq in range(1, 600)])
    for first in (1, 2):
        _, records = journal.records(first, 500)
        assert len(records) == 200
        assert sum(map(len, records)) <= MAX_BATCH_BYTES


def test_a_batch_is_cut_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate_agent.journal.journal.MAX_BATCH_BYTES", 100)
    journal = opened()
    journal.commit([row(seq) for seq in range(1, 9)])
    _, records = journal.records(1, 8)
    assert sum(len(record) + 3 for record in records) <= 100
    assert 1 <= len(records) < 8


def test_a_record_out_of_turn_is_a_broken_invariant() -> None:
    with pytest.raises(AssertionError, match="record 2 does not follow 0"):
        opened().commit([row(2)])


# --- what follows from the records -------------------------------------------------------------

KINDS = st.sampled_from(
    [
        PassageKind.GRANTED,
        PassageKind.TAKEN,
        PassageKind.NOT_TAKEN,
        PassageKind.UNRESOLVED,
        PassageKind.DENIED,
        PassageKind.FORCED,
    ]
)
ROWS = st.lists(
    st.tuples(
        KINDS,
        st.sampled_from(Direction),
        st.sampled_from([None, b"ticket-a", b"ticket-b"]),
        st.integers(1, 4),
        st.integers(0, 3 * 86_400_000),
    ),
    max_size=30,
)


@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4))
def test_uses_are_a_fold_over_all_records(
    rows: list[tuple[PassageKind, Direction, bytes | None, int, int]], cuts: list[int]
) -> None:
    journal = opened()
    passages = [
        row(seq, kind, direction=way, ticket=of, persons=persons, wall_ms=NOW_S * 1000 + ms)
        for seq, (kind, way, of, persons, ms) in enumerate(rows, 1)
    ]
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for start, end in pairwise(edges):
        journal.commit(passages[start:end])
    for of in (b"ticket-a", b"ticket-b"):
        expected = NEVER_SEEN
        for passage in passages:
            if passage.ticket == of and passage.kind is not PassageKind.DENIED:
                expected = fold(expected, passage, park_day(passage.wall_ms, ZONE))
        assert journal.history(of) == expected
    assert journal.head == len(rows)
    journal.close()


def test_a_refusal_uses_nothing() -> None:
    journal = opened()
    journal.commit([row(1, PassageKind.DENIED, ticket=TICKET, reason=14)])
    assert journal.history(TICKET) == NEVER_SEEN
    assert journal._db.execute("SELECT count(*) FROM uses").fetchone() == (0,)


def test_open_grants_are_those_whose_end_nobody_saw(path: Path) -> None:
    journal = opened(path)
    journal.commit([grant(1, 3), grant(2), grant(3, 2)])
    journal.commit(
        [
            row(4, PassageKind.TAKEN, ticket=TICKET, grant=1),
            row(5, PassageKind.NOT_TAKEN, ticket=TICKET, grant=2),
            row(6, PassageKind.TAKEN, ticket=TICKET, grant=3, persons=2),
        ]
    )
    assert journal.open_grants() == [(grant(1, 3), 2)]
    journal.close()
    again = opened(path)
    assert again.open_grants() == [(grant(1, 3), 2)]
    again.commit([row(7, PassageKind.UNRESOLVED, ticket=TICKET, grant=1, persons=2)])
    assert again.open_grants() == []
    again.close()


def test_a_mark_and_a_bound_are_kept(path: Path) -> None:
    journal = opened(path)
    journal.commit([row(1), row(2)])
    journal.acknowledge(2, 1000)
    journal.acknowledge(1, 500)
    assert (journal.acked, journal.bound_ms) == (1, 1000)
    journal.close()
    again = opened(path)
    assert (again.acked, again.bound_ms, again.head) == (1, 1000, 2)
    again.close()


def test_an_acknowledgement_goes_to_the_card_with_the_next_records(path: Path) -> None:
    journal = opened(path)
    journal.commit([row(1), row(2)])
    writes = journal.db.total_changes
    journal.acknowledge(2, 1000)
    assert journal.db.total_changes == writes
    cut_off = opened(path)
    assert (cut_off.acked, cut_off.bound_ms) == (0, 0)
    cut_off.close()
    journal.commit([row(3)])
    again = opened(path)
    assert (again.acked, again.bound_ms, again.head) == (2, 1000, 3)
    again.close()
    writes = journal.db.total_changes
    journal.store_mark()
    assert journal.db.total_changes == writes
    journal.close()


def test_old_acknowledged_records_are_dropped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate_agent.journal.journal.KEEP_ACKED_RECORDS", 3)
    journal = opened(path)
    journal.commit([grant(1), row(2, PassageKind.TAKEN, ticket=TICKET, grant=1)])
    journal.commit([row(seq) for seq in range(3, 11)])
    journal.acknowledge(8, 0)
    journal.store_mark()
    assert journal.records(1, 1)[1] == ()
    assert journal.records(5, 1)[1] == ()
    assert journal.records(6, 10)[1] == ()
    assert len(journal.records(7, 10)[1]) == 4
    assert journal.history(TICKET).entered == 1
    journal.close()
    again = opened(path)
    again.commit([row(11)])
    assert again.head == 11
    again.close()


def test_the_last_record_alone_is_enough_to_go_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate_agent.journal.journal.KEEP_ACKED_RECORDS", 1)
    journal = opened(path)
    journal.commit([row(1), row(2)])
    journal.acknowledge(2, 0)
    journal.close()
    again = opened(path)
    assert again.head == 2
    again.close()


# --- what is wrong -----------------------------------------------------------------------------


def test_a_changed_last_record_breaks_the_chain(path: Path) -> None:
    for count in (1, 3):
        journal = opened(path)
        journal.commit([row(journal.head + seq) for seq in range(1, count + 1)])
        head = journal.head
        journal._db.execute("UPDATE passages SET record = x'00' WHERE seq = ?", (head,))
        journal.close()
        with pytest.raises(JournalError, match=f"broken at record {head}") as caught:
            opened(path)
        assert caught.value.hint
        for file in path.parent.iterdir():
            file.unlink()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meta SET value = 'text' WHERE key = 'journal_id'",
        "UPDATE meta SET value = x'00' WHERE key = 'journal_id'",
        "UPDATE meta SET value = x'00' WHERE key = 'acked'",
        "DELETE FROM meta WHERE key = 'bound_ms'",
        "DROP TABLE meta",
        "DROP TABLE passages",
        "UPDATE passages SET record = 'text'",
        "UPDATE passages SET hash = 7",
        "PRAGMA user_version = 2",
    ],
)
def test_a_damaged_file_is_one_clear_error(path: Path, change: str) -> None:
    journal = opened(path)
    journal.commit([row(1), row(2)])
    journal._db.execute(change)
    journal.close()
    with pytest.raises(JournalError) as caught:
        opened(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("data", [b"not a database " * 99, b"SQLite format 3\0" + bytes(999)])
def test_another_file_in_its_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(JournalError, match="cannot open the journal"):
        opened(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("place", ["/proc/self/journal.db", "/dev/null/journal.db"])
def test_a_place_where_nothing_can_be_written(place: str) -> None:
    with pytest.raises(JournalError, match="cannot open the journal /"):
        opened(place)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot open the journal"):
        opened(tmp_path)


def test_damaged_rows_are_errors_where_they_matter(path: Path) -> None:
    journal = opened(path)
    journal.commit([grant(1), row(2), row(3)])
    db = journal._db
    db.execute("UPDATE uses SET entered = 'many'")
    with pytest.raises(JournalError, match="what it says of a ticket"):
        journal.history(TICKET)
    db.execute("UPDATE open_grants SET persons = 'two'")
    with pytest.raises(JournalError, match="open grant"):
        journal.open_grants()
    db.execute("UPDATE passages SET record = 'text' WHERE seq < 3")
    with pytest.raises(JournalError, match="cannot read the journal"):
        journal.open_grants()
    assert journal.records(1, 3)[1] == ()
    assert len(journal.records(3, 1)[1]) == 1
    db.execute("DROP TABLE uses")
    db.execute("DROP TABLE passages")
    for act in (lambda: journal.history(TICKET), lambda: journal.records(1, 1)):
        with pytest.raises(JournalError, match="cannot read the journal"):
            act()
    journal.close()


def whole_file(folder: Path) -> bytes:
    path = folder / "whole.db"
    if not path.exists():
        journal = opened(path)
        journal.commit([grant(1, 2), row(2), row(3, PassageKind.TAKEN, ticket=TICKET, grant=1)])
        journal.acknowledge(1, 1)
        journal.close()
    return path.read_bytes()


@settings(deadline=None)
@given(data=st.data())
def test_any_bytes_in_the_file_give_a_value_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    bad = bytearray(whole_file(folder.parent))
    for _ in range(data.draw(st.integers(0, 30))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "journal.db"
    path.write_bytes(bad[: data.draw(st.one_of(st.just(len(bad)), st.integers(0, len(bad))))])
    try:
        journal = opened(path)
    except JournalError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    reads = (lambda: journal.history(TICKET), journal.open_grants, lambda: journal.records(1, 9))
    for read in reads:
        with suppress(JournalError):
            read()
    with suppress(JournalError, sqlite3.Error):
        journal.commit([row(journal.head + 1, PassageKind.GRANTED, ticket=TICKET)])
    journal.close()
