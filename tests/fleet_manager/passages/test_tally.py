"""Test that the sums by day and by month are those of their hours, and answer as these would."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from fleet_manager.database import tables_passages
from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.passages import counts, tally
from fleet_manager.passages.counts import GroupBy, Totals
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.conftest import GATES
from tests.fleet_manager.intake.test_ingest import CALENDAR, deliver, fresh, pens_of, stories
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

TODAY = CALENDAR.day(NOON)
DAY_MS = 86_400_000
EVERY = list(GroupBy)


def differences(store: Store) -> list[str]:
    with store.read() as connection:
        return [
            line
            for month in tally.stored_months(connection)
            for line in tally.compare(connection, month)
        ]


def fill(store: Store, chance: random.Random, sold: Sequence[int] = (1, 2, 3, 9)) -> None:
    """Store a few hundred records of every kind, from September to January. `sold`: products."""
    for at, gate in enumerate(GATES):
        pen = Scribe(gate, bytes([at]) * 16)
        for _ in range(150):
            kind = chance.choice([PassageKind.TAKEN] * 5 + list(PassageKind))
            number = chance.choice([None, *sold])
            pen.write(
                kind,
                wall_ms=NOON + chance.randrange(-80, 50) * DAY_MS + chance.randrange(DAY_MS),
                direction=chance.choice(list(Direction)),
                product=number,
                ticket=None if number is None else ticket_id(chance.randrange(60)),
                persons=chance.randrange(4),
                reason=chance.choice([0, int(Reason.USED), int(Reason.PASSBACK)]),
            )
        with store.write() as connection:
            ingest(connection, [(gate, pen.batch())], CALENDAR, NOON)


@settings(max_examples=25, deadline=None)
@given(story=stories, chance=st.randoms(use_true_random=False))
def test_the_sums_are_those_of_their_hours_however_the_records_arrive(
    story: list[Any], chance: random.Random
) -> None:
    store = fresh()
    deliver(store, pens_of(story), chance)
    assert differences(store) == []
    store.close()


PERIODS: list[tuple[date | int, date | int]] = [
    (TODAY, TODAY),
    (date(2026, 11, 1), date(2026, 11, 30)),
    (date(2026, 11, 1), date(2026, 12, 31)),
    (date(2026, 10, 15), date(2026, 12, 10)),
    (date(2026, 10, 1), date(2026, 12, 10)),
    (date(2026, 10, 15), date(2026, 12, 31)),
    (date(2026, 11, 2), date(2026, 11, 29)),
    (date(2026, 10, 20), date(2026, 11, 10)),
    (date(1, 1, 1), date.max),
]


def ordinal(day: date | int) -> int:
    return day if isinstance(day, int) else day.toordinal()


@pytest.mark.parametrize("station", [None, "north"])
def test_every_grouping_of_every_period_is_answered_as_its_hours_would(
    store: Store, station: str | None
) -> None:
    """Of all pairs of groups, each with and without the hour: with it the tally itself answers."""
    fill(store, random.Random(7))
    pairs = [(), *combinations([by for by in EVERY if by is not GroupBy.HOUR], 2)]
    with store.read() as connection:
        for (first, last), by in product(PERIODS, pairs):
            period = (ordinal(first), ordinal(last))
            plain = counts.count(connection, *period, by, station=station)
            fine = counts.count(connection, *period, (*by, GroupBy.HOUR), station=station)
            summed: defaultdict[tuple[str, ...], Totals] = defaultdict(Totals)
            for line in fine.lines:
                summed[line.keys[:-1]].add(line.totals)
            assert plain.total == fine.total
            assert {line.keys: line.totals for line in plain.lines} == (summed if by else {})


def test_a_station_is_counted_alone(store: Store) -> None:
    fill(store, random.Random(3))
    with store.read() as connection:
        by_station = counts.count(connection, TODAY - 60, TODAY, [GroupBy.STATION])
        for line in by_station.lines:
            alone = counts.count(connection, TODAY - 60, TODAY, station=line.keys[0])
            assert alone.total == line.totals


def test_lines_know_the_kind_of_product(store: Store) -> None:
    pen = Scribe("gate-1", bytes(16))
    pen.write(PassageKind.TAKEN, product=1, ticket=ticket_id(1))
    pen.write(PassageKind.TAKEN, product=77, ticket=ticket_id(2))
    pen.write(PassageKind.DENIED, reason=int(Reason.ALIEN))
    with store.write() as connection:
        ingest(connection, [("gate-1", pen.batch())], CALENDAR, NOON)
    with store.read() as connection:
        answer = counts.count(connection, TODAY, TODAY, [GroupBy.KIND, GroupBy.PRODUCT])
    assert [line.keys for line in answer.lines] == [
        ("-", "#77"),
        ("-", "-"),
        ("paid", "adult"),
    ]


@pytest.mark.parametrize("by", [(), (GroupBy.DAY,), (GroupBy.GATE,), (GroupBy.MONTH,)])
def test_entries_by_product_are_those_of_the_counts(store: Store, by: tuple[GroupBy, ...]) -> None:
    fill(store, random.Random(13))
    period = (TODAY - 60, TODAY + 20)
    with store.read() as connection:
        for station in (None, "south"):
            summed: Counter[tuple[str, ...]] = Counter()
            for keys, number, persons in counts.count_entries(
                connection, *period, by, station=station
            ):
                name = {1: "adult", 2: "child", 3: "pass", -1: "-"}.get(number, f"#{number}")
                summed[*keys, name] += persons
            table = counts.count(connection, *period, (*by, GroupBy.PRODUCT), station=station)
            wanted = {line.keys: line.totals.entries for line in table.lines}
            assert +summed == {keys: entries for keys, entries in wanted.items() if entries}


def test_inside_is_entries_less_exits_of_each_station_today(store: Store) -> None:
    fill(store, random.Random(5))
    with store.read() as connection:
        for day in (TODAY, TODAY + 1, TODAY + 400):
            wanted = {
                line.keys[0]: (line.totals.entries, line.totals.exits)
                for line in counts.count(connection, day, day, [GroupBy.STATION]).lines
                if line.totals.entries or line.totals.exits
            }
            got = counts.inside(connection, day)
            assert {key: both for key, both in got.items() if any(both)} == wanted


def test_what_differs_is_named_and_made_again(store: Store) -> None:
    fill(store, random.Random(11))
    days, months = tables_passages.tally_day, tables_passages.tally_month
    with store.write() as connection:
        connection.execute(update(days).where(days.c.day == TODAY).values(persons=99))
        connection.execute(delete(months).where(months.c.month == 202612))
        stray = dict.fromkeys(months.columns.keys(), 1) | {"month": 203001, "gate": "gate-1"}
        connection.execute(months.insert().values(stray))
    lines = differences(store)
    assert any(line.startswith(f"day {TODAY} north") and "/ 99 /" in line for line in lines)
    assert any(line.startswith("month 202612 ") and "says 0 / 0 / 0" in line for line in lines)
    assert any(line.startswith("month 203001 gate-1") for line in lines)
    with store.write() as connection:
        for month in tally.stored_months(connection):
            tally.rebuild(connection, month)
    assert differences(store) == []


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2026, 2, 14), (202602, date(2026, 2, 1), date(2026, 2, 28))),
        (date(2028, 2, 29), (202802, date(2028, 2, 1), date(2028, 2, 29))),
        (date.max, (999912, date(9999, 12, 1), date.max)),
    ],
)
def test_a_month_is_the_calendars(day: date, month: tuple[int, date, date]) -> None:
    number, first, last = month
    wanted = tally.Month(number, first.toordinal(), last.toordinal())
    assert tally.Month.of(day.toordinal()) == wanted


def test_a_park_without_records_has_no_months() -> None:
    store = fresh()
    with store.read() as connection:
        assert tally.stored_months(connection) == []
    store.close()
