"""Test that a report's numbers are the counts', and that it says what makes them uncertain."""

from datetime import date

import pytest

from fleet_manager.centre import Centre
from fleet_manager.database import tables
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates
from fleet_manager.passages import counts
from fleet_manager.passages.counts import GroupBy
from fleet_manager.reports import report
from fleet_manager.reports.query import (
    GROUPS,
    ReportColumn,
    ReportQuery,
    Span,
    read_columns,
    read_groups,
)
from fleet_manager.reports.report import BEYOND, Report, SilentGate
from tests.fleet_manager.scribe import NOON

TODAY = date(2026, 11, 23)
NOVEMBER = Span.month(TODAY)
EVERY = tuple(ReportColumn)
MINUTE_MS, DAY_MS = 60_000, 86_400_000


def ask(centre: Centre, query: ReportQuery, now_ms: int = NOON) -> Report:
    with centre.store.read() as connection:
        enrolled = gates.every(connection, retired=True)
        return report.make(centre, connection, query, now_ms, enrolled)


@pytest.mark.parametrize("group", GROUPS)
def test_the_numbers_are_those_of_the_counts(busy: Centre, group: GroupBy) -> None:
    answer = ask(busy, ReportQuery(NOVEMBER, (group,), EVERY))
    with busy.store.read() as connection:
        table = counts.count(connection, NOVEMBER.first, NOVEMBER.last, (group,))
    counted = {
        line.keys: line.totals.as_dict()
        for line in [*table.lines, counts.CountLine((), table.total)]
    }
    for line in (*answer.lines, answer.total):
        wanted = counted.get(line.keys)
        for column, number in zip(EVERY, line.numbers, strict=True):
            if wanted is None:
                assert number == 0
            elif column.value in wanted:
                assert number == wanted[column.value]
    assert {line.keys for line in answer.lines} >= {*counted} - {()}


def test_visitors_are_sorted_by_what_they_hold(busy: Centre) -> None:
    columns = (ReportColumn.ENTRIES, ReportColumn.FREE, ReportColumn.PASS, ReportColumn.TEAM)
    answer = ask(busy, ReportQuery(NOVEMBER, (GroupBy.PRODUCT,), columns))
    by_product = {line.keys[0]: line.numbers for line in answer.lines}
    for code, (entries, free, holders, team) in by_product.items():
        assert free == (entries if code == "free-4" else 0)
        assert holders == (entries if code == "pass-5" else 0)
        assert team == (entries if code == "paid-6" else 0)
    assert all(number > 0 for number in answer.total.numbers)


def test_the_total_is_the_sum_of_the_lines_also_of_the_period_to_compare_with(
    busy: Centre,
) -> None:
    for by in [(), (GroupBy.GATE,), (GroupBy.DAY, GroupBy.STATION)]:
        before = NOVEMBER.preceding()
        answer = ask(busy, ReportQuery(NOVEMBER, by, EVERY, before))
        alone = ask(busy, ReportQuery(before, (), EVERY))
        assert answer.total.before == alone.total.numbers
        if by:
            for at in range(len(EVERY)):
                assert sum(line.numbers[at] for line in answer.lines) == answer.total.numbers[at]
                was = [line.before[at] for line in answer.lines if line.before is not None]
                assert sum(was) == alone.total.numbers[at]
                assert len(was) == len(answer.lines)


def test_days_and_months_stand_beside_those_of_the_other_period(busy: Centre) -> None:
    week, before = Span(TODAY.toordinal() - 6, TODAY.toordinal()), Span.day(TODAY).preceding()
    before = Span(week.first - 7, week.first - 1)
    answer = ask(busy, ReportQuery(week, (GroupBy.DAY,), EVERY, before))
    other = ask(busy, ReportQuery(before, (GroupBy.DAY,), EVERY))
    assert [line.before for line in answer.lines] == [line.numbers for line in other.lines]
    year, last = Span.year(TODAY), Span.year(date(2025, 1, 1))
    answer = ask(busy, ReportQuery(last, (GroupBy.MONTH,), EVERY, year))
    assert [line.keys[0] for line in answer.lines] == [f"2025-{at:02}" for at in range(1, 13)]
    months = {
        line.keys: line.numbers
        for line in ask(busy, ReportQuery(year, (GroupBy.MONTH,), EVERY)).lines
    }
    assert answer.lines[9].before == months["2026-10",]


def test_days_of_a_longer_month_are_one_line_behind_the_last(busy: Centre) -> None:
    columns = (ReportColumn.ENTRIES, ReportColumn.EXITS, ReportColumn.DENIED)
    before = Span(NOVEMBER.first - 40, NOVEMBER.first - 1)
    beyond = Span(before.first + 30, before.last)
    wanted = ask(busy, ReportQuery(beyond, (), columns)).total.numbers
    query = ReportQuery(NOVEMBER, (GroupBy.DAY,), columns, before)
    answer = ask(busy, query, NOON + 30 * DAY_MS)
    assert [line.keys[0] for line in answer.lines[-2:]] == ["2026-11-30", BEYOND]
    assert (answer.lines[-1].numbers, answer.lines[-1].before) == ((0, 0, 0), wanted)
    assert all(wanted)


