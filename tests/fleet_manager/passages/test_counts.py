"""Test that every total is the sum of its parts, whatever happened at the gates."""

import json
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given, settings

from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.passages.counts import CountTable, GroupBy, Totals, count
from fleet_manager.terminal.count_tables import csv_table, reasons_table, screen_table
from fleet_manager.terminal.text_tables import csv_text, table, width
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.conftest import GATES
from tests.fleet_manager.intake.test_ingest import CALENDAR, fresh, pens_of, stories
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

TODAY = CALENDAR.day(NOON)


def ask(store: Store, *by: GroupBy, first: int = TODAY, last: int = TODAY) -> CountTable:
    with store.read() as connection:
        return count(connection, first, last, by)


def fill(store: Store, pens: list[Scribe]) -> None:
    with store.write() as connection:
        ingest(connection, [(pen.gate, pen.batch()) for pen in pens], CALENDAR, NOON)


@pytest.fixture
def busy(store: Store) -> Store:
    """Return a park with some records of every kind."""
    north, south = Scribe("gate-1", b"1" * 16), Scribe("gate-3", b"3" * 16)
    north.write(PassageKind.BOOT, detail="0.1")
    north.write(PassageKind.GRANTED, ticket=ticket_id(1), product=1)
    north.write(PassageKind.TAKEN, ticket=ticket_id(1), product=1)
    north.write(PassageKind.TAKEN, ticket=ticket_id(2), product=2, persons=5, admits=5)
    north.write(PassageKind.NOT_TAKEN, ticket=ticket_id(3), product=1, persons=2)
    north.write(PassageKind.DENIED, reason=int(Reason.ALIEN))
    north.write(
        PassageKind.DENIED, reason=int(Reason.VOID), ticket=ticket_id(3), product=1, persons=0
    )
    north.write(PassageKind.DENIED, reason=200)
    north.write(PassageKind.FORCED)
    south.write(PassageKind.TAKEN, ticket=ticket_id(1), product=1, wall_ms=NOON + 3_600_000)
    south.write(
        PassageKind.TAKEN, ticket=ticket_id(2), product=9, persons=2, direction=Direction.OUT
    )
    south.write(PassageKind.UNRESOLVED, ticket=ticket_id(4), product=1)
    south.write(PassageKind.FREE)
    south.write(PassageKind.MODE, detail="free")
    south.write(PassageKind.TAKEN, ticket=ticket_id(1), product=1, wall_ms=NOON + 86_400_000)
    fill(store, [north, south])
    return store


def test_the_park(busy: Store) -> None:
    answer = ask(busy)
    assert answer.lines == []
    assert answer.total.as_dict() == {
        "entries": 7,
        "first_entries": 6,
        "reentries": 1,
        "exits": 2,
        "inside": 5,
        "denied": 3,
        "denied_by_reason": {"alien": 1, "reason_200": 1, "void": 1},
        "not_taken": 2,
        "unresolved": 1,
        "forced": 1,
        "free": 1,
        "overridden": 0,
        "disowned": 0,
    }


def test_stations_hours_days_and_products(busy: Store) -> None:
    by = {line.keys: line.totals.entries for line in ask(busy, GroupBy.STATION, GroupBy.GATE).lines}
    assert by == {("north", "gate-1"): 6, ("south", "gate-3"): 1}
    by = {line.keys: line.totals.entries for line in ask(busy, GroupBy.HOUR).lines}
    assert by == {("12",): 6, ("13",): 1}
    by = {line.keys: line.totals.entries for line in ask(busy, GroupBy.DAY, last=TODAY + 1).lines}
    assert by == {("2026-11-23",): 7, ("2026-11-24",): 1}
    lines = {line.keys: line.totals for line in ask(busy, GroupBy.PRODUCT).lines}
    assert set(lines) == {("adult",), ("child",), ("#9",), ("-",)}
    assert lines["#9",].exits == 2
    assert lines["-",].denied == {"alien": 1, "reason_200": 1}


def test_another_day_is_empty(busy: Store) -> None:
    assert ask(busy, GroupBy.GATE, first=TODAY + 9, last=TODAY + 9) == CountTable(
        (GroupBy.GATE,), TODAY + 9, TODAY + 9, [], Totals()
    )


def test_the_table_lines_up_also_in_chinese(busy: Store) -> None:
    answer = ask(busy, GroupBy.STATION)
    names = {(GroupBy.STATION, "north"): "北门", (GroupBy.STATION, "south"): "the south gate"}
    text = table(*csv_table(answer, names))
    lines = text.splitlines()
    assert "denied:alien" in lines[0]
    assert lines[-1].startswith("total")
    assert len({width(line) for line in lines}) == 1
    header, rows = csv_table(answer, {})
    assert len({len(header), *map(len, rows)}) == 1
    assert csv_text(header, rows).count("\r\n") == 4


