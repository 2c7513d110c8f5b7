"""Test messages and their answers without a network, and any bytes at all."""

import json
import random
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.database import incidents, tables
from fleet_manager.gates import gates
from fleet_manager.gates.gates import EnrolledGate
from fleet_manager.incident import Incident
from fleet_manager.passages.counts import count
from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import envelopes
from gate_agent.validator.messages.envelopes import (
    Ack,
    Batch,
    Birth,
    GateState,
    ListOffer,
    ListRequest,
    Message,
)
from gate_agent.validator.messages.trust_messages import BeaconMessage, KeysOffer
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.trust.keys import KeyUse, PublicKey, key_id
from tests.fleet_manager.boards import (
    STATE,
    Board,
    answer,
    birth,
    fetched,
    incident_counts,
    received,
)
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id


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
    assert incident_counts(park) == {}, "or it is an old birth that somebody sends again"
    for n in (1, 2, 3):
        state = replace(STATE, head=0, mono_ms=n, beacon_ms=NOON + n)
        collector.process([board.sign(state)], 0, NOON + 1)
    assert incident_counts(park) == {Incident.ROLLBACK: 2}


def test_a_report_is_what_the_newest_state_says(
    park: Centre, collector: Collector, board: Board
) -> None:
    state = replace(STATE, software="0.1\x1b[2J", mono_ms=5, beacon_ms=NOON - 7)
    collector.process([board.sign(birth()), board.sign(state)], 0, NOON)
    gate = only_gate(park)
    assert (gate.seen_ms, gate.software) == (NOON - 7, "0.1[2J")
    assert json.loads(gate.state)["faults"] == ["scanner gone"]


def test_a_gate_is_seen_when_it_proves_it_and_never_when_a_message_arrives(
    park: Centre, collector: Collector, board: Board
) -> None:
    """Whoever owns the broker has recorded a day, and the gate is dead."""
    recorded = [
        board.sign(birth(boot=boot, head=0)) if mono_ms is None else board.sign(
            replace(STATE, boot=boot, mono_ms=mono_ms, beacon_ms=beacon_ms, waiting=mono_ms)
        )
        for boot, mono_ms, beacon_ms in (
            (1, None, 0), (1, 10, 0), (1, 20, NOON), (1, 90, NOON + 60),
            (2, None, 0), (2, 5, 0), (2, 15, NOON + 120), (2, 75, NOON + 180),
        )
    ]  # fmt: skip
    collector.process(recorded, 0, NOON + 200)
    gate = only_gate(park)
    assert (gate.seen_ms, json.loads(gate.state)["waiting"]) == (NOON + 180, 75)
    chance = random.Random(8)
    for n in range(50):
        collector.process(chance.choices(recorded, k=9), 0, NOON + 1000 * n)
    assert only_gate(park) == gate
    assert incident_counts(park) == {}


def test_a_report_of_another_boot_needs_a_newer_beacon(
    park: Centre, collector: Collector, board: Board
) -> None:
    collector.process([board.sign(replace(STATE, mono_ms=900, beacon_ms=NOON))], 0, NOON)
    for beacon_ms, waiting in ((0, 0), (NOON, 0), (NOON + 1, 7)):
        state = replace(STATE, boot=2, mono_ms=5, waiting=7, beacon_ms=beacon_ms)
        collector.process([board.sign(state)], 0, NOON + 9)
        assert json.loads(only_gate(park).state)["waiting"] == waiting


def test_a_centre_whose_clock_was_ahead_is_told_of_new_boots_all_the_same(
    park: Centre, collector: Collector, board: Board
) -> None:
    year_ms = 365 * 86_400_000
    ahead = replace(STATE, mono_ms=900, beacon_ms=NOON + year_ms)
    collector.process([board.sign(ahead)], 0, NOON + year_ms)
    back = replace(STATE, boot=2, waiting=7, beacon_ms=NOON + 1)
    collector.process([board.sign(back)], 0, NOON + 5)
    assert only_gate(park).seen_ms == NOON + 1


