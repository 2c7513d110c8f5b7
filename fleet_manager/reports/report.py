"""Answer a question about a period: one value, which everything that shows a report takes.

The numbers are the counts of `passages.counts`; nothing is counted here once more. What makes them
uncertain stands beside them: gates that are silent, and records that gates have not yet sent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import prod
from operator import add

from sqlalchemy import Connection, Table, func, select

from fleet_manager.centre import Centre
from fleet_manager.database import tables
from fleet_manager.gates import gates
from fleet_manager.gates.gates import EnrolledGate
from fleet_manager.gates.health import SILENT_MS
from fleet_manager.passages import counts
from fleet_manager.passages.counts import GroupBy, Totals
from fleet_manager.reports.query import (
    OF_VISITORS,
    ReportColumn,
    ReportQuery,
    Span,
    check,
)
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product, ProductKind
from gate_agent.validator.moment import day_text

BEYOND = "~"
"""Key of the line of days that only the period to compare with has, such as an October 31st beside
November: it comes behind all days."""
Keys = tuple[str, ...]
Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """`keys`: one for each group, as `2026-11-23`, `09`, `north`. `numbers`: one for each column.
    `before`: the same of the period to compare with, None without one."""

    keys: Keys
    numbers: Numbers
    before: Numbers | None = None


@dataclass(frozen=True, slots=True)
class SilentGate:
    """A gate whose records of the period may be missing. `since_ms`: when it was last seen, None
    for never."""

    gate: str
    since_ms: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """The answer. `names`: what people call a key of a group, in Chinese and English.
    `as_of_ms`: when it was made. `waiting`: records that gates had not yet sent when they were last
    heard."""

    query: ReportQuery
    park: tuple[str, str]
    zone: str
    as_of_ms: int
    lines: tuple[ReportLine, ...]
    total: ReportLine
    names: Mapping[tuple[GroupBy, str], tuple[str, str]]
    silent: tuple[SilentGate, ...]
    waiting: int

    def column(self, column: ReportColumn) -> int:
        """Return the total of a column."""
        return self.total.numbers[self.query.columns.index(column)]


def make(
    centre: Centre,
    connection: Connection,
    query: ReportQuery,
    now_ms: int,
    enrolled: Sequence[EnrolledGate],
) -> Report:
    """Return the answer to a question as of now. Raises CentreError for one that `check` refuses.

    A report of one group has a line for each day, month, station or gate, also where nothing
    happened. `enrolled`: all gates, retired ones included.
    """
    check(query)
    today = centre.calendar.day(now_ms)
    in_use = [
        gate
        for gate in enrolled
        if gate.retired_ms is None and query.station in (None, gate.station)
    ]
    lines = _count(connection, query, query.span)
    for keys in _expected(query, min(query.span.last, today), lines, in_use):
        lines.setdefault(keys, _nothing(query))
    before: dict[Keys, Numbers] | None = None
    if query.before is not None:
        moved = _count(connection, query, query.before)
        before = {}
        for keys, numbers in moved.items():
            beside = _moved(query, keys)
            was = before.get(beside, _nothing(query))
            before[beside] = tuple(map(add, was, numbers))
    return Report(
        query=query,
        park=(centre.config.name_zh, centre.config.name_en),
        zone=centre.config.time_zone.key,
        as_of_ms=now_ms,
        lines=tuple(_lines(query, lines, before)) if query.by else (),
        total=_total(query, lines, before),
        names=_names(connection, query, enrolled),
        silent=_silent(centre, query, now_ms, in_use),
        waiting=sum(gate.waiting for gate in in_use),
    )


def most_lines(connection: Connection, query: ReportQuery) -> int:
    """Return how many lines an answer has at most. It is quick, and there may be far fewer."""
    sizes = {
        GroupBy.MONTH: query.span.days // 28 + 1,
        GroupBy.DAY: query.span.days,
        GroupBy.HOUR: 24,
        GroupBy.STATION: _size(connection, tables.station),
        GroupBy.GATE: _size(connection, tables.gate),
        GroupBy.PRODUCT: _size(connection, tables.product) + 1,
        GroupBy.KIND: len(ProductKind) + 1,
    }
    if {GroupBy.STATION, GroupBy.GATE} <= {*query.by}:
        sizes[GroupBy.STATION] = 1  # a gate has one
    return prod(sizes[group] for group in query.by)


def _size(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _nothing(query: ReportQuery) -> Numbers:
    return (0,) * len(query.columns)


def _lines(
    query: ReportQuery, now: Mapping[Keys, Numbers], before: Mapping[Keys, Numbers] | None
) -> Iterator[ReportLine]:
    nothing = _nothing(query)
    for keys in sorted({*now, *(before or {})}):
        was = None if before is None else before.get(keys, nothing)
        yield ReportLine(keys, now.get(keys, nothing), was)


def _total(
    query: ReportQuery, now: Mapping[Keys, Numbers], before: Mapping[Keys, Numbers] | None
) -> ReportLine:
    sums = [
        tuple(map(sum, zip(_nothing(query), *lines.values(), strict=True)))
        for lines in (now, before or {})
    ]
    return ReportLine((), sums[0], None if before is None else sums[1])


def _count(connection: Connection, query: ReportQuery, span: Span) -> dict[Keys, Numbers]:
    """Return the numbers of each line."""
    by, station = query.by, query.station
    table = counts.count(connection, span.first, span.last, by, station=station)
    lines = {line.keys: line.totals for line in table.lines} if by else {(): table.total}
    plain = [column for column in query.columns if column not in OF_VISITORS]
    if len(plain) == len(query.columns):
        return {keys: _numbers(totals, plain) for keys, totals in lines.items()}
    visitors = _visitors(connection, query, span)
    numbers = {}
    for keys, totals in lines.items():
        values = dict(zip(plain, _numbers(totals, plain), strict=True)) | visitors[keys]
        numbers[keys] = tuple(values.get(column, 0) for column in query.columns)
    return numbers


def _numbers(totals: Totals, columns: Sequence[ReportColumn]) -> Numbers:
    return tuple([getattr(totals, _ATTRIBUTES[column]) for column in columns])


_ATTRIBUTES = {column: column.value for column in ReportColumn} | {ReportColumn.DENIED: "refusals"}


def _visitors(
    connection: Connection, query: ReportQuery, span: Span
) -> defaultdict[Keys, Counter[ReportColumn]]:
    """Return how many entered on products of which sort, by line."""
    sorts = {product.id: _sorts_of(product) for product in products.every(connection)}
    entered: defaultdict[Keys, Counter[ReportColumn]] = defaultdict(Counter)
    for keys, product, persons in counts.count_entries(
        connection, span.first, span.last, query.by, station=query.station
    ):
        for column in sorts.get(product, ()):
            entered[keys][column] += persons
    return entered


def _sorts_of(product: Product) -> list[ReportColumn]:
    sorts = []
    if product.kind is ProductKind.FREE:
        sorts.append(ReportColumn.FREE)
    if product.kind is ProductKind.PASS:
        sorts.append(ReportColumn.PASS)
    if product.admits > 1:
        sorts.append(ReportColumn.TEAM)
    return sorts


def _expected(
    query: ReportQuery,
    last: int,
    lines: Mapping[Keys, Numbers],
    in_use: Sequence[EnrolledGate],
) -> Iterator[Keys]:
    """Give the keys of lines of one group that are there also where nothing happened."""
    match query.by:
        case (GroupBy.DAY,):
            yield from ((day_text(day),) for day in range(query.span.first, last + 1))
        case (GroupBy.MONTH,):
            yield from ((day_text(day)[:7],) for day in range(query.span.first, last + 1))
        case (GroupBy.HOUR,):
            hours = [int(hour) for (hour,) in lines] or [0]
            yield from ((f"{hour:02}",) for hour in range(min(hours), max(hours)))
        case (GroupBy.STATION | GroupBy.GATE as group,):
            for gate in in_use:
                yield (gate.station if group is GroupBy.STATION else gate.id,)


def _moved(query: ReportQuery, keys: Keys) -> Keys:
    """Return the keys of a line of the period to compare with, as they are in the other one."""
    assert query.before is not None
    return tuple(
        _moved_key(group, key, query.span, query.before)
        for group, key in zip(query.by, keys, strict=True)
    )


def _moved_key(group: GroupBy, key: str, span: Span, before: Span) -> str:
    if group is GroupBy.DAY:
        day = date.fromisoformat(key).toordinal() - before.first + span.first
        return day_text(day) if day <= span.last else BEYOND
    if group is GroupBy.MONTH:
        now, was = date.fromordinal(span.first), date.fromordinal(before.first)
        months = (now.year - was.year) * 12 + now.month - was.month
        number = int(key[:4]) * 12 + int(key[5:]) - 1 + months
        return f"{number // 12:04}-{number % 12 + 1:02}"
    return key


def _silent(
    centre: Centre, query: ReportQuery, now_ms: int, in_use: Sequence[EnrolledGate]
) -> tuple[SilentGate, ...]:
    """Return the gates whose records of the period may be missing."""
    after = date.fromordinal(min(query.span.last, date.max.toordinal() - 1) + 1)
    ended_ms = min(now_ms, centre.calendar.start_of(after) * 1000)
    return tuple(
        SilentGate(gate.id, gate.seen_ms)
        for gate in in_use
        if gate.added_ms < ended_ms and (gate.seen_ms or 0) < min(ended_ms, now_ms - SILENT_MS)
    )


def _names(
    connection: Connection, query: ReportQuery, enrolled: Sequence[EnrolledGate]
) -> dict[tuple[GroupBy, str], tuple[str, str]]:
    names: dict[tuple[GroupBy, str], tuple[str, str]] = {}
    if GroupBy.STATION in query.by:
        for station in gates.stations(connection):
            names[GroupBy.STATION, station.id] = (station.name_zh, station.name_en)
    if GroupBy.GATE in query.by:
        for gate in enrolled:
            names[GroupBy.GATE, gate.id] = (gate.label, gate.label)
    if GroupBy.PRODUCT in query.by:
        for product in products.every(connection):
            names[GroupBy.PRODUCT, product.code] = (product.name_zh, product.name_en)
    return names
