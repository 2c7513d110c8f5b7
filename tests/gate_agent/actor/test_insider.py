"""Whoever has the centre's keys may say what they like: the gate never ends by a message, and the
next visitor is answered. Numbers are taken from both ends of their ranges, messages in pairs."""

import random
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gate_agent.effects import Sign
from gate_agent.events import LinkDown, LinkUp, Received, Turned
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import seal as seal_manifest
from gate_agent.validator.lists.manifest import signed_part
from gate_agent.validator.messages.envelopes import (
    MAX_CHUNK_BYTES,
    Ack,
    Chunk,
    ListOffer,
    Message,
    encode,
    topic_of,
)
from gate_agent.validator.messages.notes import (
    ClaimReply,
    News,
    NewsRequest,
    Note,
    note_topic,
    read_note,
    write_note,
)
from gate_agent.validator.messages.renewal import Renewed, RenewOrder
from gate_agent.validator.messages.short_news import SHORT_END, ShortNews, write_short
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust import beacon, rule_book
from gate_agent.validator.trust.beacon import Beacon
from gate_agent.validator.trust.rule_book import RuleBook, Rules
from tests.gate_agent.conftest import Gate, MakeGate
from tests.gate_agent.samples import (
    CENTRE_KEY,
    GATE,
    LIST_KEY,
    NOW_S,
    PARK,
    SealedList,
    code,
    sealed_list,
    ticket,
)

SECRET = b"s" * 32
NOW_MS = NOW_S * 1000
EDGES = (
    0, 1, 2, 3, 31, 32, 255, 256, 1023, 1024, 2**16 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**48 - 1,
    2**48, 2**56 - 1, 2**62, 2**63 - 2, 2**63 - 1, NOW_MS, NOW_MS + 1, END_MS - 1, END_MS,
)  # fmt: skip
PAIRS = 250


class Insider:
    """Draws messages that a centre's keys sign; `with_lists`: its list key too."""

    def __init__(self, gate: Gate, seed: int, *, with_lists: bool) -> None:
        self.gate = gate
        self.draw = random.Random(seed)
        self.with_lists = with_lists
        self.nonce = self.number = 0
        good = (self._ack, self._chunk, self._offer, self._order, self._renewed, self._bytes)
        notes = (self._reply, self._news, self._short)
        self.kinds: tuple[Callable[[], Received], ...] = (*good, *notes)
        if with_lists:
            self.kinds += (self._beacon, self._rules, self._signed_offer)

    def edge(self, end: int = 1 << 63) -> int:
        return self.draw.choice([number for number in EDGES if number < end])

    def near(self, number: int) -> int:
        """An edge, or a number beside one that means something now."""
        return self.draw.choice((self.edge(), max(0, number + self.draw.randint(-2, 2))))

    def listen(self) -> None:
        """Reads the gate's requests, as the centre does: what news it has, and which nonce."""
        for topic, payload in self.gate.link.sent:
            if topic.endswith(NewsRequest.topic_end):
                request = read_note(topic, payload, SECRET)
                assert isinstance(request, NewsRequest)
                self.nonce, self.number = request.nonce, request.number
        self.gate.link.sent.clear()

    def message(self) -> Received:
        while True:
            try:
                return self.draw.choice(self.kinds)()
            except WireError:
                continue  # no sender can write it

    def _signed(self, message: Message) -> Received:
        topic = topic_of(PARK, GATE, type(message))
        return Received(topic, encode(topic, message, CENTRE_KEY.id, CENTRE_KEY.private.sign))

    def _noted(self, note: Note) -> Received:
        topic = note_topic(PARK, GATE, note.topic_end)
        return Received(topic, write_note(topic, note, SECRET))

    def _ack(self) -> Received:
        own = self.gate.journal.journal_id
        journal = self.draw.choice((own, own, bytes(16)))
        return self._signed(Ack(journal, self.near(self.gate.journal.head)))

    def _chunk(self) -> Received:
        size = self.draw.choice((0, 1, 100, MAX_CHUNK_BYTES))
        series = self.draw.choice(("main", "", "x" * 40))
        return self._signed(
            Chunk(
                series=series,
                version=self.near(2),
                base=self.near(1),
                offset=self.near(0),
                data=self.draw.randbytes(size),
            )
        )

    def _offer(self) -> Received:
        sealed = self.draw.choice((sealed_list().sealed, self.draw.randbytes(200), b""))
        return self._signed(ListOffer(sealed, self.near(1)))

    def _order(self) -> Received:
        own = self.gate.own.identity.public
        return self._signed(RenewOrder(self.draw.choice((own, bytes(32)))))

    def _renewed(self) -> Received:
        data = self.draw.randbytes(self.draw.choice((0, 1, 300)))
        return self._signed(Renewed(self.draw.randbytes(32), data, self.draw.randbytes(60)))

    def _bytes(self) -> Received:
        kind = self.draw.choice((KeysOffer, RulesOffer, BeaconMessage))
        return self._signed(kind(self.draw.randbytes(self.draw.choice((0, 1, 90, 20_000)))))

    def _reply(self) -> Received:
        return self._noted(
            ClaimReply(
                max(1, self.near((self.gate.journal.head + 1) << 8 | 1)) % (1 << 56) or 1,
                self.edge(1 << 16),
                self.edge(256) or 1,
                self.draw.random() < 0.5,
            )
        )

    def _news(self) -> Received:
        number = self.number
        after = self.draw.choice((number, self.near(number)))
        upto = max(after, self.near(after + 1))
        head = max(upto, self.near(upto))
        entries = tuple(
            (self._foreign(), self.edge(3), self.edge(1 << 16), self.edge(END_MS))
            for _ in range(min(upto - after, self.draw.choice((0, 1, 3))))
        )
        nonce = self.draw.choice((0, self.nonce, self.edge()))
        return self._noted(News(nonce=nonce, after=after, upto=upto, head=head, entries=entries))

    def _short(self) -> Received:
        topic = note_topic(PARK, GATE, SHORT_END)
        number = max(1, self.near(self.number + 1))
        persons, out = self.draw.choice((1, 31)), self.draw.random() < 0.5
        news = ShortNews(number, self._foreign(), out, persons)
        return Received(topic, write_short(topic, news, SECRET))

    def _foreign(self) -> bytes:
        """A ticket that nobody shows here."""
        return b"\xee" * 4 + self.draw.randbytes(4)

    def _beacon(self) -> Received:
        lists = tuple((series, self.near(1)) for series in self.draw.choice(((), ("main",))))
        said = Beacon(self.near(NOW_MS), lists, self.near(1), self.near(1))
        return self._signed(BeaconMessage(beacon.seal(said, LIST_KEY.id, LIST_KEY.private.sign)))

    def _rules(self) -> Received:
        rules = Rules(
            fresh_ms=self.edge(), stale_ms=self.edge(), passback_ms=self.edge(), partition_share=1
        )
        book = RuleBook(self.near(1), self.near(NOW_MS), rules, {self.edge(1 << 16): rules})
        return self._signed(RulesOffer(rule_book.seal(book, LIST_KEY.id, LIST_KEY.private.sign)))

    def _signed_offer(self) -> Received:
        names = ("version", "as_of_ms", "base", "first", "count", "body_bytes")
        changed = {name: self.near(1) for name in self.draw.sample(names, 2)}
        manifest = replace(sealed_list().manifest, **changed)  # type: ignore[arg-type]
        signature = LIST_KEY.private.sign(signed_part(manifest))
        return self._signed(ListOffer(seal_manifest(manifest, LIST_KEY.id, signature), self.edge()))


