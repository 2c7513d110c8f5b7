"""Messages in, answers out, without a network; and any bytes at all."""

import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_manager import fleet, incidents, issue, lists
from fleet_manager.centre import Centre
from fleet_manager.collector import Collector, Packet
from fleet_manager.counts import count
from fleet_manager.fleet import Bundle
from fleet_manager.incidents import Incident
from fleet_manager.issue import Order
from gate_agent.validator import messages
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import KeyRing, PublicKey, Use, key_id
from gate_agent.validator.messages import (
    MAX_CHUNK_BYTES,
    Ack,
    Batch,
    Birth,
    Chunk,
    ListOffer,
    Message,
    State,
    Want,
    topic_of,
)
from gate_agent.validator.passage import Kind
from gate_agent.validator.ticket_list import Status, open_body, open_manifest
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.fleet_manager.test_issue import TODAY, sell


@dataclass
class Board:
    """A gate's end: its bundle, and nothing the centre would not give it."""

    name: str
    bundle: Bundle

    def say(self, message: Message, *, as_gate: str | None = None) -> Packet:
        key = load_pem_private_key(self.bundle.key, None)
        assert isinstance(key, Ed25519PrivateKey)
        topic = topic_of("west-lake", as_gate or self.name, type(message))
        return topic, messages.encode(topic, message, key_id(self.bundle.public), key.sign)

    def hear(self, packet: Packet) -> Message:
        ring = KeyRing.from_json(self.bundle.ring)
        return messages.decode(*packet, lambda use, id_, _gate: ring.find(use, id_))


@pytest.fixture
def board(park: Centre, tmp_path: Path) -> Board:
    return Board("gate-1", enrol(park, "gate-1", tmp_path / "gate-1"))


@pytest.fixture
def collector(park: Centre, board: Board) -> Collector:
    made = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    made.refresh(NOON)
    return made


def birth(**fields: object) -> Birth:
    values: dict[str, object] = {
        "journal_id": b"j" * 16, "boot": 1, "software": "0.1", "mark": 0, "head": 0,
        "list_series": "main", "list_version": 1,
    }  # fmt: skip
    return Birth(**(values | fields))  # type: ignore[arg-type]


STATE = State(1, NOON, 2, 0, 1, NOON, ((1, "controlled", "idle"),), ("scanner gone",))


def seen(park: Centre) -> Counter[Incident]:
    with park.store.read() as connection:
        return Counter({one.kind: one.times for one in incidents.every(connection)})


def heard(board: Board, answers: list[Packet]) -> list[Message]:
    assert all(topic.startswith("sg1/west-lake/gate-1/down/") for topic, _ in answers)
    return [board.hear(packet) for packet in answers]


