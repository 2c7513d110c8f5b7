"""Between a gate and its neighbours: hearing each passage once, and whom to wait for."""

import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from gate_agent.effects import AskCentre
from gate_agent.errors import JournalError
from gate_agent.health import Health
from gate_agent.journal.remote_history import MOST_FRESH, RemoteHistory
from gate_agent.lane.state import ClaimPolicy
from gate_agent.uplink.claims import ClaimSender
from gate_agent.uplink.news import ASK_AGAIN_MS, ASK_EVERY_MS, WRITE_EVERY_MS, NewsReceiver
from gate_agent.uplink.note_channel import NoteChannel
from gate_agent.uplink.station import StationLink
from gate_agent.validator.messages.link_secret import code_of
from gate_agent.validator.messages.notes import (
    FORGIVEN,
    IN,
    OUT,
    Claim,
    ClaimReply,
    News,
    NewsRequest,
    Note,
    note_topic,
    read_note,
    write_note,
)
from gate_agent.validator.messages.short_news import ShortNews, write_short
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE
from gate_agent.validator.uses import Entitlement
from tests.gate_agent.conftest import HandClock, RecordingLink
from tests.gate_agent.samples import GATE, NOW_S, PARK, ZONE

SECRET = b"s" * 32
T1, T2 = bytes(7) + b"\1", bytes(7) + b"\2"
NOW_MS = NOW_S * 1000


class Talk:
    """A gate's neighbours with the other end of the wire."""

    def __init__(
        self, path: Path | str = ":memory:", secret: bytes | None = SECRET, seed: int = 1
    ) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.link, self.clock, self.health = RecordingLink(), HandClock(), Health()
        self.remote = RemoteHistory(self.db, ZONE)
        self.questions: dict[int, bytes] = {}
        channel = NoteChannel(PARK, GATE, secret, self.link, random.Random(seed).randbytes)
        claims = ClaimSender(channel, bytes(16), self.clock, self.health)
        self.news = NewsReceiver(channel, self.remote, self.clock, self.health)
        self.station = StationLink(channel, claims, self.news, self.health)

    def said(self) -> list[Note]:
        """What was sent; the newest question of each number or nonce is remembered."""
        sent = []
        for topic, payload in self.link.sent:
            note = read_note(topic, payload, SECRET)
            self.questions[_of(note)] = code_of(payload)
            sent.append(note)
        self.link.sent.clear()
        return sent

    def hear(self, note: Note, secret: bytes = SECRET, gate: str = GATE) -> object:
        return self.hear_bytes(*self.answer(note, secret, gate))

    def answer(self, note: Note, secret: bytes = SECRET, gate: str = GATE) -> tuple[str, bytes]:
        """A note as the centre writes it: in answer to the question of its number or nonce."""
        self.said()
        topic = note_topic(PARK, gate, note.topic_end)
        return topic, write_note(topic, note, secret, self.questions.get(_of(note), b""))

    def hear_bytes(self, topic: str, payload: bytes) -> object:
        return self.station.receive(topic, payload)

    def short(self, number: int, ticket: bytes = T1, *, out: bool = False) -> None:
        topic = note_topic(PARK, GATE, "down/n")
        news = ShortNews(number, ticket, out, 1)
        self.station.receive(topic, write_short(topic, news, SECRET))

    def up(self) -> "Talk":
        """Linked, and told everything there is up to now."""
        self.station.link_up()
        self.station.tick()
        (asked,) = self.said()
        assert isinstance(asked, NewsRequest)
        number = self.remote.number
        self.hear(News(nonce=asked.nonce, after=number, upto=number, head=number, entries=()))
        return self

    def later(self, ms: int) -> list[Note]:
        self.clock.move(ms)
        self.station.tick()
        return self.said()

    def ask(self) -> ClaimPolicy:
        return self.station.claim_policy

    def entered(self, ticket: bytes = T1) -> int:
        return self.remote.history(ticket).entered


def _of(note: Note) -> int:
    """Return the number of a claim or its reply, the nonce of a request or its answer."""
    return note.number if isinstance(note, Claim | ClaimReply) else note.nonce


def claim(number: int = 257) -> AskCentre:
    return AskCentre(number, T1, 1, Entitlement(policy=ONCE, admits=1))


def test_a_passage_elsewhere_is_known_at_once_and_once() -> None:
    talk = Talk().up()
    talk.short(1)
    talk.short(1)
    assert talk.entered() == 1
    talk.short(2, out=True)
    assert talk.remote.history(T1).persons_inside == 0
    assert talk.news.number == 2
    assert talk.said() == []


def test_a_hole_is_asked_for_and_filled() -> None:
    talk = Talk().up()
    talk.short(3)
    assert talk.entered() == 0
    (asked,) = talk.later(0)
    assert isinstance(asked, NewsRequest)
    assert asked.number == 0
    entries = ((T1, IN, 1, NOW_MS), (T2, OUT, 2, NOW_MS))
    talk.hear(News(nonce=asked.nonce, after=0, upto=3, head=3, entries=entries))
    assert (talk.entered(), talk.news.number) == (1, 3)
    assert talk.remote.history(T2).inside == -2


