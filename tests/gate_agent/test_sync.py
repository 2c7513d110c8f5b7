"""Outbox, acknowledgements and the fetching of lists, as dialogues."""

from dataclasses import replace

import pytest

from gate_agent import sync
from gate_agent.events import Acknowledged, ListComplete, Send, SendRecords, SyncEffect
from gate_agent.sync import (
    FIRST_WAIT_MS,
    GATHER_RECORDS,
    LONGEST_WAIT_MS,
    WINDOW_RECORDS,
    SyncState,
)
from gate_agent.validator.messages import MAX_BATCH_RECORDS, Ack, Chunk, Want
from gate_agent.validator.ticket_list import Manifest

JOURNAL = bytes(16)
BODY = bytes(range(40))
MANIFEST = Manifest("main", 5, 0, 0, 0, len(BODY), bytes(32))


class Talk:
    """A gate's outbox and pull, spoken to in order."""

    def __init__(self, head: int = 0, acked: int = 0) -> None:
        self.state = SyncState(acked=acked, sent=acked)
        self.head = head
        self.now_ms = 0

    def _took(self, result: tuple[SyncState, tuple[SyncEffect, ...]]) -> list[SyncEffect]:
        self.state, effects = result
        return list(effects)

    def link_up(self) -> list[SyncEffect]:
        return self._took(sync.link_up(self.state, self.head, self.now_ms))

    def link_down(self) -> None:
        self.state = sync.link_down(self.state)

    def record(self, count: int = 1) -> list[SyncEffect]:
        self.head += count
        return self._took(sync.recorded(self.state, self.head, self.now_ms))

    def ack(self, mark: int) -> list[SyncEffect]:
        return self._took(sync.acknowledged(self.state, Ack(JOURNAL, mark), self.head, self.now_ms))

    def offer(self, manifest: Manifest = MANIFEST) -> list[SyncEffect]:
        return self._took(sync.offered(self.state, manifest, b"sealed", self.now_ms))

    def chunk(
        self, offset: int, data: bytes, series: str = "main", version: int = 5
    ) -> list[SyncEffect]:
        chunk = Chunk(series, version, offset, data)
        return self._took(sync.chunk_arrived(self.state, chunk, self.now_ms))

    def later(self, ms: int) -> list[SyncEffect]:
        """Time passes; what is due at its end is done."""
        self.now_ms += ms
        return self._took(sync.time_passed(self.state, self.head, self.now_ms))


def ready(head: int = 0, acked: int = 0) -> Talk:
    talk = Talk(head, acked)
    talk.link_up()
    return talk


# --- records -----------------------------------------------------------------------------------


def test_nothing_is_sent_without_a_link() -> None:
    talk = Talk(head=3)
    assert talk.record() == []
    assert talk.later(1_000_000) == []
    assert sync.deadline_ms(talk.state) is None


def test_what_waits_goes_when_the_link_comes() -> None:
    talk = Talk(head=450, acked=10)
    assert talk.link_up() == [SendRecords(11, 200), SendRecords(211, 200), SendRecords(411, 40)]
    assert sync.deadline_ms(talk.state) == FIRST_WAIT_MS


def test_a_lone_record_goes_at_once_the_next_ones_wait_for_company() -> None:
    talk = ready()
    assert talk.record() == [SendRecords(1, 1)]
    for _ in range(GATHER_RECORDS - 1):
        assert talk.record() == []
    assert talk.record() == [SendRecords(2, GATHER_RECORDS)]
    talk.record(3)
    assert talk.ack(21) == [Acknowledged(21), SendRecords(22, 3)]


def test_no_more_than_the_window_is_in_flight() -> None:
    talk = ready(head=5 * WINDOW_RECORDS)
    assert talk.state.sent == WINDOW_RECORDS
    assert talk.record() == []
    assert talk.ack(MAX_BATCH_RECORDS) == [
        Acknowledged(MAX_BATCH_RECORDS),
        SendRecords(WINDOW_RECORDS + 1, MAX_BATCH_RECORDS),
    ]


def test_the_window_is_not_overrun_by_a_batch() -> None:
    talk = ready(head=30)
    talk.record(5 * WINDOW_RECORDS)
    assert talk.state.sent == WINDOW_RECORDS


