"""Nothing that a gate says under its own key ends the collector, starves another gate or spoils the
books."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from fleet_manager.database import incidents, tables
from fleet_manager.database.store import Store
from fleet_manager.gates import key_renewals
from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.messages.link_secret import code_of
from gate_agent.validator.messages.notes import Claim, ClaimReply, note_topic, read_note, write_note
from gate_agent.validator.moment import END_MS, ClockState
from gate_agent.validator.passage import PassageKind, chain, genesis
from tests.fleet_manager.boards import STATE, Board
from tests.fleet_manager.conftest import enrol
from tests.fleet_manager.daemon.insider import PARK, Insider
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

ROUNDS = 100
GATES = ("gate-1", "gate-2", "gate-3")


@pytest.fixture
def boards(park: Centre, tmp_path: Path) -> dict[str, Board]:
    return {gate: Board(gate, enrol(park, gate, tmp_path / gate)) for gate in GATES}


class Honest:
    """A gate whose visitors must get in, whatever the others send."""

    def __init__(self, board: Board, vault: Vault) -> None:
        self._board = board
        self._secret = vault.link_secret(board.name, board.bundle.public)
        self._pen = Scribe(board.name, b"honest" + bytes(10))
        self._question = b""

    def claim(self, number: int) -> tuple[str, bytes]:
        """Return a claim on a ticket that nobody else has."""
        topic = note_topic(PARK, self._board.name, Claim.topic_end)
        note = Claim(
            journal_id=self._pen.journal_id,
            number=claim_number(len(self._pen.records) + 1, 1),
            ticket=ticket_id(1000 + number),
            persons=1,
            admits=1,
            policy=0,
            extra=0,
            passback=0,
            passback_ms=0,
            share=0,
        )
        payload = write_note(topic, note, self._secret)
        self._question = code_of(payload)
        return topic, payload

    def records(self, number: int) -> tuple[str, bytes]:
        """Return the record of a passage on that ticket."""
        self._pen.write(PassageKind.TAKEN, ticket=ticket_id(1000 + number), product=1)
        return self._board.sign(self._pen.batch(len(self._pen.records)))

    def check(self, answers: list[tuple[str, bytes]]) -> None:
        """Assert that the visitor was let in, and the record acknowledged."""
        replies = [
            read_note(topic, payload, self._secret, self._question)
            for topic, payload in answers
            if topic == note_topic(PARK, self._board.name, ClaimReply.topic_end)
        ]
        assert [reply.persons for reply in replies if isinstance(reply, ClaimReply)] == [1]
        marks = [
            getattr(self._board.verify(packet), "mark", None)
            for packet in answers
            if packet[0] == f"sg1/{PARK}/{self._board.name}/down/ack"
        ]
        assert marks == [len(self._pen.records)]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_gates_say_with_their_own_keys_the_others_are_answered_and_the_books_agree(
    park: Centre, store: Store, boards: dict[str, Board], seed: int
) -> None:
    vault = park.unlock()
    with store.write() as connection:
        for board in boards.values():
            key_renewals.put_in_force(connection, board.name, board.bundle.public, NOON)
        key_renewals.order(connection, ["gate-1"], forget=False)
    collector = Collector(store, vault, PARK, park.calendar)
    rng = random.Random(seed)
    strange = [Insider(boards[gate], vault, rng) for gate in GATES[:2]]
    honest = Honest(boards["gate-3"], vault)
    now_ms = NOON
    for number in range(ROUNDS):
        now_ms += rng.choice((0, 1, 1000, 60_000))
        collector.refresh(now_ms)
        packets = [rng.choice(strange).packet() for _ in range(rng.randint(0, 6))]
        packets.append(honest.claim(number))
        packets += [rng.choice(strange).packet() for _ in range(rng.randint(0, 3))]
        packets.append(honest.records(number))
        honest.check(collector.process(packets, 0, now_ms))
    check_books(store, park.calendar)


def check_books(store: Store, calendar: Calendar) -> None:
    """Assert that counts are the sums of the records, that journals have no gap, and that what is
    kept of the two strange gates is bounded."""
    with store.read() as connection:
        journals = connection.execute(select(tables.journal)).all()
        rows = connection.execute(select(tables.passage).order_by(tables.passage.c.seq)).all()
        tally = connection.execute(select(tables.tally)).all()
        kinds = Counter((row.kind, row.gate) for row in incidents.every(connection))
    for journal in journals:
        records = [row for row in rows if row.journal == journal.no]
        assert [row.seq for row in records] == list(range(1, journal.mark + 1))
        assert reduce(chain, (row.record for row in records), genesis(journal.id)) == journal.head
    check_tally(rows, tally, {journal.no: journal.gate for journal in journals}, calendar)
    assert max(kinds.values(), default=0) <= incidents.MAX_DETAILS + 1


def check_tally(
    rows: Sequence[Any], tally: Sequence[Any], gates: dict[int, str], calendar: Calendar
) -> None:
    """Assert that the tally is the sum of the records. `gates`: by number of the journal."""
    sums: Counter[tuple[object, ...]] = Counter()
    persons: Counter[tuple[object, ...]] = Counter()
    for row in rows:
        assert 0 <= row.wall_ms < END_MS
        day, hour = calendar.day_hour(row.wall_ms)
        assert day == row.day
        product = tables.NO_PRODUCT if row.product is None else row.product
        place = (gates[row.journal], row.lane, row.direction)
        key = (day, hour, *place, product, row.kind, row.reason)
        sums[key] += 1
        persons[key] += row.persons
    assert {tuple(row[:8]): row.events for row in tally} == dict(sums)
    assert {tuple(row[:8]): row.persons for row in tally} == dict(persons)
    assert all(0 <= row.first <= row.persons for row in tally)


def test_a_boot_clock_at_its_end_and_a_clock_at_its_end_give_a_time_in_the_calendar(
    park: Centre, collector: Collector, board: Board
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    cold = {"clock": ClockState.BOUNDED, "boot": 9, "mono_ms": (1 << 48) - 1}
    pen.write(PassageKind.TAKEN, ticket=ticket_id(1), product=1, **cold)
    state = replace(STATE, boot=9, wall_ms=END_MS - 1, mono_ms=0)
    collector.process([board.sign(pen.batch())], 0, NOON)
    collector.process([board.sign(state)], 0, NOON)
    with park.store.read() as connection:
        assert connection.scalar(select(tables.passage.c.wall_ms)) == END_MS - 1
    check_books(park.store, park.calendar)
