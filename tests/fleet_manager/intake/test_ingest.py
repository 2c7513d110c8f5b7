"""Test ingest: idempotent, without gaps, chained; the same tables whatever the network did."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fleet_manager.database import incidents
from fleet_manager.database import tables as schema
from fleet_manager.database.store import Store
from fleet_manager.incident import Incident
from fleet_manager.intake.ingest import ingest
from fleet_manager.intake.tallies import Entry, first_entries
from fleet_manager.park_time import Calendar
from gate_agent.validator.messages.envelopes import Ack, Batch
from gate_agent.validator.moment import END_MS
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.conftest import GATES, SHANGHAI, furnish
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

CALENDAR = Calendar(SHANGHAI)


def store_batches(store: Store, *batches: tuple[str, Batch]) -> dict[bytes, int]:
    """Ingest batches in one transaction and return the acknowledged marks."""
    with store.write() as connection:
        acks = ingest(connection, batches, CALENDAR, NOON)
    assert all(isinstance(ack, Ack) for _gate, ack in acks)
    return {ack.journal_id: ack.mark for _gate, ack in acks}


def incident_counts(store: Store) -> Counter[tuple[Incident, str]]:
    with store.read() as connection:
        return Counter(
            {(counted.kind, counted.gate): counted.times for counted in incidents.every(connection)}
        )


def tables(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows that must not depend on how the records arrived."""
    passage, journal, tally = schema.passage, schema.journal, schema.tally
    with store.read() as connection:
        columns = [column for column in passage.c if column.name != "journal"]
        rows = connection.execute(
            select(journal.c.id, *columns).join(journal, journal.c.no == passage.c.journal)
        )
        marks = connection.execute(
            select(journal.c.id, journal.c.gate, journal.c.mark, journal.c.head, journal.c.forked)
        )
        return {
            "passage": sorted(map(tuple, rows), key=repr),
            "journal": sorted(map(tuple, marks)),
            "tally": sorted(map(tuple, connection.execute(select(tally)))),
        }


def scribe(gate: str = "gate-1", records: int = 0, number: int = 1) -> Scribe:
    pen = Scribe(gate, bytes([number]) * 16)
    for n in range(records):
        pen.write(PassageKind.TAKEN, ticket=ticket_id(n), product=1)
    return pen


def test_stores_a_batch_and_acknowledges_its_end(store: Store) -> None:
    pen = scribe(records=3)
    assert store_batches(store, ("gate-1", pen.batch())) == {pen.journal_id: 3}
    rows = tables(store)
    assert [row[1] for row in rows["passage"]] == [1, 2, 3]
    assert rows["journal"] == [(pen.journal_id, "gate-1", 3, pen.heads[3], False)]
    assert [row[-3:] for row in rows["tally"]] == [(3, 3, 3)]


def test_a_repeated_batch_changes_nothing(store: Store) -> None:
    pen = scribe(records=3)
    store_batches(store, ("gate-1", pen.batch()))
    before = tables(store)
    assert store_batches(store, ("gate-1", pen.batch()), ("gate-1", pen.batch(2, 1))) == {
        pen.journal_id: 3
    }
    assert tables(store) == before
    assert not incident_counts(store)


def test_a_gap_is_not_stored_and_the_mark_asks_for_the_rest(store: Store) -> None:
    pen = scribe(records=5)
    assert store_batches(store, ("gate-1", pen.batch(1, 2)), ("gate-1", pen.batch(4))) == {
        pen.journal_id: 2
    }
    assert incident_counts(store) == {(Incident.GAP, "gate-1"): 1}
    assert store_batches(store, ("gate-1", pen.batch(3))) == {pen.journal_id: 5}


def test_records_that_the_gate_has_no_more_do_not_stop_its_journal(store: Store) -> None:
    """The centre's backup is older than all that the gate keeps."""
    pen = scribe(records=9)
    store_batches(store, ("gate-1", pen.batch(1, 2)))
    kept = replace(pen.batch(6, 2), oldest=6)
    assert store_batches(store, ("gate-1", kept)) == {pen.journal_id: 7}
    assert store_batches(store, ("gate-1", kept), ("gate-1", pen.batch(7))) == {pen.journal_id: 9}
    assert incident_counts(store) == {(Incident.GAP, "gate-1"): 1}
    rows = tables(store)
    assert [row[1] for row in rows["passage"]] == [1, 2, 6, 7, 8, 9]
    assert [row[-3:] for row in rows["tally"]] == [(6, 6, 6)]


