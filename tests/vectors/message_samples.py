"""What the vectors of messages and notes are made of, good and bad."""

from hashlib import sha256

import cbor2

from gate_agent.validator import passage
from gate_agent.validator.messages import renewal
from gate_agent.validator.messages.envelopes import (
    Ack,
    Batch,
    Birth,
    Chunk,
    GateState,
    ListOffer,
    ListRequest,
    Message,
    encode,
)
from gate_agent.validator.messages.link_secret import link_secret, with_code
from gate_agent.validator.messages.notes import (
    Claim,
    ClaimReply,
    News,
    NewsRequest,
    Note,
    note_topic,
    write_note,
)
from gate_agent.validator.messages.renewal import Renew, Renewed, RenewOrder
from gate_agent.validator.messages.short_news import ShortNews
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer, RulesOffer
from gate_agent.validator.moment import END_MS
from gate_agent.validator.reasons import Reason
from tests.vectors.keyring import (
    CENTRE,
    GATE,
    GATE_KEY,
    PARK,
    STRANGER,
    TestKey,
)
from tests.vectors.list_samples import lists, sealed
from tests.vectors.samples import JOURNAL, START, passages, ticket
from tests.vectors.trust_samples import beacons, key_sets, rule_books


def messages() -> list[Message]:
    """One of every kind."""
    rows = passages()[:3]
    before = passage.genesis(JOURNAL)
    return [
        Birth(
            journal_id=JOURNAL,
            boot=0x1234_5678,
            mark=12,
            head=345,
            lists=(("main", 3), ("otter", 17)),
            rules_version=4,
            nonce=4711,
        ),
        GateState(
            boot=0x1234_5678,
            wall_ms=START * 1000,
            clock=2,
            waiting=17,
            lists=(("main", 3, START * 1000 - 60_000),),
            lanes=((1, "controlled", "idle"), (2, "free", "released")),
            faults=("camera 1: cannot open /dev/video0: no such device",),
            rules_version=4,
            mono_ms=42_000,
            vouched_ms=START * 1000 - 5_000,
            freshness=0,
            keys_version=6,
            journal_id=JOURNAL,
            head=345,
            software="0.1.0",
            beacon_ms=START * 1000 - 4_000,
        ),
        Batch(JOURNAL, 1, before, tuple(passage.encode(row) for row in rows), 1, 4711),
        ListRequest("main", 4, 3, 40_960),
        Ack(JOURNAL, 12, 4711),
        ListOffer(sealed(lists()[1].manifest), 2),
        Chunk(series="main", version=4, base=3, offset=0, data=lists()[1].body),
        RulesOffer(rule_books()["several products"]),
        BeaconMessage(beacons()["two series"]),
        KeysOffer(key_sets()["the first"]),
        RenewOrder(GATE_KEY.public),
        *renewals(),
    ]


NEXT_SEED = sha256(b"scenic-gate test key: the gate's next").digest()
EPHEMERAL = sha256(b"scenic-gate test key: of one box").digest()
LINK_SECRET = link_secret(bytes(32), GATE, renewal.public_of(NEXT_SEED))


def renewals() -> tuple[Renew, Renewed]:
    """A gate asks for a certificate, and is answered; the certificate is none."""
    asked = renewal.ask(GATE, GATE_KEY.public, NEXT_SEED)
    box = renewal.seal_box(LINK_SECRET, GATE, asked, EPHEMERAL)
    return asked, Renewed(asked.public, b"a certificate", box)


def bad_messages() -> dict[str, tuple[str, bytes]]:
    """Topic and payload that a receiver refuses."""
    topic = f"sg1/{PARK}/{GATE}/up/birth"
    good = encode(topic, messages()[0], GATE_KEY.id, GATE_KEY.sign)
    head, body = good[:69], good[69:]

    def made(body: bytes, key: TestKey = GATE_KEY, on: str = topic) -> tuple[str, bytes]:
        signature = key.sign(b"scenic-gate message\0" + on.encode() + b"\0" + body)
        return on, b"\1" + key.id + signature + body

    return {
        "empty": (topic, b""),
        "no body": (topic, head),
        "another version": (topic, b"\2" + good[1:]),
        "another topic than it was signed for": (topic.replace(GATE, "north-2"), good),
        "a topic that is not ours": (topic + "/more", good),
        "a capital letter in a name": (topic.replace(GATE, "North-1"), good),
        "a changed body": (topic, head + body[:-1] + b"\x05"),
        "signed by the centre": made(body, CENTRE),
        "signed by nobody known": made(body, STRANGER),
        "a gate that speaks for the centre": made(
            cbor2.dumps([JOURNAL, 5]), on=f"sg1/{PARK}/{GATE}/down/ack"
        ),
        "a byte behind": made(body + b"\0"),
        "a field too many": made(b"\x89" + body[1:] + b"\0"),
        "a journal id of 15 bytes": made(body.replace(b"\x50" + JOURNAL, b"\x4f" + JOURNAL[1:])),
        "nested 2,000 deep": made(b"\x81" * 2000 + b"\0"),
        "a decimal fraction": made(cbor2.dumps([cbor2.CBORTag(4, [2**62, 1])])),
    }