def test_a_screen_shows_no_empty_column_and_reasons_below(busy: Store) -> None:
    answer = ask(busy, GroupBy.STATION)
    names = {(GroupBy.STATION, "north"): "北门"}
    header, rows = screen_table(answer, names)
    assert "overridden" not in header
    assert rows[-1][:2] == ["total", 7]
    assert max(map(len, table(header, rows).splitlines())) < 120
    header, rows = reasons_table(answer, names, "zh")
    assert header == ["station", "reason", "refusals"]
    assert ["北门", "门票已退", 1] in rows
    assert sum(int(str(row[2])) for row in rows) == 3
    assert reasons_table(ask(busy), names)[0] == ["reason", "refusals"]


def test_a_code_that_a_spreadsheet_would_round_stays_a_text() -> None:
    assert csv_text(["a"], [["123456789012345"], ["1234567890123456"]]) == (
        "a\r\n123456789012345\r\n'1234567890123456\r\n"
    )


def test_nothing_hostile_reaches_terminal_or_spreadsheet() -> None:
    assert table(["a"], [["x\x1b[2Jy"]]) == "a\nx?[2Jy\n"
    assert table(["a", "bc"], []) == "a  bc\n"
    assert csv_text(["a"], [["=1+1"], ["-"], [-5]]) == "a\r\n'=1+1\r\n-\r\n-5\r\n"
    assert width("e\u0301") == 1


GROUPINGS = [
    (),
    (GroupBy.STATION,),
    (GroupBy.GATE,),
    (GroupBy.STATION, GroupBy.GATE),
    (GroupBy.PRODUCT,),
    (GroupBy.HOUR,),
    (GroupBy.DAY, GroupBy.PRODUCT, GroupBy.GATE),
]


@settings(max_examples=30, deadline=None)
@given(story=stories)
def test_every_total_is_the_sum_of_its_parts(
    story: list[Any],
) -> None:
    store = fresh()
    pens = pens_of(story)
    fill(store, pens)
    answers = {by: ask(store, *by, last=TODAY + 1) for by in GROUPINGS}
    totals = answers[()].total
    for by, answer in answers.items():
        assert answer.total.as_dict() == totals.as_dict()
        if by:
            summed = Totals()
            for line in answer.lines:
                assert line.totals.first_entries >= 0
                assert line.totals.reentries >= 0
                summed.add(line.totals)
            assert summed.as_dict() == totals.as_dict()
    stations: defaultdict[str, Totals] = defaultdict(Totals)
    for line in answers[GroupBy.STATION, GroupBy.GATE].lines:
        station, gate = line.keys
        assert GATES[gate] == station
        stations[station].add(line.totals)
    for line in answers[GroupBy.STATION,].lines:
        assert line.totals.as_dict() == stations[line.keys[0]].as_dict()
    json.dumps(totals.as_dict())
    _compare_with_a_plain_count(pens, totals)
    store.close()


def _compare_with_a_plain_count(pens: list[Scribe], totals: Totals) -> None:
    """Assert the same counts from the records themselves, the slow and obvious way."""
    from gate_agent.validator.passage import decode

    records = [decode(record) for pen in pens for record in pen.records]
    kinds = Counter(record.kind for record in records)
    assert sum(totals.denied.values()) == kinds[PassageKind.DENIED]
    assert totals.forced == kinds[PassageKind.FORCED]
    entries = [
        record
        for record in records
        if record.kind is PassageKind.TAKEN and record.direction is Direction.IN
    ]
    assert totals.entries == sum(record.persons for record in entries)
    assert totals.first_entries == _first_entries(entries)


def _first_entries(entries: list[Passage]) -> int:
    """Persons without a ticket, and of each ticket and day as many as it admits."""
    same: defaultdict[tuple[bytes, int], list[Passage]] = defaultdict(list)
    firsts = 0
    for entry in entries:
        if entry.ticket is None:
            firsts += entry.persons
        else:
            same[entry.ticket, CALENDAR.day(entry.wall_ms)].append(entry)
    for group in same.values():
        persons = sum(entry.persons for entry in group)
        firsts += min(persons, *(entry.admits for entry in group))
    return firsts


def test_who_was_let_in_against_a_refusal_counts_and_stands_apart(store: Store) -> None:
    gate = Scribe("gate-1", b"1" * 16)
    gate.write(PassageKind.TAKEN, persons=2, reason=Reason.USED.value, detail="zhang: checked")
    gate.write(PassageKind.TAKEN, persons=1)
    gate.write(PassageKind.NOT_TAKEN, persons=1, reason=Reason.USED.value)
    fill(store, [gate])
    total = ask(store).total
    assert (total.entries, total.overridden, total.denied) == (3, 2, {})
    assert total.not_taken == 1