def test_a_long_answer_is_asked_on() -> None:
    talk = Talk()
    talk.station.link_up()
    (asked,) = talk.later(0)
    assert isinstance(asked, NewsRequest)
    talk.hear(
        News(
            nonce=asked.nonce,
            after=0,
            upto=2,
            head=9,
            entries=((T1, IN, 1, NOW_MS), (T2, IN, 1, NOW_MS)),
        )
    )
    (more,) = talk.later(0)
    assert isinstance(more, NewsRequest)
    assert more.number == 2


def test_an_answer_that_does_not_come_is_asked_for_again() -> None:
    talk = Talk()
    talk.station.link_up()
    (first,) = talk.later(0)
    (second,) = talk.later(ASK_AGAIN_MS)
    assert isinstance(first, NewsRequest)
    assert isinstance(second, NewsRequest)
    assert second.nonce != first.nonce
    talk.hear(News(nonce=first.nonce, after=0, upto=1, head=1, entries=((T1, IN, 1, NOW_MS),)))
    assert talk.entered() == 0
    assert talk.health.counters["note refused"] == 1


def test_now_and_then_it_asks_without_a_reason() -> None:
    talk = Talk().up()
    assert talk.later(ASK_EVERY_MS - 1) == []
    assert len(talk.later(1)) == 1
    talk.station.link_down()
    assert talk.later(10 * ASK_EVERY_MS) == []


def test_while_news_come_in_order_it_does_not_ask() -> None:
    talk = Talk().up()
    talk.later(ASK_EVERY_MS - 1)
    talk.short(1)
    assert talk.later(ASK_EVERY_MS - 1) == []
    talk.hear(News(nonce=0, after=1, upto=2, head=2, entries=()))
    assert talk.later(ASK_EVERY_MS - 1) == []
    talk.short(2)  # once more the same: it says nothing of what came after
    assert len(talk.later(1)) == 1


def test_what_comes_late_does_not_hide_what_is_missing() -> None:
    talk = Talk().up()
    talk.short(2)
    talk.short(1)
    assert len(talk.later(0)) == 1
    talk.short(2)  # the answer is lost
    assert len(talk.later(ASK_AGAIN_MS)) == 1


def test_news_that_nobody_asked_for_only_go_on() -> None:
    talk = Talk().up()
    talk.hear(News(nonce=0, after=0, upto=1, head=1, entries=((T1, FORGIVEN, 1, NOW_MS),)))
    assert talk.remote.history(T1).exited_since
    talk.hear(News(nonce=0, after=0, upto=1, head=1, entries=((T1, IN, 1, NOW_MS),)))
    assert talk.entered() == 0
    talk.hear(News(nonce=0, after=5, upto=6, head=6, entries=((T1, IN, 1, NOW_MS),)))
    assert talk.entered() == 0
    assert len(talk.later(0)) == 1


def test_a_centre_that_was_put_back_makes_it_begin_anew(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "db").up()
    talk.short(1)
    talk.later(WRITE_EVERY_MS)
    (asked,) = talk.later(ASK_EVERY_MS)
    assert isinstance(asked, NewsRequest)
    talk.hear(News(nonce=asked.nonce, after=0, upto=0, head=0, entries=()))
    assert (talk.entered(), talk.news.number) == (0, 0)
    assert len(talk.later(0)) == 1


def test_what_was_heard_outlives_a_restart_with_its_number(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "db").up()
    talk.short(1)
    assert talk.station.deadline_ms() == talk.clock.mono_ms + WRITE_EVERY_MS
    talk.later(WRITE_EVERY_MS)
    talk.short(2)
    talk.db.close()  # a power cut: the second is in memory only
    again = Talk(tmp_path / "db")
    assert (again.entered(), again.news.number) == (1, 1)


def test_a_full_disk_keeps_it_in_memory(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "db").up()
    talk.short(1)
    talk.db.execute("PRAGMA query_only = 1")
    talk.later(WRITE_EVERY_MS)
    assert "news" in talk.health.faults
    talk.short(2)
    assert talk.entered() == 2
    with pytest.raises(JournalError):
        talk.remote.begin_anew()
    talk.db.execute("PRAGMA query_only = 0")
    talk.later(WRITE_EVERY_MS)
    assert talk.health.faults == {}
    assert RemoteHistory(talk.db, ZONE).number == 2