def test_a_line_is_there_also_where_nothing_happened(busy: Centre) -> None:
    future = Span(TODAY.toordinal() + 300, TODAY.toordinal() + 302)
    by_gate = ask(busy, ReportQuery(future, (GroupBy.GATE,)))
    assert [line.keys for line in by_gate.lines] == [("gate-1",), ("gate-2",), ("gate-3",)]
    assert ask(busy, ReportQuery(future, (GroupBy.DAY,))).lines == ()
    north = ask(busy, ReportQuery(future, (GroupBy.STATION,), station="north"))
    assert [line.keys for line in north.lines] == [("north",)]
    october = ask(busy, ReportQuery(Span.month(date(2026, 6, 1)), (GroupBy.DAY,)))
    assert len(october.lines) == 30
    hours = ask(busy, ReportQuery(NOVEMBER, (GroupBy.HOUR,))).lines
    assert [int(line.keys[0]) for line in hours] == list(
        range(int(hours[0].keys[0]), int(hours[-1].keys[0]) + 1)
    )
    assert ask(busy, ReportQuery(future, (GroupBy.HOUR,))).lines == ()


def test_a_station_is_reported_alone(busy: Centre) -> None:
    every = ask(busy, ReportQuery(NOVEMBER, (GroupBy.STATION,), EVERY))
    for line in every.lines:
        alone = ask(busy, ReportQuery(NOVEMBER, (), EVERY, station=line.keys[0]))
        assert alone.total.numbers == line.numbers


def seen(centre: Centre, gate: str, seen_ms: int, waiting: int) -> None:
    state = f'{{"waiting": {waiting}}}'
    with centre.store.write() as connection:
        connection.execute(
            tables.report.insert().values(
                gate=gate, seen_ms=seen_ms, software="", lists="{}", state=state
            )
        )


def test_gates_that_are_silent_and_records_on_their_way_are_stated(busy: Centre) -> None:
    now_ms = NOON + 10 * MINUTE_MS
    seen(busy, "gate-1", now_ms - MINUTE_MS, 3)
    seen(busy, "gate-2", NOON - 60 * MINUTE_MS, 40)
    today, yesterday = Span.day(TODAY), Span.day(date(2026, 11, 22))
    answer = ask(busy, ReportQuery(today), now_ms)
    assert answer.silent == (
        SilentGate("gate-2", NOON - 60 * MINUTE_MS),
        SilentGate("gate-3", None),
    )
    assert answer.waiting == 43
    north = ask(busy, ReportQuery(today, station="north"), now_ms)
    assert [gate.gate for gate in north.silent] == ["gate-2"]
    with busy.store.write() as connection:
        connection.execute(tables.gate.update().values(added_ms=NOON - 100 * 86_400_000))
    # Who was heard after a day's end has sent that day's records, or says that they are waiting.
    assert [gate.gate for gate in ask(busy, ReportQuery(yesterday), now_ms).silent] == ["gate-3"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (ReportQuery(NOVEMBER, columns=()), "without columns"),
        (ReportQuery(Span(9, 8)), "its last day is before its first"),
        (ReportQuery(NOVEMBER, before=Span(9, 8)), "its last day is before its first"),
        (ReportQuery(Span(1000, 2000), (GroupBy.HOUR,)), "of 1001 days by hour: 366 days"),
        (ReportQuery(Span(1000, 2000), (GroupBy.DAY, GroupBy.GATE)), "by day and gate: 366"),
        (ReportQuery(Span(1000, 9000), (GroupBy.DAY,)), "8001 days by day: 3660 days"),
        (ReportQuery(NOVEMBER, (GroupBy.DAY,), before=Span(1, 9000)), "of 9000 days"),
    ],
)
def test_a_question_without_a_quick_answer_is_refused(
    busy: Centre, query: ReportQuery, said: str
) -> None:
    with pytest.raises(CentreError, match=said):
        ask(busy, query)


def test_names_of_groups_and_columns_are_read_in_their_order() -> None:
    assert read_groups(["gate", "day", "gate"]) == (GroupBy.DAY, GroupBy.GATE)
    assert read_columns(["exits", "entries"]) == (ReportColumn.ENTRIES, ReportColumn.EXITS)
    with pytest.raises(CentreError, match=r"'weather': no such group") as caught:
        read_groups(["weather"])
    assert caught.value.hint == "one of month, day, hour, station, gate, product, kind"


@pytest.mark.parametrize(
    ("span", "preceding", "earlier"),
    [
        (Span.day(date(2028, 2, 29)), Span.day(date(2028, 2, 28)), Span.day(date(2027, 2, 28))),
        (
            Span.month(date(2028, 3, 5)),
            Span.month(date(2028, 2, 1)),
            Span.month(date(2027, 3, 31)),
        ),
        (
            Span.month(date(2028, 2, 5)),
            Span.month(date(2028, 1, 1)),
            Span.month(date(2027, 2, 1)),
        ),
        (Span.month(date(2027, 2, 5)), Span.month(date(2027, 1, 1)), Span.month(date(2026, 2, 1))),
        (Span.year(date(2028, 7, 1)), Span.year(date(2027, 1, 1)), Span.year(date(2027, 1, 1))),
        (
            Span(date(2026, 11, 9).toordinal(), date(2026, 11, 15).toordinal()),
            Span(date(2026, 11, 2).toordinal(), date(2026, 11, 8).toordinal()),
            Span(date(2025, 11, 9).toordinal(), date(2025, 11, 15).toordinal()),
        ),
    ],
)
def test_periods_to_compare_with_are_the_calendars(
    span: Span, preceding: Span, earlier: Span
) -> None:
    assert span.preceding() == preceding
    assert span.a_year_before() == earlier


def test_as_of_is_when_it_was_asked(busy: Centre) -> None:
    answer = ask(busy, ReportQuery(NOVEMBER), NOON + 5)
    assert (answer.as_of_ms, answer.zone, answer.park) == (
        NOON + 5,
        "Asia/Shanghai",
        ("西湖", "West Lake"),
    )
