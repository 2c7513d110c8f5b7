"""Outbox and acknowledgements, as dialogues."""

from gate_agent.uplink import outbox
from gate_agent.uplink.outbox import (
    ASK_EVERY_MS,
    FIRST_WAIT_MS,
    GATHER_RECORDS,
    WINDOW_RECORDS,
    Acknowledged,
    AskMark,
    OutboxEffect,
    OutboxState,
    SendRecords,
)
from gate_agent.validator.messages.envelopes import MAX_BATCH_RECORDS, Ack

JOURNAL = bytes(16)


class Talk:
    """A gate's outbox, spoken to in order."""

    def __init__(self, head: int = 0, acked: int = 0) -> None:
        self.state = OutboxState(acked=acked, sent=acked)
        self.head = head
        self.oldest = 1
        self.now_ms = 0

    def _took(self, result: tuple[OutboxState, tuple[OutboxEffect, ...]]) -> list[OutboxEffect]:
        self.state, effects = result
        return list(effects)

    def link_up(self) -> list[OutboxEffect]:
        self.introduce()
        return self._took(outbox.link_up(self.state, self.head, self.now_ms))

    def introduce(self) -> None:
        self.state = outbox.introduced(self.state, self.state.nonce + 1, self.now_ms)

    def link_down(self) -> None:
        self.state = outbox.link_down(self.state)

    def record(self, count: int = 1) -> list[OutboxEffect]:
        self.head += count
        return self._took(outbox.recorded(self.state, self.head, self.now_ms))

    def ack(self, mark: int, nonce: int | None = None) -> list[OutboxEffect]:
        """An answer to the newest birth, or to the question that had `nonce`, 0 for none."""
        ack = Ack(JOURNAL, mark, self.state.nonce if nonce is None else nonce)
        return self._took(
            outbox.acknowledged(
                self.state, ack, oldest=self.oldest, head=self.head, now_ms=self.now_ms
            )
        )

    def later(self, ms: int) -> list[OutboxEffect]:
        """Time passes; what is due at its end is done."""
        self.now_ms += ms
        return self._took(outbox.time_passed(self.state, self.head, self.now_ms))


def ready(head: int = 0, acked: int = 0) -> Talk:
    talk = Talk(head, acked)
    talk.link_up()
    return talk


# --- records -----------------------------------------------------------------------------------


def test_nothing_is_sent_without_a_link() -> None:
    talk = Talk(head=3)
    assert talk.record() == []
    assert talk.later(1_000_000) == []
    assert outbox.deadline_ms(talk.state) is None


def test_what_waits_goes_when_the_link_comes() -> None:
    talk = Talk(head=450, acked=10)
    assert talk.link_up() == [SendRecords(11, 200), SendRecords(211, 200), SendRecords(411, 40)]
    assert outbox.deadline_ms(talk.state) == FIRST_WAIT_MS


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
        due = outbox.deadline_ms(talk.state)
        assert due is not None
        waits.append(due - talk.now_ms)
        assert talk.later(waits[-1] - 1) == []
        assert talk.later(1) == [SendRecords(1, 2)]
    assert waits == [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
    talk.ack(1)
    assert outbox.deadline_ms(talk.state) == talk.now_ms + FIRST_WAIT_MS
    talk.ack(2)
    assert outbox.deadline_ms(talk.state) is None


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
    talk.later(ASK_EVERY_MS)
    assert talk.ack(2, nonce=0) == [AskMark()]
    talk.introduce()
    assert talk.ack(2) == [Acknowledged(2), SendRecords(3, 7)]
    assert talk.ack(9) == [Acknowledged(9)]


def test_a_gap_at_the_centre_makes_the_gate_ask_once() -> None:
    talk = ready(head=9)
    talk.ack(9)
    talk.record()
    for _ in range(3):
        assert talk.ack(2) == []
    assert outbox.deadline_ms(talk.state) == FIRST_WAIT_MS
    assert talk.later(ASK_EVERY_MS) == [AskMark(), SendRecords(10, 1)]
    assert talk.ack(2) == []


def test_an_answer_to_an_earlier_question_changes_nothing() -> None:
    talk = ready(head=9)
    talk.ack(9)
    talk.link_down()
    talk.link_up()
    before = talk.state
    for mark in (0, 2, 9):
        assert talk.ack(mark, nonce=1) == []
        assert talk.state == before


def test_an_old_mark_that_answers_nothing_costs_one_birth_at_most() -> None:
    talk = ready(head=9)
    talk.ack(9)
    talk.later(ASK_EVERY_MS)
    asked = [effect for _ in range(50) for effect in talk.ack(1, nonce=0)]
    assert asked == [AskMark()]
    talk.introduce()
    assert talk.ack(1, nonce=0) == []
    assert talk.ack(9) == []
    assert talk.state.acked == 9


def test_a_mark_below_the_oldest_record_counts_as_the_one_before_it() -> None:
    """The centre's backup is older than all that this gate keeps: it sends what it has."""
    talk = Talk(head=303, acked=303)
    talk.oldest = 204
    talk.link_up()
    assert talk.ack(1) == [Acknowledged(203), SendRecords(204, 100)]
    talk.later(ASK_EVERY_MS)
    assert talk.ack(1, nonce=0) == [AskMark()]
    talk.introduce()
    assert talk.ack(1) == [], "it begins at its oldest, again"
    assert talk.ack(303) == [Acknowledged(303)]
    assert outbox.deadline_ms(talk.state) is None


def test_the_first_word_may_confirm_what_is_known() -> None:
    talk = Talk(head=7, acked=7)
    talk.link_up()
    assert talk.ack(7) == []


def test_a_mark_that_comes_without_a_link_is_taken_and_nothing_sent() -> None:
    talk = ready(head=9)
    talk.link_down()
    assert talk.ack(4) == [Acknowledged(4)]
    assert outbox.deadline_ms(talk.state) is None
    assert talk.link_up() == [SendRecords(5, 5)]


def test_a_cut_forgets_what_was_in_flight() -> None:
    talk = ready(head=3)
    talk.link_down()
    assert outbox.deadline_ms(talk.state) is None
    assert talk.link_up() == [SendRecords(1, 3)]