def test_silence_is_answered_with_patience() -> None:
    talk = ready(head=2)
    waits = []
    for _ in range(7):
        due = sync.deadline_ms(talk.state)
        assert due is not None
        waits.append(due - talk.now_ms)
        assert talk.later(waits[-1] - 1) == []
        assert talk.later(1) == [SendRecords(1, 2)]
    assert waits == [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
    talk.ack(1)
    assert sync.deadline_ms(talk.state) == talk.now_ms + FIRST_WAIT_MS
    talk.ack(2)
    assert sync.deadline_ms(talk.state) is None


def test_a_known_or_impossible_mark_changes_nothing() -> None:
    talk = ready(head=9)
    talk.ack(5)
    before = talk.state
    for mark in (5, 10):
        assert talk.ack(mark) == []
        assert talk.state == before


def test_a_centre_back_from_a_backup_gets_the_rest_again() -> None:
    talk = Talk(head=9, acked=7)
    talk.link_up()
    assert talk.ack(3) == [Acknowledged(3), SendRecords(4, 6)]


def test_a_centre_may_come_back_from_a_backup_on_a_living_connection() -> None:
    talk = ready(head=9)
    assert talk.ack(9) == [Acknowledged(9)]
    assert talk.ack(2) == [Acknowledged(2), SendRecords(3, 7)]
    assert talk.ack(9) == [Acknowledged(9)]


def test_the_first_word_may_confirm_what_is_known() -> None:
    talk = Talk(head=7, acked=7)
    talk.link_up()
    assert talk.ack(7) == []


def test_a_mark_that_comes_without_a_link_is_taken_and_nothing_sent() -> None:
    talk = ready(head=9)
    talk.link_down()
    assert talk.ack(4) == [Acknowledged(4)]
    assert sync.deadline_ms(talk.state) is None
    assert talk.link_up() == [SendRecords(5, 5)]


def test_a_cut_forgets_what_was_in_flight() -> None:
    talk = ready(head=3)
    talk.link_down()
    assert sync.deadline_ms(talk.state) is None
    assert talk.link_up() == [SendRecords(1, 3)]


# --- lists -------------------------------------------------------------------------------------


def test_a_list_is_asked_for_piece_by_piece() -> None:
    talk = ready()
    assert talk.offer() == [Send(Want("main", 5, 0))]
    assert talk.chunk(0, BODY[:30]) == [Send(Want("main", 5, 30))]
    assert talk.chunk(30, BODY[30:]) == [ListComplete(b"sealed", BODY)]
    assert talk.state.pull is None


def test_the_same_offer_again_does_not_begin_again() -> None:
    talk = ready()
    talk.offer()
    talk.chunk(0, BODY[:30])
    before = talk.state
    assert talk.offer() == []
    assert talk.offer(replace(MANIFEST, version=4)) == []
    assert talk.state == before


def test_a_newer_offer_takes_over() -> None:
    talk = ready()
    talk.offer()
    talk.chunk(0, BODY[:30])
    assert talk.offer(replace(MANIFEST, version=6)) == [Send(Want("main", 6, 0))]
    assert talk.chunk(30, BODY[30:]) == []


@pytest.mark.parametrize(
    ("offset", "data", "series", "version"),
    [
        (10, b"\x0a", "other", 5),
        (10, b"\x0a", "main", 4),
        (10, b"\x0a", "main", 6),
        (9, b"\x09", "main", 5),
        (11, b"\x0b", "main", 5),
        (10, b"", "main", 5),
        (10, bytes(31), "main", 5),
    ],
    ids=["series", "older", "newer", "again", "ahead", "empty", "too long"],
)
def test_a_chunk_that_does_not_fit_changes_nothing(
    offset: int, data: bytes, series: str, version: int
) -> None:
    talk = ready()
    talk.offer()
    talk.chunk(0, BODY[:10])
    before = talk.state
    assert talk.chunk(offset, data, series, version) == []
    assert talk.state == before


def test_a_chunk_nobody_asked_for_changes_nothing() -> None:
    talk = ready()
    before = talk.state
    assert talk.chunk(0, BODY) == []
    assert talk.state == before


def test_an_offer_without_a_link_waits_for_it() -> None:
    talk = Talk()
    assert talk.offer() == []
    assert talk.later(1_000_000) == []
    assert sync.deadline_ms(talk.state) is None
    assert talk.link_up() == [Send(Want("main", 5, 0))]


@pytest.mark.parametrize("cut", range(len(BODY)))
def test_a_pull_survives_a_cut_at_any_byte(cut: int) -> None:
    talk = ready()
    talk.offer()
    if cut:
        talk.chunk(0, BODY[:cut])
    talk.link_down()
    assert talk.link_up() == [Send(Want("main", 5, cut))]
    assert talk.chunk(cut, BODY[cut:]) == [ListComplete(b"sealed", BODY)]


def test_a_request_is_repeated_more_and_more_slowly() -> None:
    talk = ready()
    talk.offer()
    waits = []
    for _ in range(7):
        due = sync.deadline_ms(talk.state)
        assert due is not None
        waits.append(due - talk.now_ms)
        assert talk.later(waits[-1]) == [Send(Want("main", 5, 0))]
    assert waits == [2000, 4000, 8000, 16_000, 30_000, LONGEST_WAIT_MS, LONGEST_WAIT_MS]
    talk.chunk(0, BODY[:3])
    assert sync.deadline_ms(talk.state) == talk.now_ms + FIRST_WAIT_MS


def test_records_and_list_have_deadlines_of_their_own() -> None:
    talk = ready(head=1)
    talk.now_ms = 500
    talk.offer()
    assert sync.deadline_ms(talk.state) == 2000
    assert talk.later(1500) == [SendRecords(1, 1)]
    assert sync.deadline_ms(talk.state) == 2500
    assert talk.later(5000) == [SendRecords(1, 1), Send(Want("main", 5, 0))]