def test_what_follows_a_hole_waits_for_the_records_before_it(store: Store) -> None:
    pen = scribe(records=9)
    batches = (("gate-1", pen.batch(1, 2)), ("gate-1", replace(pen.batch(6), oldest=6)))
    assert store_batches(store, *batches) == {pen.journal_id: 2}
    assert store_batches(store, *batches) == {pen.journal_id: 9}


def test_overlap_across_calls_and_within_one(store: Store) -> None:
    pen = scribe(records=9)
    store_batches(store, ("gate-1", pen.batch(1, 3)))
    marks = store_batches(
        store, ("gate-1", pen.batch(2, 4)), ("gate-1", pen.batch(3, 5)), ("gate-1", pen.batch(6))
    )
    assert marks == {pen.journal_id: 9}
    assert len(tables(store)["passage"]) == 9
    assert not incident_counts(store)


@pytest.mark.parametrize("again", [1, 2, 3])
def test_another_story_for_a_stored_record_is_a_fork(store: Store, again: int) -> None:
    pen = scribe(records=3)
    store_batches(store, ("gate-1", pen.batch()))
    other = scribe(records=3)
    other.records[again - 1 :] = []
    other = Scribe("gate-1", pen.journal_id, other.records)
    for n in range(4):
        other.write(PassageKind.TAKEN, ticket=ticket_id(100 + n))
    before = tables(store)
    assert store_batches(store, ("gate-1", other.batch())) == {}
    assert incident_counts(store) == {(Incident.FORK, "gate-1"): 1}
    assert tables(store)["passage"] == before["passage"]
    # From now on nothing of this journal is acknowledged, whichever branch speaks.
    assert store_batches(store, ("gate-1", pen.batch())) == {}


def test_a_fork_takes_back_an_acknowledgement_of_the_same_call(store: Store) -> None:
    pen, other = scribe(records=2), scribe()
    other.write(PassageKind.FREE)
    assert store_batches(store, ("gate-1", pen.batch()), ("gate-1", other.batch())) == {}


def test_another_past_of_a_continuing_batch_is_a_fork(store: Store) -> None:
    pen = scribe(records=3)
    store_batches(store, ("gate-1", pen.batch(1, 2)))
    lie = replace(pen.batch(3), before=bytes(32))
    assert store_batches(store, ("gate-1", lie)) == {}
    assert incident_counts(store) == {(Incident.FORK, "gate-1"): 1}


@pytest.mark.parametrize("bad", [b"", b"\xff", b"\x80", b"\x00" * 300])
def test_a_malformed_record_stops_the_mark_and_nothing_before_it(store: Store, bad: bytes) -> None:
    pen = scribe(records=2)
    pen.append(bad)
    pen.write(PassageKind.FREE)
    assert store_batches(store, ("gate-1", pen.batch())) == {pen.journal_id: 2}
    assert store_batches(store, ("gate-1", pen.batch(3))) == {pen.journal_id: 2}
    assert incident_counts(store) == {(Incident.MALFORMED, "gate-1"): 2}


def test_a_record_with_anothers_number_is_malformed(store: Store) -> None:
    pen = scribe(records=1)
    pen.append(pen.records[0])
    assert store_batches(store, ("gate-1", pen.batch())) == {pen.journal_id: 1}
    assert incident_counts(store) == {(Incident.MALFORMED, "gate-1"): 1}


def test_two_journals_in_one_call(store: Store) -> None:
    north, other = scribe(records=2), scribe("gate-2", 3, number=2)
    marks = store_batches(store, ("gate-1", north.batch()), ("gate-2", other.batch()))
    assert marks == {north.journal_id: 2, other.journal_id: 3}