def test_records_are_acknowledged_when_they_are_durable(
    park: Centre, collector: Collector, board: Board
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    for n in range(3):
        pen.write(Kind.TAKEN, ticket=ticket_id(n), product=1)
    answers = collector.process([board.say(pen.batch())], 0, NOON)
    assert heard(board, answers) == [Ack(pen.journal_id, 3)]
    day = park.calendar.day(NOON)
    with park.store.read() as connection:
        assert count(connection, day, day).total.entries == 3


def test_a_birth_is_answered_with_mark_and_list(
    park: Centre, collector: Collector, board: Board
) -> None:
    greeting = [board.say(birth())]
    assert heard(board, collector.process(greeting, 0, NOON)) == [Ack(b"j" * 16, 0)]
    pen = Scribe("gate-1", b"j" * 16)
    pen.write(Kind.FREE)
    collector.process([board.say(pen.batch())], 0, NOON)
    answers = heard(board, collector.process([board.say(birth(head=1, list_version=0))], 0, NOON))
    assert answers[0] == Ack(b"j" * 16, 1)
    assert isinstance(answers[1], ListOffer)
    # A gate that knows less of its journal than we do was put back to an older state.
    assert heard(board, collector.process(greeting, 0, NOON)) == []
    assert seen(park) == {Incident.ROLLBACK: 1}


def test_a_list_travels_in_chunks(park: Centre, collector: Collector, board: Board) -> None:
    sell(park, Order("adult", TODAY, count=2000))
    chance = random.Random(1)
    with park.store.write() as connection:
        issue.set_status(connection, chance.sample(range(1, 1001), 200), Status.VOID)
        issue.set_status(connection, range(1001, 1100), Status.SUSPENDED)
        park.issuer().reprint(connection, 1500)
    [packet] = collector.refresh(NOON + 1)
    offer = board.hear(packet)
    assert isinstance(offer, ListOffer)
    manifest = open_manifest(offer.manifest, KeyRing.from_json(board.bundle.ring))
    assert (manifest.version, manifest.count) == (2, 2000)
    body = b""
    while len(body) < manifest.body_bytes:
        want = Want(manifest.series, manifest.version, len(body))
        [piece] = heard(board, collector.process([board.say(want)], 0, NOON))
        assert isinstance(piece, Chunk)
        assert piece.offset == len(body)
        assert 0 < len(piece.data) <= MAX_CHUNK_BYTES
        body += piece.data
    listing = open_body(manifest, body)
    found = Counter(listing.status(serial) for serial in range(1, 2002))
    assert found == {Status.VALID: 1701, Status.VOID: 200, Status.SUSPENDED: 99, Status.BEYOND: 1}
    assert listing.min_issue == {1500: 1}
    assert collector.refresh(NOON + 2) == []


def test_a_body_of_many_chunks_comes_back_whole(park: Centre) -> None:
    """Longer than one message: cut by the database, not by the network."""
    from sqlalchemy import update

    from fleet_manager import schema

    body = random.Random(2).randbytes(2 * MAX_CHUNK_BYTES + 5)
    with park.store.write() as connection:
        lists.make(connection, park.unlock().list, NOON)
        connection.execute(update(schema.list_version).values(body=body))
    with park.store.read() as connection:
        sizes, got = [], b""
        while (piece := lists.chunk(connection, Want("main", 1, len(got)))) is not None:
            got += piece.data
            sizes.append(len(piece.data))
    assert got == body
    assert sizes == [MAX_CHUNK_BYTES, MAX_CHUNK_BYTES, 5]


@pytest.mark.parametrize(
    "want",
    [
        Want("main", 9, 0),
        Want("other", 1, 0),
        Want("main", 1, 1 << 20),
        Want("main", 1, (1 << 63) - 1),
        Want("main", (1 << 63) - 1, 0),
        Want("a\0b", 1, 0),
    ],
)
def test_a_list_that_is_gone_is_answered_with_todays(
    collector: Collector, board: Board, want: Want
) -> None:
    [answer] = heard(board, collector.process([board.say(want)], 0, NOON))
    assert isinstance(answer, ListOffer)


def test_old_lists_are_cleared_away(park: Centre, collector: Collector, board: Board) -> None:
    signer = park.unlock().list
    newest = 1 + lists.KEPT_VERSIONS + 2
    for version in range(2, newest + 1):
        with park.store.write() as connection:
            # The centre's clock is put back; the list's time must not be.
            made = lists.make(connection, signer, NOON - 5000 * version)
        assert (made.version, made.as_of_ms) == (version, NOON)
    with park.store.read() as connection:
        kept = [
            version
            for version in range(1, newest + 1)
            if lists.chunk(connection, Want("main", version, 0))
        ]
    assert kept == list(range(newest - lists.KEPT_VERSIONS + 1, newest + 1))


def test_state_and_birth_are_kept_apart(park: Centre, collector: Collector, board: Board) -> None:
    collector.process([board.say(birth(software="0.1\x1b[2J"))], 0, NOON)
    collector.process([board.say(STATE)], 0, NOON + 5)
    collector.process([board.say(birth(software="0.2"))], 0, NOON + 9)
    with park.store.read() as connection:
        [gate] = fleet.gates(connection)
    assert (gate.seen_ms, gate.software) == (NOON + 9, "0.2")
    assert json.loads(gate.state)["faults"] == ["scanner gone"]


def test_what_is_no_message_of_ours_is_counted_and_stops_nothing(
    park: Centre, collector: Collector, board: Board
) -> None:
    topic, payload = board.say(STATE)
    other = Ed25519PrivateKey.generate()
    pen = Scribe("gate-1", b"k" * 16)
    pen.write(Kind.FREE)
    bad = [
        ("", b""),
        ("a/b/c/d", b"x"),
        (topic, b""),
        (topic, payload + b"x"),
        (topic.replace("gate-1", "gate-7"), payload),
        (topic.replace("west-lake", "other"), payload),
        (topic.replace("state", "birth"), payload),
        (topic, messages.encode(topic, STATE, b"nope", other.sign)),
        board.say(Ack(b"j" * 16, 5)),
    ]
    answers = collector.process([*bad, board.say(pen.batch())], 0, NOON)
    assert heard(board, answers) == [Ack(pen.journal_id, 1)]
    with park.store.read() as connection:
        found = incidents.every(connection)
    assert sum(one.times for one in found) == len(bad)
    assert {one.kind for one in found} == {Incident.REFUSED}


def test_a_dropped_message_is_counted(park: Centre, collector: Collector) -> None:
    collector.process([], 3, NOON)
    collector.process([], 2, NOON + 7)
    with park.store.read() as connection:
        [one] = incidents.every(connection)
    assert (one.kind, one.times, one.first_ms, one.last_ms) == (
        Incident.DROPPED, 5, NOON, NOON + 7,
    )  # fmt: skip


def test_a_flood_of_incidents_is_folded(
    park: Centre, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "MAX_KINDS", 3)
    for n in range(9):
        collector.process([(f"sg1/west-lake/gate-{n}/up/state", b"x")], 0, NOON)
    with park.store.read() as connection:
        assert len(incidents.every(connection)) == 4
    assert sum(seen(park).values()) >= 1


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_changed_byte_is_refused_and_counted(
    park: Centre, collector: Collector, board: Board, data: st.DataObject
) -> None:
    pen = Scribe("gate-1", b"m" * 16)
    pen.write(Kind.TAKEN, ticket=ticket_id(1), product=1)
    choices: list[Message] = [pen.batch(), STATE, birth()]
    topic, payload = board.say(data.draw(st.sampled_from(choices)))
    at = data.draw(st.integers(0, len(payload) - 1))
    changed = bytearray(payload)
    changed[at] ^= data.draw(st.integers(1, 255))
    before = sum(one.times for one in _all(park))
    assert collector.process([(topic, bytes(changed))], 0, NOON) == []
    assert sum(one.times for one in _all(park)) == before + 1


def _all(park: Centre) -> list[incidents.Seen]:
    with park.store.read() as connection:
        return incidents.every(connection)


number = st.integers(0, (1 << 63) - 1)
any_message: st.SearchStrategy[Message] = st.one_of(
    st.builds(
        Birth, st.binary(min_size=16, max_size=16), number, st.text(), number, number, st.text(),
        number,
    ),
    st.builds(
        State, number, st.integers(0, NOON), number, number, number, st.integers(0, NOON),
        st.lists(st.tuples(number, st.text(), st.text()), max_size=3).map(tuple),
        st.lists(st.text(), max_size=3).map(tuple),
    ),
    st.builds(Want, st.text(), number, number),
    st.builds(
        Batch, st.binary(min_size=16, max_size=16), st.integers(1, (1 << 63) - 1),
        st.binary(min_size=32, max_size=32),
        st.lists(st.binary(max_size=300), min_size=1, max_size=5).map(tuple),
    ),
)  # fmt: skip


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(message=any_message)
def test_a_gate_gone_mad_harms_nobody(collector: Collector, board: Board, message: Message) -> None:
    try:
        packet = board.say(message)
    except WireError:
        return
    for answer in collector.process([packet], 0, NOON):
        board.hear(answer)


@given(payload=st.binary(max_size=200), topic=st.text(max_size=80))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_on_any_topic(collector: Collector, topic: str, payload: bytes) -> None:
    assert collector.process([(topic, payload)], 0, NOON) == []


def test_a_new_gate_is_known_after_a_refresh(
    park: Centre, collector: Collector, tmp_path: Path
) -> None:
    late = Board("gate-2", enrol(park, "gate-2", tmp_path / "gate-2"))
    assert collector.process([late.say(birth())], 0, NOON) == []
    collector.refresh(NOON + 1)
    assert late.hear(collector.process([late.say(birth())], 0, NOON)[0]) == Ack(b"j" * 16, 0)
    assert PublicKey.of(late.bundle.public, Use.GATE, "gate-2").id == key_id(late.bundle.public)


def test_a_gate_that_greeted_too_early_is_offered_the_list(
    park: Centre, collector: Collector, tmp_path: Path
) -> None:
    early = Board("gate-2", enrol(park, "gate-2", tmp_path / "gate-2"))
    assert collector.process([early.say(birth(list_version=0))], 0, NOON) == []
    answers = collector.refresh(NOON + 1000)
    assert [early.hear(answer) for answer in answers] == [collector_offer(park)]
    assert collector.refresh(NOON + 2000) == []


def test_a_gate_whose_state_tells_an_older_list_is_offered_the_newest(
    park: Centre, collector: Collector, board: Board
) -> None:
    state = State(1, NOON, 2, 0, 0, 0, (), ())
    (answer,) = collector.process([board.say(state)], 0, NOON)
    assert board.hear(answer) == collector_offer(park)
    newest = State(1, NOON, 2, 0, collector.list_version, 0, (), ())
    assert collector.process([board.say(newest)], 0, NOON) == []


def collector_offer(park: Centre) -> ListOffer:
    """What every gate must have."""
    with park.store.read() as connection:
        newest = lists.newest(connection)
    assert newest is not None
    return ListOffer(newest.manifest)
