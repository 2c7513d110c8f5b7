"""Test that times from boards without a clock are corrected, and that counts stay sums."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from fleet_manager.database import tables, tables_passages
from fleet_manager.database.store import Store
from fleet_manager.intake import time_correction
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.passages import boot_clocks
from fleet_manager.passages import tally as sums_of_tally
from fleet_manager.passages.boot_clocks import Basis
from fleet_manager.passages.counts import GroupBy, count
from gate_agent.validator.messages.envelopes import Batch, GateState
from gate_agent.validator.moment import ClockState, day_text
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.conftest import furnish
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

HOUR = 3_600_000
BOOTED = NOON - HOUR
"""When the boot of these boards began."""
COLD: dict[str, Any] = {"clock": ClockState.UNKNOWN}


def cold(pen: Scribe, at_ms: int, kind: PassageKind = PassageKind.TAKEN, **fields: Any) -> None:
    """Write a record of a board that believes it is 1970, `at_ms` after its boot."""
    pen.write(kind, wall_ms=at_ms, mono_ms=at_ms, **COLD, **fields)


def right(pen: Scribe, at_ms: int, kind: PassageKind = PassageKind.TAKEN, **fields: Any) -> None:
    """Write a record of a board whose clock has been set, `at_ms` after its boot."""
    pen.write(kind, wall_ms=BOOTED + at_ms, mono_ms=at_ms, **fields)


def state(at_ms: int, clock: int = 0, wall_ms: int = 5, boot: int = 7) -> GateState:
    return GateState(
        boot=boot,
        wall_ms=wall_ms,
        clock=clock,
        waiting=0,
        lists=(),
        lanes=(),
        faults=(),
        mono_ms=at_ms,
    )


def store_batches(store: Store, calendar: Calendar, *batches: Batch, gate: str = "gate-1") -> None:
    with store.write() as connection:
        ingest(connection, [(gate, batch) for batch in batches], calendar, NOON)
        time_correction.correct_new(connection, calendar)


def report(
    store: Store, calendar: Calendar, message: GateState, now_ms: int, gate: str = "gate-1"
) -> None:
    with store.write() as connection:
        time_correction.use_state(connection, gate, message, calendar, now_ms)


def by_hour(store: Store, calendar: Calendar) -> dict[tuple[str, str], tuple[int, int]]:
    """Return entries and first entries by day and hour, of all days."""
    with store.read() as connection:
        answer = count(connection, 1, 4_000_000, (GroupBy.DAY, GroupBy.HOUR))
        assert_sums(connection, calendar)
    return {
        (line.keys[0], line.keys[1]): (line.totals.entries, line.totals.first_entries)
        for line in answer.lines
        if line.totals.entries
    }


def assert_sums(connection: Connection, calendar: Calendar) -> None:
    """Assert that the tally is the sum of the records, and its own sums those of the tally."""
    assert not [
        line
        for month in sums_of_tally.stored_months(connection)
        for line in sums_of_tally.compare(connection, month)
    ]
    table, tally = tables.passage.c, tables.tally.c
    tallied = {
        (row.day, row.kind): (row.events, row.persons)
        for row in connection.execute(
            select(
                tally.day,
                tally.kind,
                func.sum(tally.events).label("events"),
                func.sum(tally.persons).label("persons"),
            ).group_by(tally.day, tally.kind)
        )
    }
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for row in connection.execute(select(table.day, table.kind, table.persons, table.wall_ms)):
        events, persons = sums.get((row.day, row.kind), (0, 0))
        sums[row.day, row.kind] = (events + 1, persons + row.persons)
        assert calendar.day(row.wall_ms) == row.day
    assert tallied == sums


TODAY = "2026-11-23"


def test_a_cold_boot_in_1970_is_put_right_by_the_first_trusted_record(
    store: Store, calendar: Calendar
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    cold(pen, 1000, ticket=ticket_id(1))
    cold(pen, 2000, PassageKind.DENIED, persons=0, reason=8)
    store_batches(store, calendar, pen.batch())
    assert by_hour(store, calendar) == {("1970-01-01", "08"): (1, 1)}
    right(pen, HOUR + 5000, ticket=ticket_id(2))
    store_batches(store, calendar, pen.batch(3))
    assert by_hour(store, calendar) == {(TODAY, "11"): (1, 1), (TODAY, "12"): (1, 1)}
    with store.read() as connection:
        assert boot_clocks.every(connection, "gate-1") == [
            boot_clocks.Boot(7, Basis.RECORD, BOOTED, 2)
        ]
        own_times = connection.execute(select(tables_passages.untimed.c.said_ms)).scalars().all()
    assert own_times == [1000, 2000]


def test_one_batch_or_many_give_the_same(tmp_path: Path, calendar: Calendar) -> None:
    """Also with a clock that is lost again in between."""
    pen = Scribe("gate-1", b"j" * 16)
    right(pen, 500, ticket=ticket_id(9))
    cold(pen, 1000, ticket=ticket_id(1))
    cold(pen, 2000)
    right(pen, 3000, ticket=ticket_id(1))
    pen.write(PassageKind.TAKEN, wall_ms=BOOTED + 4007, mono_ms=4000)
    cold(pen, 5000, ticket=ticket_id(3))
    right(pen, 6000)
    results = []
    for number, size in enumerate((1, 2, 3, 7)):
        store = Store.open(f"sqlite:///{tmp_path}/{number}.db", create=True)
        furnish(store)
        for first in range(1, 8, size):
            store_batches(store, calendar, pen.batch(first, min(size, 8 - first)))
        hours = by_hour(store, calendar)
        with store.read() as connection:
            results.append((hours, boot_clocks.every(connection, "gate-1")))
        store.close()
    assert all(result == results[0] for result in results)
    assert results[0][0] == {(TODAY, "11"): (7, 6)}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_earliest_result_counts_in_any_order_of_messages(
    store: Store, calendar: Calendar, order: Sequence[int]
) -> None:
    """A message may be slow, but none arrives before it was sent."""
    pen = Scribe("gate-1", b"j" * 16)
    cold(pen, 1000)
    store_batches(store, calendar, pen.batch())
    delays = (30, 4_000_000, 900)
    for place in order:
        report(store, calendar, state(2000), BOOTED + 2000 + delays[place])
    assert by_hour(store, calendar) == {(TODAY, "11"): (1, 1)}
    with store.read() as connection:
        [boot] = boot_clocks.every(connection, "gate-1")
    assert (boot.basis, boot.offset_ms) == (Basis.HEARD, BOOTED + 30)


def test_a_state_with_a_trusted_clock_is_better_than_its_arrival(
    store: Store, calendar: Calendar
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    cold(pen, 1000)
    store_batches(store, calendar, pen.batch())
    report(store, calendar, state(2000, 2, BOOTED + 2000), BOOTED + 9000)
    report(store, calendar, state(3000), BOOTED + 3001)
    with store.read() as connection:
        [boot] = boot_clocks.every(connection, "gate-1")
    assert (boot.basis, boot.offset_ms) == (Basis.STATE, BOOTED)


def test_records_that_come_after_the_state_are_put_right_too(
    store: Store, calendar: Calendar
) -> None:
    report(store, calendar, state(500), BOOTED + 500)
    pen = Scribe("gate-1", b"j" * 16)
    cold(pen, 1000)
    store_batches(store, calendar, pen.batch())
    assert by_hour(store, calendar) == {(TODAY, "11"): (1, 1)}


def test_another_gate_or_boot_is_no_evidence(store: Store, calendar: Calendar) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    cold(pen, 1000)
    store_batches(store, calendar, pen.batch())
    report(store, calendar, state(2000), BOOTED + 2000, gate="gate-2")
    report(store, calendar, state(2000, boot=8), BOOTED + 2000)
    assert by_hour(store, calendar) == {("1970-01-01", "08"): (1, 1)}
    with store.read() as connection:
        assert boot_clocks.every(connection, "gate-1") == [boot_clocks.Boot(7, Basis.SAID, 0, 1)]
        assert boot_clocks.to_correct(connection) == []


def test_first_entries_are_counted_anew(store: Store, calendar: Calendar) -> None:
    """An entry that seemed to be of 1970 was the first one of today."""
    pen, other = Scribe("gate-1", b"j" * 16), Scribe("gate-2", b"k" * 16)
    cold(pen, 1000, ticket=ticket_id(1))
    store_batches(store, calendar, pen.batch())
    other.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + 5000)
    store_batches(store, calendar, other.batch(), gate="gate-2")
    assert by_hour(store, calendar) == {("1970-01-01", "08"): (1, 1), (TODAY, "12"): (1, 1)}
    report(store, calendar, state(2000), BOOTED + 2000)
    assert by_hour(store, calendar) == {(TODAY, "11"): (1, 1), (TODAY, "12"): (1, 0)}


def test_absurd_numbers_in_a_state_are_no_evidence(store: Store, calendar: Calendar) -> None:
    for message in (
        state((1 << 63) - 1),
        state(0, 2, (1 << 53)),
        state(5, boot=1 << 40),
        state(NOON * 2),
    ):
        report(store, calendar, message, NOON)
    with store.read() as connection:
        assert not boot_clocks.every(connection, "gate-1")


def test_the_same_evidence_again_changes_nothing(store: Store, calendar: Calendar) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    cold(pen, 1000)
    store_batches(store, calendar, pen.batch())
    report(store, calendar, state(2000), BOOTED + 2000)
    with store.write() as connection:
        assert time_correction.correct_times(connection, "gate-1", 7, calendar) == 0
    assert day_text(calendar.day(BOOTED)) == TODAY


def test_a_gate_has_room_for_so_many_boots_and_keeps_those_that_time_a_record(
    store: Store, calendar: Calendar
) -> None:
    pen = Scribe("gate-1", b"j" * 16)
    cold(pen, 5, boot=0)
    store_batches(store, calendar, pen.batch())
    with store.write() as connection:
        for gate, boots in (("gate-1", range(boot_clocks.MOST_BOOTS + 20)), ("gate-2", [7])):
            for boot in boots:
                message = state(1, clock=2, wall_ms=NOON, boot=boot)
                time_correction.use_state(connection, gate, message, calendar, NOON)
    with store.read() as connection:
        query = select(tables_passages.boot.c.boot).filter_by(gate="gate-1")
        kept = set(connection.scalars(query))
    assert kept == {0, *range(boot_clocks.MOST_BOOTS, boot_clocks.MOST_BOOTS + 20)}