def only_gate(park: Centre) -> EnrolledGate:
    with park.store.read() as connection:
        [gate] = gates.every(connection)
    return gate


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
    pen = Scribe("gate-1", b"k" * 16)
    pen.write(PassageKind.FREE)
    for _ in range(2):
        collector.process([board.sign(birth(journal_id=b"k" * 16))], 0, NOON)
        collector.process([board.sign(pen.batch())], 0, NOON)
    [counted] = _all(park)
    assert counted.times == 1
    assert (counted.kind, counted.gate) == (Incident.NEW_JOURNAL, "gate-1")
    last = f"{b'k'.hex() * 16} follows {b'j'.hex() * 16}, which ends at 1"
    assert (counted.detail, counted.last_detail) == ("", last)


def test_two_boards_with_one_bundle_are_an_incident_that_names_the_gate(
    park: Centre, collector: Collector, board: Board
) -> None:
    for n in range(8):
        journal = (b"j" if n % 2 else b"k") * 16
        state = replace(
            STATE, boot=n % 2, mono_ms=1000 * n, journal_id=journal, beacon_ms=NOON - 100 + n
        )
        packets = [board.sign(birth(journal_id=journal, boot=n % 2)), board.sign(state)]
        collector.process(packets, 0, NOON + n)
    [counted] = _all(park)
    assert (counted.kind, counted.gate) == (Incident.TWO_BOARDS, "gate-1")


def test_strangers_are_counted_together_and_the_last_is_named(
    park: Centre, collector: Collector
) -> None:
    for n in range(9):
        collector.process([(f"sg1/west-lake/gate-{n}/up/state", b"x")], 0, NOON)
    known, strangers = sorted(_all(park), key=lambda counted: counted.times)
    assert (known.gate, known.last_detail, known.times) == ("gate-1", "", 1)
    assert (strangers.gate, strangers.last_detail, strangers.times) == ("", "gate-8", 8)


def test_a_gate_cannot_make_rows_of_incidents_with_journals_of_its_own_naming(
    park: Centre, collector: Collector, board: Board
) -> None:
    for n in range(200):
        pen = Scribe("gate-1", n.to_bytes(16, "big"))
        pen.append(b"\xff" + bytes([n]))
        collector.process(
            [board.sign(pen.batch()), board.sign(birth(journal_id=b"z" * 15 + bytes([n])))], 0, NOON
        )
    counts = _all(park)
    assert {counted.kind for counted in counts} == {Incident.MALFORMED, Incident.NEW_JOURNAL}
    assert len(counts) <= 3
    with park.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.journal)) == 20


def test_journals_begun_on_another_day_are_taken_again(
    park: Centre, collector: Collector, board: Board
) -> None:
    acks = []
    for n in range(22):
        pen = Scribe("gate-1", n.to_bytes(16, "big"))
        pen.write(PassageKind.FREE)
        now_ms = NOON if n < 21 else NOON + 86_400_000
        acks += received(board, collector.process([board.sign(pen.batch())], 0, now_ms))
    assert [ack.journal_id[-1] for ack in acks if isinstance(ack, Ack)] == [*range(20), 21]
    counts = [one for one in _all(park) if one.kind is Incident.NEW_JOURNAL]
    assert [one.times for one in counts if "more than 20 in a day" in one.detail] == [1]


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
        mark=number,
        head=number,
        lists=st.lists(st.tuples(st.text() | st.just("main"), number), max_size=3).map(tuple),
    ),
    st.builds(
        GateState,
        boot=number,
        wall_ms=st.integers(0, NOON),
        clock=number,
        waiting=number,
        lists=st.lists(
            st.tuples(st.text() | st.just("main"), number, st.integers(0, NOON)), max_size=3
        ).map(tuple),
        lanes=st.lists(st.tuples(number, st.text(), st.text()), max_size=3).map(tuple),
        faults=st.lists(st.text(), max_size=3).map(tuple),
        mono_ms=number,
        head=number,
        software=st.text(),
        beacon_ms=st.integers(0, 2 * NOON),
    ),
    st.builds(ListRequest, st.text() | st.just("main"), number, number, number),
    st.builds(
        Batch,
        st.binary(min_size=16, max_size=16),
        st.integers(1, (1 << 63) - 1),
        st.binary(min_size=32, max_size=32),
        st.lists(st.binary(max_size=300), min_size=1, max_size=5).map(tuple),
    ),
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(message=any_message)
def test_a_gate_gone_mad_harms_nobody(collector: Collector, board: Board, message: Message) -> None:
    try:
        packet = board.sign(message)
    except WireError:
        return
    for sent in collector.process([packet], 0, NOON):
        board.verify(sent)


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
