"""Test messages and their answers without a network, and any bytes at all."""

import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, update

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.daemon.packets import Packet
from fleet_manager.database import incidents, tables
from fleet_manager.database.incidents import Incident
from fleet_manager.gates import gates
from fleet_manager.gates.gates import Bundle
from fleet_manager.lists import publisher, versions
from fleet_manager.lists.publisher import ListPublisher
from fleet_manager.passages.counts import count
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.tickets.serials import count_sold
from fleet_manager.tickets.sold import find
from fleet_manager.tickets.status import add_entries, reprint, set_status
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import ListKind, Manifest, open_manifest
from gate_agent.validator.lists.ticket_list import Exceptions, TicketList, TicketStatus, open_body
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import (
    MAX_CHUNK_BYTES,
    Ack,
    Batch,
    Birth,
    Chunk,
    GateState,
    ListOffer,
    ListRequest,
    Message,
    topic_of,
)
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey, key_id
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.fleet_manager.tickets.test_sell import TODAY, sell


@dataclass
class Board:
    """A gate, with its bundle alone."""

    name: str
    bundle: Bundle

    def sign(self, message: Message, *, as_gate: str | None = None) -> Packet:
        key = load_pem_private_key(self.bundle.key, None)
        assert isinstance(key, Ed25519PrivateKey)
        topic = topic_of("west-lake", as_gate or self.name, type(message))
        return topic, envelopes.encode(topic, message, key_id(self.bundle.public), key.sign)

    def verify(self, packet: Packet) -> Message:
        ring = KeyRing.from_json(self.bundle.ring)
        return envelopes.decode(*packet, lambda use, id_, _gate: ring.find(use, id_))


@pytest.fixture
def board(park: Centre, tmp_path: Path) -> Board:
    return Board("gate-1", enrol(park, "gate-1", tmp_path / "gate-1"))


@pytest.fixture
def collector(park: Centre, board: Board) -> Collector:
    started = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    started.refresh(NOON)
    return started


def birth(**fields: object) -> Birth:
    values: dict[str, object] = {
        "journal_id": b"j" * 16, "boot": 1, "software": "0.1", "mark": 0, "head": 0,
        "lists": (("main", 1),), "keys_version": 1,
    }  # fmt: skip
    return Birth(**(values | fields))  # type: ignore[arg-type]


STATE = GateState(
    boot=1,
    wall_ms=NOON,
    clock=2,
    waiting=0,
    lists=(("main", 1, NOON),),
    lanes=((1, "controlled", "idle"),),
    faults=("scanner gone",),
    keys_version=1,
)


def incident_counts(park: Centre) -> Counter[Incident]:
    with park.store.read() as connection:
        return Counter({counted.kind: counted.times for counted in incidents.every(connection)})


def received(board: Board, answers: list[Packet]) -> list[Message]:
    assert all(topic.startswith(f"sg1/west-lake/{board.name}/down/") for topic, _ in answers)
    return [board.verify(packet) for packet in answers]