LINK = sha256(b"scenic-gate test link").digest()
SECRET = link_secret(LINK, GATE, GATE_KEY.public)


def notes() -> list[Note]:
    """A note of every kind, and those at the edges."""
    team, day = ticket(2), ticket(7)
    policy = day.entry_policy.to_byte()
    return [
        Claim(
            journal_id=JOURNAL,
            number=18 << 8 | 1,
            ticket=team.id,
            persons=40,
            admits=40,
            policy=0,
            extra=0,
            passback=2,
            passback_ms=300_000,
            share=5,
            nonce=0x1234_5678,
        ),
        Claim(
            journal_id=JOURNAL,
            number=2**56 - 1,
            ticket=day.id,
            persons=1,
            admits=1,
            policy=policy,
            extra=65_535,
            passback=0,
            passback_ms=0,
            share=0,
            nonce=2**32 - 1,
        ),
        ClaimReply(18 << 8 | 1, 30, 0, False),
        ClaimReply(19 << 8 | 2, 0, Reason.USED.value, False),
        ClaimReply(20 << 8 | 2, 1, Reason.PASSBACK.value, True),
        NewsRequest(4711, 0),
        NewsRequest(2**63 - 1, 5000),
        News(nonce=4711, after=0, upto=0, head=0, entries=()),
        News(nonce=0, after=5000, upto=5001, head=5001, entries=()),
        News(
            nonce=4712,
            after=5001,
            upto=5004,
            head=6000,
            entries=(
                (team.id, 0, 40, START * 1000),
                (day.id, 1, 1, START * 1000 + 5),
                (day.id, 2, 1, START * 1000 + 9),
            ),
        ),
    ]


QUESTION = sha256(b"scenic-gate test question").digest()[:8]


def question_of(note: Note) -> bytes:
    """The code of the question that a sample answers; empty for one that answers none."""
    asked = isinstance(note, ClaimReply) or (isinstance(note, News) and note.nonce != 0)
    return QUESTION if asked else b""


def shorts() -> list[ShortNews]:
    """Single passages; a receiver expects their own number."""
    return [
        ShortNews(1, ticket(1).id, False, 1),
        ShortNews(1023, ticket(1).id, True, 1),
        ShortNews(2**40 + 7, ticket(2).id, False, 31),
    ]


def asked_on(topic: str) -> bytes:
    """The code of the question that a receiver of the bad samples has asked."""
    return QUESTION if topic.endswith("/verdict") else b""


def bad_notes() -> dict[str, tuple[str, bytes]]:
    """Topics and payloads that no receiver takes: on `down/verdict` in answer to QUESTION."""
    topic = note_topic(PARK, GATE, "down/verdict")
    news = note_topic(PARK, GATE, "down/news")
    good = write_note(topic, ClaimReply(5, 1, 0, False), SECRET, QUESTION)

    def other(values: object, where: str = topic) -> tuple[str, bytes]:
        return where, with_code(where, cbor2.dumps(values), SECRET, asked_on(where))

    entry = [bytes(8), 0, 1, 1]
    return {
        "empty": (topic, b""),
        "a code alone": (topic, good[-8:]),
        "cut short": (topic, good[:-1]),
        "a byte behind": (topic, good + b"\0"),
        "another body": (topic, bytes((good[0], good[1] ^ 1)) + good[2:]),
        "another code": (topic, good[:-1] + bytes((good[-1] ^ 1,))),
        "moved to another gate": (topic.replace(GATE, "south-9"), good),
        "the secret of another gate": (topic, with_code(topic, good[:-8], bytes(32), QUESTION)),
        "an answer to another question": (topic, with_code(topic, good[:-8], SECRET, bytes(8))),
        "an answer that names no question": (topic, with_code(topic, good[:-8], SECRET)),
        "news in answer to a request, without its code": other([7, 0, 0, 0, []], news),
        "on a message's topic": (note_topic(PARK, GATE, "down/ack"), good),
        "on the topic of the short ones": (note_topic(PARK, GATE, "down/n"), good),
        "on no topic": ("sg1/x", good),
        "a map": other({1: 1}),
        "too few fields": other([5, 1, 0]),
        "a number not in its shortest form": (
            topic,
            with_code(topic, b"\x84\x18\x05\x01\x00\xf4", SECRET, QUESTION),
        ),
        "neither persons nor a reason": other([5, 0, 0, False]),
        "claim number 0": other([0, 1, 0, False]),
        "a boolean as a number": other([5, True, 0, False]),
        "news that go back": other([0, 5, 4, 5, []], news),
        "more entries than numbers": other([0, 5, 6, 6, [entry, entry]], news),
        "an entry of a time after the year 9998": other([0, 5, 6, 6, [[bytes(8), 0, 1, END_MS]]],
                                                        news),
        "an unknown piece of news": other([0, 5, 6, 6, [[bytes(8), 3, 1, 1]]], news),
        "a nonce of 0": other([0, 1], note_topic(PARK, GATE, "up/since")),
        "an unknown policy": other(
            [bytes(16), 1, bytes(8), 1, 1, 3, 0, 0, 0, 0, 0], note_topic(PARK, GATE, "up/claim")
        ),
    }  # fmt: skip