def season() -> SealedList:
    return sealed_list(statuses=b"\1" * 4000)


def visited(gate: Gate, serial: int) -> Sign:
    """What a visitor sees at last, who goes through if the arm lets him."""
    before, shown = gate.arm.releases, len(gate.display.shown)
    gate.scan(code(ticket(serial)))
    gate.wait(300)
    answer = gate.signs[-1]
    assert len(gate.display.shown) > shown
    if gate.arm.releases > before:
        gate.agent.step(Turned(1))
    gate.wait(10_000)
    return answer


def attack(gate: Gate, insider: Insider, pair: int) -> None:
    if pair % 7 == 0:
        gate.agent.step(insider.draw.choice((LinkDown(), LinkUp())))
    for _ in range(2):
        insider.listen()
        gate.agent.step(insider.message())
        gate.agent.catch_up(more_waiting=False)
    gate.wait(insider.draw.choice((0, 1, 2000, 31_000)))


@pytest.mark.parametrize("seed", range(3))
def test_who_has_the_centres_key_and_secret_keeps_no_visitor_out(
    make_gate: MakeGate, seed: int
) -> None:
    gate = make_gate(secret=SECRET).start(season())
    gate.link_up()
    insider = Insider(gate, seed, with_lists=False)
    for pair in range(PAIRS):
        attack(gate, insider, pair)
        before = gate.arm.releases
        visited(gate, 2 * pair)
        assert gate.arm.releases == before + 1, (pair, gate.signs[-3:], gate.health.faults)
        assert not gate.agent.outage.lasts


@pytest.mark.parametrize("seed", range(3))
def test_who_has_the_list_key_too_ends_no_gate(
    make_gate: MakeGate, tmp_path: Path, seed: int
) -> None:
    """Such a centre may close the park; the gate still answers, and starts again."""
    gate = make_gate(secret=SECRET).start(season())
    gate.link_up()
    insider = Insider(gate, seed, with_lists=True)
    for pair in range(PAIRS):
        attack(gate, insider, pair)
        visited(gate, 2 * pair)
        assert not gate.agent.outage.lasts
    again = make_gate(secret=SECRET).start()
    visited(again, 3999)


def test_an_insider_fills_no_memory(make_gate: MakeGate) -> None:
    gate = make_gate(secret=SECRET).start(season())
    gate.link_up()
    insider = Insider(gate, 99, with_lists=True)
    sizes = []
    tracemalloc.start()
    try:
        for pair in range(2 * PAIRS):
            attack(gate, insider, pair)
            if pair in (PAIRS, 2 * PAIRS - 1):
                gate.display.shown.clear()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 1 << 20, sizes
    assert len(gate.health.counters) < 60
    assert len(gate.health.faults) < 20