def test_records_are_acknowledged_when_they_are_durable(
    park: Centre, collector: Collector, board: Board
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    for n in range(3):
        pen.write(PassageKind.TAKEN, ticket=ticket_id(n), product=1)
    answers = collector.process([board.sign(pen.batch())], 0, NOON)
    assert received(board, answers) == [Ack(pen.journal_id, 3)]
    day = park.calendar.day(NOON)
    with park.store.read() as connection:
        assert count(connection, day, day).total.entries == 3


def test_a_birth_is_answered_with_mark_and_list(
    park: Centre, collector: Collector, board: Board
) -> None:
    greeting = [board.sign(birth())]
    ack, signal = received(board, collector.process(greeting, 0, NOON))
    assert ack == Ack(b"j" * 16, 0)
    assert isinstance(signal, BeaconMessage)
    pen = Scribe("gate-1", b"j" * 16)
    pen.write(PassageKind.FREE)
    collector.process([board.sign(pen.batch())], 0, NOON)
    answers = received(board, collector.process([board.sign(birth(head=1, lists=()))], 0, NOON))
    assert answers[0] == Ack(b"j" * 16, 1)
    assert isinstance(answers[1], ListOffer)
    # A gate that knows less of its journal than we do was put back to an older state.
    [only] = received(board, collector.process(greeting, 0, NOON))
    assert isinstance(only, BeaconMessage)
    assert incident_counts(park) == {Incident.ROLLBACK: 1}


def fetched(
    board: Board, collector: Collector, offer: Message, base: TicketList | None = None
) -> TicketList:
    """Return the list that a gate has after it has fetched all chunks."""
    assert isinstance(offer, ListOffer)
    manifest = open_manifest(offer.manifest, KeyRing.from_json(board.bundle.ring))
    body = b""
    while len(body) < manifest.body_bytes:
        want = ListRequest(manifest.series, manifest.version, manifest.base, len(body))
        [piece] = received(board, collector.process([board.sign(want)], 0, NOON))
        assert isinstance(piece, Chunk)
        assert piece.offset == len(body)
        assert 0 < len(piece.data) <= MAX_CHUNK_BYTES
        body += piece.data
    return open_body(manifest, body, base)


def test_a_list_travels_in_chunks(
    park: Centre, collector: Collector, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "MAX_CHUNK_BYTES", 100)
    sell(park, TicketOrder("adult", TODAY, count=2000))
    chance = random.Random(1)
    with park.store.write() as connection:
        set_status(connection, chance.sample(range(1, 1001), 200), TicketStatus.VOID)
        set_status(connection, range(1001, 1100), TicketStatus.SUSPENDED)
        reprint(connection, 1500)
        add_entries(connection, 1501, 2)
    packet, _beacon = collector.refresh(NOON + 1)
    listing = fetched(board, collector, board.verify(packet), empty_list())
    assert listing.manifest.version == 2
    assert listing.manifest.count == 2000
    by_status = Counter(listing.status(serial) for serial in range(1, 2002))
    assert by_status == {
        TicketStatus.VALID: 1701,
        TicketStatus.VOID: 200,
        TicketStatus.SUSPENDED: 99,
        TicketStatus.BEYOND: 1,
    }
    assert listing.exceptions == Exceptions({1500: 1}, {1501: 2}, {})
    assert collector.refresh(NOON + 2) == []


def empty_list() -> TicketList:
    """Return version 1: nothing was sold."""
    manifest = Manifest(
        series="main",
        kind=ListKind.SERIALS,
        version=1,
        as_of_ms=NOON,
        base=0,
        first=1,
        count=0,
        body_bytes=1,
        body=bytes(32),
        result=bytes(32),
    )
    return TicketList(manifest, b"")


def test_from_any_older_version_a_gate_comes_to_the_newest(
    park: Centre, collector: Collector, board: Board
) -> None:
    """By a delta, and to the very same list as by a snapshot."""
    chance = random.Random(3)
    lists: dict[int, TicketList] = {}
    bases: set[int] = set()
    for step in range(6):
        sell(park, TicketOrder("adult", TODAY, count=chance.randint(1, 500)))
        with park.store.write() as connection:
            count = count_sold(connection)
            for status in (TicketStatus.SUSPENDED, TicketStatus.VOID):
                valid = [
                    serial
                    for serial in range(1, count)
                    if _status(connection, serial) is TicketStatus.VALID
                ]
                set_status(connection, chance.sample(valid, 3), status)
            suspended = [
                serial
                for serial in range(1, count)
                if _status(connection, serial) is TicketStatus.SUSPENDED
            ]
            set_status(connection, suspended[:2], TicketStatus.VALID)
            reprint(connection, count)
        collector.refresh(NOON + step)
        newest = collector.list_version
        offer = answer(board, collector, birth(lists=()))
        lists[newest] = fetched(board, collector, offer)
        assert lists[newest].manifest.base == 0
        for version, base in lists.items():
            if version < newest:
                delta = answer(board, collector, birth(lists=(("main", version),)))
                came = fetched(board, collector, delta, base)
                bases.add(came.manifest.base)
                assert (came.bits, came.exceptions) == (
                    lists[newest].bits,
                    lists[newest].exceptions,
                )
                assert came.manifest.result == lists[newest].manifest.result
    assert len(bases) > 4


def _status(connection: Connection, serial: int) -> TicketStatus:
    return find(connection, serial).status


def answer(board: Board, collector: Collector, message: Message) -> Message:
    """Return the offer among the answers."""
    answers = received(board, collector.process([board.sign(message)], 0, NOON + 10))
    [offer] = [message for message in answers if isinstance(message, ListOffer)]
    return offer


def test_the_cheaper_way_is_offered(park: Centre, collector: Collector, board: Board) -> None:
    sell(park, TicketOrder("adult", TODAY, count=500))
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    with park.store.write() as connection:
        set_status(connection, range(1, 400, 3), TicketStatus.SUSPENDED)
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    with park.store.write() as connection:
        set_status(connection, range(1, 400, 3), TicketStatus.VALID)
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    # What was suspended and restored costs a gate that saw it as much again; from nothing, nothing.
    offer = answer(board, collector, birth(lists=(("main", 3),)))
    assert fetched(board, collector, offer).manifest.base == 0


def test_the_same_version_made_again_is_the_same_byte_for_byte(
    park: Centre, collector: Collector, board: Board
) -> None:
    sell(park, TicketOrder("adult", TODAY, count=50))
    with park.store.write() as connection:
        set_status(connection, [3, 4], TicketStatus.VOID)
    collector.refresh(NOON)
    sell(park, TicketOrder("adult", TODAY, count=50))  # sold since, and not in it
    offers = [answer(board, collector, birth(lists=()))]
    again = Collector(park.store, park.unlock(), "west-lake", park.calendar)
    again.refresh(NOON)
    offers.append(answer(board, again, birth(lists=())))
    assert offers[0] == offers[1]


@pytest.mark.parametrize(
    "want",
    [
        ListRequest("main", 9, 0, 0),
        ListRequest("main", 1, 7, 0),
        ListRequest("main", 1, 0, 1 << 20),
        ListRequest("main", 1, 0, (1 << 63) - 1),
        ListRequest("main", (1 << 63) - 1, 0, 0),
    ],
)
def test_a_body_that_is_gone_is_answered_with_one_that_is_there(
    collector: Collector, board: Board, want: ListRequest
) -> None:
    if want.base >= 1:
        assert collector.process([board.sign(want)], 0, NOON) == []
        return
    [offer] = received(board, collector.process([board.sign(want)], 0, NOON))
    assert isinstance(offer, ListOffer)
    assert offer.instead == want.version


@pytest.mark.parametrize("series", ["other", "a\0b", ""])
def test_a_series_that_is_not_there_is_answered_with_nothing(
    collector: Collector, board: Board, series: str
) -> None:
    assert collector.process([board.sign(ListRequest(series, 1, 0, 0))], 0, NOON) == []


def test_a_change_a_moment_ago_makes_a_new_version_first(
    park: Centre, collector: Collector, board: Board
) -> None:
    """A body can only be made of what the tables contain now."""
    sell(park, TicketOrder("adult", TODAY, count=5))
    with park.store.write() as connection:
        set_status(connection, [2], TicketStatus.VOID)
    offer = answer(board, collector, birth(lists=()))
    assert fetched(board, collector, offer).status(2) is TicketStatus.VOID
    assert collector.list_version == 2
    packet, _beacon = collector.refresh(NOON + 20)
    assert fetched(board, collector, board.verify(packet), empty_list()).manifest.version == 2


def test_a_version_made_by_another_process_is_offered_too(
    park: Centre, collector: Collector, board: Board
) -> None:
    sell(park, TicketOrder("adult", TODAY, count=5))
    with park.store.write() as connection:
        set_status(connection, [2], TicketStatus.VOID)
        ListPublisher(park.unlock().list).update(connection, "main", NOON)
    packet, _beacon = collector.refresh(NOON)
    assert fetched(board, collector, board.verify(packet), empty_list()).manifest.version == 2


def test_a_centre_that_knows_fewer_tickets_than_before_sends_a_snapshot(
    park: Centre, collector: Collector, board: Board
) -> None:
    """Back from a backup: a gate would not shorten its list."""
    sell(park, TicketOrder("adult", TODAY, count=5))
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    with park.store.write() as connection:
        connection.execute(delete(tables.ticket).where(tables.ticket.c.serial > 2))
    collector.refresh(NOON + 2 * versions.SALES_EVERY_MS)
    offer = answer(board, collector, birth(lists=(("main", 2),)))
    assert fetched(board, collector, offer).manifest.count == 2


def test_old_versions_are_forgotten_and_time_does_not_go_back(
    park: Centre, collector: Collector, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "KEPT_VERSIONS", 3)
    for version in range(2, 8):
        with park.store.write() as connection:
            # The centre's clock is put back; the list's time must not be.
            published = versions.publish(connection, "main", 0, 0, NOON - 5000 * version)
        assert (published.version, published.as_of_ms) == (version, NOON)
    with park.store.read() as connection:
        stored = [at for at in range(1, 9) if versions.find(connection, "main", at) is not None]
    assert stored == [5, 6, 7]
    collector.refresh(NOON + versions.RENEW_EVERY_MS)
    offer = answer(board, collector, birth(lists=(("main", 2),)))
    assert fetched(board, collector, offer).manifest.base == 0


def test_bodies_are_cached_within_limits(
    park: Centre, collector: Collector, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(board, collector, birth(lists=()))
    sell(park, TicketOrder("adult", TODAY, count=5))
    collector.refresh(NOON + versions.SALES_EVERY_MS)
    assert fetched(board, collector, first).manifest.version == 1
    monkeypatch.setattr(publisher, "KEPT_BYTES", 1)
    sell(park, TicketOrder("adult", TODAY, count=5))
    collector.refresh(NOON + 2 * versions.SALES_EVERY_MS)
    [instead] = received(
        board, collector.process([board.sign(ListRequest("main", 1, 0, 0))], 0, NOON + 10)
    )
    assert isinstance(instead, ListOffer)
    assert instead.instead == 1


def test_a_birth_and_a_state_are_stored_apart(
    park: Centre, collector: Collector, board: Board
) -> None:
    collector.process([board.sign(birth(software="0.1\x1b[2J"))], 0, NOON)
    collector.process([board.sign(STATE)], 0, NOON + 5)
    collector.process([board.sign(birth(software="0.2"))], 0, NOON + 9)
    with park.store.read() as connection:
        [gate] = gates.every(connection)
    assert (gate.seen_ms, gate.software) == (NOON + 9, "0.2")
    assert json.loads(gate.state)["faults"] == ["scanner gone"]


def test_what_is_no_message_of_ours_is_counted_and_stops_nothing(
    park: Centre, collector: Collector, board: Board
) -> None:
    topic, payload = board.sign(STATE)
    other = Ed25519PrivateKey.generate()
    pen = Scribe("gate-1", b"k" * 16)
    pen.write(PassageKind.FREE)
    bad = [
        ("", b""),
        ("a/b/c/d", b"x"),
        (topic, b""),
        (topic, payload + b"x"),
        (topic.replace("gate-1", "gate-7"), payload),
        (topic.replace("west-lake", "other"), payload),
        (topic.replace("state", "birth"), payload),
        (topic, envelopes.encode(topic, STATE, b"nope", other.sign)),
        board.sign(Ack(b"j" * 16, 5)),
    ]
    answers = collector.process([*bad, board.sign(pen.batch())], 0, NOON)
    assert received(board, answers) == [Ack(pen.journal_id, 1)]
    with park.store.read() as connection:
        counts = incidents.every(connection)
    assert sum(counted.times for counted in counts) == len(bad)
    assert {counted.kind for counted in counts} == {Incident.REFUSED}


def test_a_dropped_message_is_counted(park: Centre, collector: Collector) -> None:
    collector.process([], 3, NOON)
    collector.process([], 2, NOON + 7)
    with park.store.read() as connection:
        [counted] = incidents.every(connection)
    assert (counted.kind, counted.times, counted.first_ms, counted.last_ms) == (
        Incident.DROPPED, 5, NOON, NOON + 7,
    )  # fmt: skip


def test_a_journal_that_follows_another_one_is_an_incident(
    park: Centre, collector: Collector, board: Board
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    pen.write(PassageKind.FREE)
    collector.process([board.sign(birth()), board.sign(pen.batch())], 0, NOON)
    assert incident_counts(park) == {}
    collector.process([board.sign(birth(journal_id=b"k" * 16))], 0, NOON)
    [counted] = _all(park)
    assert (counted.kind, counted.gate) == (Incident.NEW_JOURNAL, "gate-1")
    assert counted.detail == f"{b'k'.hex() * 16} follows {b'j'.hex() * 16}, which ends at 1"


def test_two_boards_with_one_bundle_are_an_incident_that_names_the_gate(
    park: Centre, collector: Collector, board: Board
) -> None:
    for n in range(8):
        journal = (b"j" if n % 2 else b"k") * 16
        state = replace(STATE, boot=n % 2, mono_ms=1000 * n)
        packets = [board.sign(birth(journal_id=journal, boot=n % 2)), board.sign(state)]
        collector.process(packets, 0, NOON + n)
    [counted] = _all(park)
    assert (counted.kind, counted.gate) == (Incident.TWO_BOARDS, "gate-1")


def test_a_flood_of_incidents_is_folded(
    park: Centre, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "MAX_KINDS", 3)
    for n in range(9):
        collector.process([(f"sg1/west-lake/gate-{n}/up/state", b"x")], 0, NOON)
    with park.store.read() as connection:
        assert len(incidents.every(connection)) == 4
    assert sum(incident_counts(park).values()) >= 1


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_changed_byte_is_refused_and_counted(
    park: Centre, collector: Collector, board: Board, data: st.DataObject
) -> None:
    pen = Scribe("gate-1", b"m" * 16)
    pen.write(PassageKind.TAKEN, ticket=ticket_id(1), product=1)
    choices: list[Message] = [pen.batch(), STATE, birth()]
    topic, payload = board.sign(data.draw(st.sampled_from(choices)))
    at = data.draw(st.integers(0, len(payload) - 1))
    changed = bytearray(payload)
    changed[at] ^= data.draw(st.integers(1, 255))
    before = sum(counted.times for counted in _all(park))
    assert collector.process([(topic, bytes(changed))], 0, NOON) == []
    assert sum(counted.times for counted in _all(park)) == before + 1


def _all(park: Centre) -> list[incidents.IncidentCount]:
    with park.store.read() as connection:
        return incidents.every(connection)


number = st.integers(0, (1 << 63) - 1)
any_message: st.SearchStrategy[Message] = st.one_of(
    st.builds(
        Birth,
        journal_id=st.binary(min_size=16, max_size=16),
        boot=number,
        software=st.text(),
        mark=number,
        head=number,
        lists=st.lists(st.tuples(st.text() | st.just("main"), number), max_size=3).map(tuple),
    ),
    st.builds(
        GateState, boot=number, wall_ms=st.integers(0, NOON), clock=number, waiting=number,
        lists=st.lists(
            st.tuples(st.text() | st.just("main"), number, st.integers(0, NOON)), max_size=3
        ).map(tuple),
        lanes=st.lists(st.tuples(number, st.text(), st.text()), max_size=3).map(tuple),
        faults=st.lists(st.text(), max_size=3).map(tuple),
    ),
    st.builds(ListRequest, st.text() | st.just("main"), number, number, number),
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
        packet = board.sign(message)
    except WireError:
        return
    for answer in collector.process([packet], 0, NOON):
        board.verify(answer)


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
    assert collector.process([late.sign(birth())], 0, NOON) == []
    collector.refresh(NOON + 1)
    assert late.verify(collector.process([late.sign(birth())], 0, NOON)[0]) == Ack(b"j" * 16, 0)
    assert PublicKey.of(late.bundle.public, KeyUse.GATE, "gate-2").id == key_id(late.bundle.public)


def test_a_gate_that_greeted_too_early_is_offered_the_list(
    park: Centre, collector: Collector, tmp_path: Path
) -> None:
    early = Board("gate-2", enrol(park, "gate-2", tmp_path / "gate-2"))
    assert collector.process([early.sign(birth(lists=()))], 0, NOON) == []
    keys, offer, signal = [early.verify(packet) for packet in collector.refresh(NOON + 1000)]
    assert isinstance(signal, BeaconMessage)
    assert isinstance(keys, KeysOffer)
    assert isinstance(offer, ListOffer)
    assert fetched(early, collector, offer).manifest.version == 1
    assert collector.refresh(NOON + 2000) == []


def test_a_gate_whose_state_reports_an_older_list_is_offered_the_newest(
    park: Centre, collector: Collector, board: Board
) -> None:
    state = GateState(
        boot=1, wall_ms=NOON, clock=2, waiting=0, lists=(), lanes=(), faults=(), keys_version=1
    )
    offer = answer(board, collector, state)
    assert fetched(board, collector, offer).manifest.version == 1
    newest = replace(state, lists=(("main", collector.list_version, 0),))
    assert collector.process([board.sign(newest)], 0, NOON) == []


def test_a_new_connection_to_the_broker_offers_everything_again(
    collector: Collector, board: Board
) -> None:
    assert collector.refresh(NOON) == []
    [packet] = collector.announce_all(NOON)
    assert isinstance(board.verify(packet), ListOffer)
    assert collector.refresh(NOON) == []


def test_a_new_connection_to_the_broker_sends_the_mark_of_each_newest_journal(
    park: Centre, collector: Collector, board: Board
) -> None:
    for card, records in ((b"j" * 16, 3), (b"k" * 16, 1)):
        pen = Scribe("gate-1", card)
        for _ in range(records):
            pen.write(PassageKind.FREE)
        collector.process([board.sign(pen.batch())], 0, NOON)
    _offer, ack = received(board, collector.announce_all(NOON))
    assert ack == Ack(b"k" * 16, 1)
    with park.store.write() as connection:
        connection.execute(update(tables.journal).values(forked=True))
    [offer] = received(board, collector.announce_all(NOON))
    assert isinstance(offer, ListOffer)