def test_nothing_is_nothing(store: Store) -> None:
    assert store_batches(store) == {}


def test_days_and_hours_are_the_parks(store: Store) -> None:
    pen = scribe()
    pen.write(
        PassageKind.FREE, wall_ms=NOON + 11 * 3_600_000 + 3_599_999
    )  # 23:59:59.999 in Shanghai
    pen.write(PassageKind.FREE, wall_ms=NOON + 12 * 3_600_000)
    pen.write(PassageKind.FREE, wall_ms=0)
    pen.write(PassageKind.FREE, wall_ms=END_MS - 1)
    assert store_batches(store, ("gate-1", pen.batch())) == {pen.journal_id: 4}
    day = CALENDAR.day(NOON)
    hours = {row[:2] for row in tables(store)["tally"]}
    assert {(day, 23), (day + 1, 0), (719163, 8)} <= hours
    assert len(hours) == 4


# --- first entries ----------------------------------------------------------------------------


def entry(at: int, persons: int = 1, admits: int = 1, tally: str = "") -> Entry:
    return Entry(
        wall_ms=at,
        gate="gate",
        journal=b"",
        seq=at,
        persons=persons,
        admits=admits,
        tally=(tally or str(at),),
    )


def test_the_earliest_persons_are_the_first_entries() -> None:
    assert first_entries([entry(2), entry(1)]) == {("1",): 1, ("2",): 0}
    assert first_entries([entry(1, 3, 4), entry(2, 3, 4)]) == {("1",): 3, ("2",): 1}
    assert first_entries([]) == {}


def firsts(store: Store) -> dict[str, int]:
    entries: Counter[str] = Counter()
    for row in tables(store)["tally"]:
        entries[row[2]] += row[-1]
    return dict(entries)


def test_a_late_report_of_an_earlier_entry_moves_the_first_entry(store: Store) -> None:
    late, early = scribe("gate-1"), scribe("gate-2", number=2)
    early.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON)
    late.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + 1)
    late.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + 86_400_000)  # another day
    store_batches(store, ("gate-1", late.batch()))
    assert firsts(store) == {"gate-1": 2}
    store_batches(store, ("gate-2", early.batch()))
    assert firsts(store) == {"gate-1": 1, "gate-2": 1}


def test_two_tickets_are_used_again_at_two_gates_in_one_call(store: Store) -> None:
    pens = [scribe("gate-1"), scribe("gate-2", number=2)]
    for pen in pens:
        for _ in range(3):
            pen.write(PassageKind.TAKEN, ticket=ticket_id(pen.journal_id[0]))
    store_batches(store, *((pen.gate, pen.batch()) for pen in pens))
    assert firsts(store) == {"gate-1": 1, "gate-2": 1}


def test_of_different_claims_what_a_ticket_admits_the_least_holds(store: Store) -> None:
    pen = scribe()
    for admits in (4, 4, 1, 4):
        pen.write(PassageKind.TAKEN, ticket=ticket_id(1), admits=admits)
    for seq in range(1, 5):
        store_batches(store, ("gate-1", pen.batch(seq, 1)))
    assert firsts(store) == {"gate-1": 1}


def test_exits_and_strangers_are_no_reentries(store: Store) -> None:
    pen = scribe()
    for direction in (Direction.IN, Direction.OUT):
        pen.write(PassageKind.TAKEN, ticket=ticket_id(1), direction=direction)
        pen.write(PassageKind.TAKEN, direction=direction)
    pen.write(PassageKind.UNRESOLVED, ticket=ticket_id(1))
    store_batches(store, ("gate-1", pen.batch()))
    assert firsts(store) == {"gate-1": 2}


# --- properties -------------------------------------------------------------------------------