def test_what_is_full_is_written_at_once_and_not_asked_for_in_vain() -> None:
    talk = Talk()
    talk.station.link_up()
    for part in range(MOST_FRESH // 1000 + 2):
        (asked,) = talk.later(1)
        assert isinstance(asked, NewsRequest)
        assert asked.number == 1000 * part
        tickets = [bytes([part]) + number.to_bytes(7, "big") for number in range(1000)]
        entries = tuple((ticket, IN, 1, NOW_MS) for ticket in tickets)
        talk.hear(
            News(
                nonce=asked.nonce,
                after=asked.number,
                upto=asked.number + 1000,
                head=9_000,
                entries=entries,
            )
        )
    assert talk.news.number == MOST_FRESH + 2000


def test_memory_is_bounded() -> None:
    talk = Talk().up()
    entries = tuple((n.to_bytes(8, "big"), IN, 1, NOW_MS) for n in range(1000))
    for part in range(MOST_FRESH // 1000):
        tickets = tuple((bytes([part]) + one[0][1:], *one[1:]) for one in entries)
        talk.remote.take(
            News(nonce=0, after=1000 * part, upto=1000 * part + 1000, head=9_000, entries=tickets)
        )
    assert talk.remote.is_full
    talk.short(MOST_FRESH + 1)
    assert talk.remote.number == MOST_FRESH


def test_a_damaged_table_is_an_error_of_the_journal() -> None:
    talk = Talk()
    talk.db.execute("INSERT INTO heard VALUES (?, 'x', 0, 0, 0, 0, 0, 0, 0, 0)", (T1,))
    with pytest.raises(JournalError, match="damaged"):
        talk.remote.history(T1)
    talk.db.close()
    with pytest.raises(JournalError):
        RemoteHistory(talk.db, ZONE)


@pytest.mark.parametrize(
    ("note", "secret", "gate"),
    [
        (News(nonce=0, after=0, upto=1, head=1, entries=()), b"x" * 32, GATE),
        (News(nonce=0, after=0, upto=1, head=1, entries=()), SECRET, "south-9"),
        (NewsRequest(1, 0), SECRET, GATE),
    ],
)
def test_strangers_are_counted(note: Note, secret: bytes, gate: str) -> None:
    talk = Talk().up()
    assert talk.hear(note, secret, gate) is None
    assert talk.health.counters["note refused"] == 1
    assert talk.news.number == 0


def test_so_much_is_missing_that_its_number_cannot_be_told() -> None:
    talk = Talk().up()
    talk.short(5000)
    assert talk.health.counters["note refused"] == 1
    assert talk.later(0) == []
    assert len(talk.later(ASK_AGAIN_MS)) == 1


# --- claims ------------------------------------------------------------------------------------


def test_a_claim_and_its_answer() -> None:
    talk = Talk().up()
    assert talk.ask() is ClaimPolicy.WAIT
    talk.station.send_claim(claim())
    (said,) = talk.said()
    assert isinstance(said, Claim)
    assert replace(said, nonce=0) == Claim(
        journal_id=bytes(16),
        number=257,
        ticket=T1,
        persons=1,
        admits=1,
        policy=0,
        extra=0,
        passback=2,
        passback_ms=300_000,
        share=0,
    )
    answer = talk.hear(ClaimReply(257, 0, Reason.USED.value, False))
    assert getattr(answer, "reason", None) is Reason.USED
    assert talk.hear(ClaimReply(257, 1, 0, False)) is None
    assert talk.health.counters["note refused"] == 1, "it was answered"


def test_an_answer_is_not_for_the_next_in_the_queue() -> None:
    """The card failed while the first one waited: the second has another ticket and, as nothing
    was written, the same number."""
    talk = Talk().up()
    talk.station.send_claim(claim())
    to_the_first = talk.answer(ClaimReply(257, 1, 0, False))
    talk.station.send_claim(replace(claim(), ticket=T2))
    assert talk.hear_bytes(*to_the_first) is None
    assert talk.hear(ClaimReply(257, 0, Reason.USED.value, False)) is not None


def test_a_reason_of_a_newer_centre_is_a_refusal() -> None:
    talk = Talk().up()
    talk.station.send_claim(claim())
    answer = talk.hear(ClaimReply(257, 0, 200, False))
    assert getattr(answer, "reason", None) is Reason.USED


def test_a_dead_link_costs_one_wait() -> None:
    talk = Talk().up()
    talk.station.send_claim(claim())
    talk.station.claim_timed_out()
    assert talk.ask() is ClaimPolicy.NOTIFY
    talk.clock.move(500)
    talk.hear(ClaimReply(257, 1, 0, False))
    assert talk.ask() is ClaimPolicy.NOTIFY
    talk.station.send_claim(claim(513))
    talk.clock.move(20)
    talk.hear(ClaimReply(513, 1, 0, False))
    assert talk.ask() is ClaimPolicy.WAIT


def test_without_a_link_or_a_secret_it_is_apart() -> None:
    assert Talk().ask() is ClaimPolicy.OFFLINE
    talk = Talk().up()
    talk.station.link_down()
    assert talk.ask() is ClaimPolicy.OFFLINE
    alone = Talk(secret=None)
    alone.station.link_up()
    alone.station.tick()
    assert alone.ask() is ClaimPolicy.OFFLINE
    assert alone.link.sent == []
    assert alone.hear(ClaimReply(1, 1, 0, False)) is None
