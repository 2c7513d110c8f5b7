"""Reports say what happened, in whichever way they are asked: of today, of a day, of days from one
to another, from a day on, up to a day, by the hour, and the newest records of all."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from fleet_manager.passages import records
from fleet_manager.passages.counts import GroupBy, count
from fleet_manager.passages.records import GateRecord, RecordFilter
from fleet_manager.terminal.periods import Period
from hardware_sim.park.checks.records.counted import Sums, line_sums, lines_of, stored_records

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

MOST_DAYS = 3
"""Days with records that are at most so far from today are asked for."""
NEWEST = 7
_Asked = tuple[str, Period, tuple[int, int]]


def check(park: "Park") -> list[str]:
    """Ask for counts and records in every way."""
    with park.centre.store.read() as connection:
        stored = [row for row in stored_records(connection) if row.gate not in park.disowned]
        lines = lines_of(park, stored)
        today = park.day.day_hour(park.world.utc_ms)[0]
        days = sorted({row.day for row in stored if abs(row.day - today) <= MOST_DAYS})
        return [
            *(
                wrong
                for asked in _every_way(days, today)
                for wrong in _counts(park, connection, lines, asked)
            ),
            *_newest(connection, (today - MOST_DAYS, today)),
        ]


def _every_way(days: Sequence[int], today: int) -> Iterator[_Asked]:
    """Yield the options of a report with the first and last day that it should be of."""
    yield "nothing", Period.of(None, None, None), (today, today)
    for day in days:
        at = date.fromordinal(day)
        yield f"--day {at}", Period.of(at, None, None), (day, day)
        yield f"--to {at}", Period.of(None, None, at), (day, day)
        yield f"--from {at}", Period.of(None, at, None), (day, max(day, today))
    for first, last in combinations(days, 2):
        start, end = date.fromordinal(first), date.fromordinal(last)
        yield f"--from {start} --to {end}", Period.of(None, start, end), (first, last)


def _counts(park: "Park", connection: Connection, lines: Sums, asked: _Asked) -> Iterator[str]:
    """Compare a report by hour with the lines of its days, and its total with their sum."""
    options, period, (first, last) = asked
    low, high = period.days(park.centre.calendar, park.world.utc_ms)
    if (low, high) != (first, last):
        days = date.fromordinal(low), date.fromordinal(high)
        yield f"{options} is of {days[0]} to {days[1]}"
    answer = count(connection, low, high, (GroupBy.HOUR, GroupBy.GATE))
    due: dict[tuple[str, ...], Counter[str]] = {}
    for (day, hour, _station, gate), sums in lines.items():
        if first <= date.fromisoformat(day).toordinal() <= last and gate not in park.outsiders:
            due.setdefault((hour, gate), Counter()).update(sums)
    told_lines = {
        line.keys: line_sums(line.totals)
        for line in answer.lines
        if line.keys[-1] not in park.outsiders
    }
    for keys in sorted({*due, *told_lines}):
        counted, happened = told_lines.get(keys, Counter()), due.get(keys, Counter())
        if +counted != +happened:
            text = f"{dict(+counted)}, it was {dict(+happened)}"
            yield f"{options}, hour {keys[0]}, {keys[1]}: {text}"
    total: Counter[str] = Counter()
    for line in answer.lines:
        total.update(line_sums(line.totals))
    if +total != +line_sums(answer.total):
        yield f"{options}: the total is {dict(+line_sums(answer.total))}, its lines {dict(+total)}"


def _newest(connection: Connection, days: tuple[int, int]) -> Iterator[str]:
    """Compare the newest records of some days with the end of the list of all."""
    every = list(records.find(connection, RecordFilter(days=days)))
    if sorted(every, key=_at) != every:
        yield "the list of records is not in the order of time"
    newest = list(records.find(connection, RecordFilter(days=days, last=NEWEST)))
    if newest != every[-NEWEST:]:
        yield f"the newest {NEWEST} of {len(every)} records are others"


def _at(record: GateRecord) -> tuple[int, str, int]:
    return record.at_ms, record.gate, record.passage.seq