kinds = st.sampled_from(list(PassageKind))
a_record = st.fixed_dictionaries(
    {
        "kind": kinds,
        "direction": st.sampled_from([Direction.IN, Direction.IN, Direction.OUT]),
        "wall_ms": st.integers(NOON, NOON + 5).map(lambda at: at)
        | st.integers(NOON, NOON + 86_400_000),
        "persons": st.integers(0, 5),
        "ticket": st.none() | st.integers(0, 3).map(ticket_id),
        "product": st.none() | st.integers(0, 4),
        "reason": st.integers(0, 30),
        "admits": st.integers(1, 4),
        "lane": st.integers(0, 2),
    }
)
stories = st.lists(
    st.tuples(st.sampled_from(sorted(GATES)), st.lists(a_record, min_size=1, max_size=12)),
    min_size=1,
    max_size=4,
)


def pens_of(story: list[tuple[str, list[dict[str, Any]]]]) -> list[Scribe]:
    pens = []
    for number, (gate, records) in enumerate(story, 1):
        pen = Scribe(gate, bytes([number]) * 16)
        for record in records:
            pen.write(**record)
        pens.append(pen)
    return pens


def fresh() -> Store:
    """Return a furnished database in memory: the properties need many."""
    store = Store.open("sqlite:///:memory:", create=True)
    furnish(store)
    return store


def parts_of(pen: Scribe, mark: int, chance: random.Random) -> Iterator[tuple[str, Batch]]:
    """Yield up to three parts of a journal as they arrive: repeated, or behind a lost part."""
    for _ in range(chance.randrange(4)):
        first = chance.randint(1, min(len(pen.records), mark + 2))
        count = chance.randint(1, len(pen.records) - first + 1)
        yield pen.gate, pen.batch(first, count)


def rest_of(pen: Scribe, mark: int) -> Batch:
    return pen.batch(min(len(pen.records), mark + 1))


def deliver(store: Store, pens: list[Scribe], chance: random.Random) -> None:
    """Store all journals as a bad network brings them."""
    marks = dict.fromkeys((pen.journal_id for pen in pens), 0)
    for round_number in range(200):
        together = [batch for pen in pens for batch in parts_of(pen, marks[pen.journal_id], chance)]
        if round_number > 20:  # the network heals
            together += [(pen.gate, rest_of(pen, marks[pen.journal_id])) for pen in pens]
        chance.shuffle(together)
        marks |= store_batches(store, *together)
        if all(marks[pen.journal_id] == len(pen.records) for pen in pens):
            break


@settings(max_examples=40, deadline=None)
@given(story=stories, seed=st.integers(0, 1 << 32))
def test_however_the_batches_travel_the_tables_are_the_same(story: list[Any], seed: int) -> None:
    pens = pens_of(story)
    store = fresh()
    for pen in pens:
        store_batches(store, (pen.gate, pen.batch()))
    straight = tables(store)
    store.close()

    store = fresh()
    deliver(store, pens, random.Random(seed))
    assert tables(store) == straight
    kinds = {kind for kind, _gate in incident_counts(store)}
    assert kinds <= {Incident.GAP, Incident.NEW_JOURNAL}
    store.close()


@settings(max_examples=40, deadline=None)
@given(story=stories, at=st.integers(0, 1 << 16), value=st.integers(1, 255), cut=st.booleans())
def test_a_changed_byte_in_a_record_is_seen_and_loses_nothing_before_it(
    story: list[Any],
    at: int,
    value: int,
    *,
    cut: bool,
) -> None:
    pen = pens_of(story)[0]
    at %= sum(map(len, pen.records))
    changed = list(pen.records)
    for number, record in enumerate(changed):
        if at < len(record):
            end = b"" if cut else bytes([record[at] ^ value]) + record[at + 1 :]
            changed[number] = record[:at] + end
            break
        at -= len(record)
    store = fresh()
    forged = Scribe(pen.gate, pen.journal_id, changed)
    mark = store_batches(store, (pen.gate, forged.batch()))[pen.journal_id]
    assert mark >= number
    if mark < len(changed):
        assert mark == number
        assert incident_counts(store) == {(Incident.MALFORMED, pen.gate): 1}
    # The true story cannot follow on a forged one unseen, and never changes it silently.
    assert store_batches(store, (pen.gate, pen.batch())) == (
        {} if mark > number else {pen.journal_id: len(pen.records)}
    )
    assert (incident_counts(store)[Incident.FORK, pen.gate] == 1) == (mark > number)
    store.close()
