"""Count entries, exits and refusals: sums over the tally, so that every total adds up.

Long periods are answered by the tally's own sums by day and by month.

A person counts when the passage sensor saw a turn on a granted ticket (TAKEN). Less certain events
have columns of their own and are in no total.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    select,
)

from fleet_manager.database import store, tables, tables_passages
from fleet_manager.passages import tally
from gate_agent.validator.moment import day_text
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason


class GroupBy(StrEnum):
    """What the lines of a count are grouped by. KIND: of product, a `ProductKind`. TEAM: whether
    the product admits several."""

    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    STATION = "station"
    GATE = "gate"
    PRODUCT = "product"
    KIND = "kind"
    TEAM = "team"


TEAM = "team"
"""Key of lines of products that admit several, grouped by GroupBy.TEAM."""


@dataclass(slots=True)
class Totals:
    """Sums of one line. Persons: `entries`, `first_entries`, `exits`, `not_taken`, `unresolved`.
    Turns: `forced`, `free`. Refusals: `denied`, by reason. `overridden`: persons of `entries` whom
    staff let in against a refusal. `disowned`: persons who went through by records that are
    disowned, which are in no other sum. An entry is a first entry as long as no more persons
    entered on the ticket that day than it admits."""

    entries: int = 0
    first_entries: int = 0
    exits: int = 0
    not_taken: int = 0
    unresolved: int = 0
    forced: int = 0
    free: int = 0
    overridden: int = 0
    disowned: int = 0
    denied: dict[str, int] = field(default_factory=dict)

    @property
    def reentries(self) -> int:
        """Return the number of entries that were no first entries."""
        return self.entries - self.first_entries

    @property
    def inside(self) -> int:
        """Return entries less exits: below 0 where people leave by another gate than they came."""
        return self.entries - self.exits

    def add_tally(self, kind: int, direction: int, reason: int, sums: tuple[int, int, int]) -> None:
        """Add a row of the tally. `sums`: its events, persons and first entries."""
        events, persons, first = sums
        if kind < 0:
            self.disowned += persons if kind == -PassageKind.TAKEN else 0
        elif kind == PassageKind.TAKEN and direction == Direction.IN:
            self.entries += persons
            self.first_entries += first
            self.overridden += persons if reason not in _NOT_OVERRIDDEN else 0
        elif kind == PassageKind.TAKEN:
            self.exits += persons
        elif kind == PassageKind.DENIED:
            key = _REASONS.get(reason, f"reason_{reason}")
            self.denied[key] = self.denied.get(key, 0) + events
        elif kind == PassageKind.NOT_TAKEN:
            self.not_taken += persons
        elif kind == PassageKind.UNRESOLVED:
            self.unresolved += persons
        elif kind == PassageKind.FORCED:
            self.forced += events
        elif kind == PassageKind.FREE:
            self.free += events

    def add(self, other: "Totals") -> None:
        """Add the sums of another line."""
        self.entries += other.entries
        self.first_entries += other.first_entries
        self.exits += other.exits
        self.not_taken += other.not_taken
        self.unresolved += other.unresolved
        self.forced += other.forced
        self.free += other.free
        self.overridden += other.overridden
        self.disowned += other.disowned
        for reason, events in other.denied.items():
            self.denied[reason] = self.denied.get(reason, 0) + events

    def as_dict(self) -> dict[str, object]:
        """Return the columns in their order, with `denied_by_reason` as {reason: refusals}."""
        return {
            "entries": self.entries,
            "first_entries": self.first_entries,
            "reentries": self.reentries,
            "exits": self.exits,
            "inside": self.inside,
            "denied": sum(self.denied.values()),
            "denied_by_reason": dict(sorted(self.denied.items())),
            "not_taken": self.not_taken,
            "unresolved": self.unresolved,
            "forced": self.forced,
            "free": self.free,
            "overridden": self.overridden,
            "disowned": self.disowned,
        }


_NOT_OVERRIDDEN = (0, int(Reason.PASSBACK), int(Reason.INSIDE))
"""Reasons of entries that are not counted as overridden: soft anti-passback overrides them without
staff. Who overrode them is in the records."""

_REASONS = {int(reason): reason.key for reason in Reason}


@dataclass(frozen=True, slots=True)
class CountLine:
    """Sums of a group. `keys`: one for each GroupBy, as `2026-11-23`, `09`, `north`."""

    keys: tuple[str, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class CountTable:
    """Lines in the order of their keys, and the total of the park. Days are park days."""

    by: tuple[GroupBy, ...]
    first_day: int
    last_day: int
    lines: list[CountLine]
    total: Totals


@dataclass(frozen=True, slots=True)
class _Source:
    """Sums that answer for the days from `low` to `high`. `table`: the tally, or its sums by day or
    by month."""

    table: Table
    low: int
    high: int

    @property
    def is_monthly(self) -> bool:
        """Return whether a row is about a month."""
        return self.table is tables_passages.tally_month


def count(
    connection: Connection,
    first_day: int,
    last_day: int,
    by: Sequence[GroupBy] = (),
    *,
    station: str | None = None,
) -> CountTable:
    """Return the counts of the park days from `first_day` to `last_day`, both included.

    Without `by` there is only the total. `station`: count its gates alone. Each part of the period
    is answered by the coarsest sums that know what was asked.
    """
    groups: dict[tuple[str, ...], Totals] = defaultdict(Totals)
    for source in _sources(first_day, last_day, by):
        for row in connection.execute(_query(source, by, station)):
            *values, kind, direction, reason, events, persons, first = row
            names = tuple(_names(source, by, values))
            sums = (int(events), int(persons), int(first))
            groups[names].add_tally(kind, direction, reason, sums)
    total = Totals()
    for totals in groups.values():
        total.add(totals)
    lines = [CountLine(names, groups[names]) for names in sorted(groups)] if by else []
    return CountTable(tuple(by), first_day, last_day, lines, total)


def _sources(first_day: int, last_day: int, by: Sequence[GroupBy]) -> list[_Source]:
    """Return what to read: whole months by month, days at either end by day, hours where the hour
    is asked for."""
    days = tables.tally if GroupBy.GATE in by else tables_passages.tally_day
    if GroupBy.HOUR in by:
        return [_Source(tables.tally, first_day, last_day)]
    if GroupBy.DAY in by:
        return [_Source(days, first_day, last_day)]
    first, last = tally.Month.of(first_day), tally.Month.of(last_day)
    low = first.first_day if first.first_day == first_day else first.last_day + 1
    high = last.last_day if last.last_day == last_day else last.first_day - 1
    if low > high:
        return [_Source(days, first_day, last_day)]
    edges = [_Source(days, first_day, low - 1), _Source(days, high + 1, last_day)]
    whole = _Source(tables_passages.tally_month, low, high)
    return [whole, *(edge for edge in edges if edge.low <= edge.high)]


def _query(source: _Source, by: Sequence[GroupBy], station: str | None) -> Select[Any]:
    """Return the query for sums: its rows are the values of `by`, kind, direction, reason, events,
    persons and first entries."""
    table, gate, product = source.table, tables.gate.c, tables.product.c
    columns = table.c
    day = columns.month if source.is_monthly else columns.day
    of_station = columns.station if "station" in columns else gate.station
    keys: dict[GroupBy, list[Any]] = {
        GroupBy.DAY: [day],
        GroupBy.MONTH: [day],
        GroupBy.HOUR: [columns.get("hour")],
        GroupBy.STATION: [of_station],
        GroupBy.GATE: [columns.get("gate")],
        # A product that is not in our table is shown by its number.
        GroupBy.PRODUCT: [product.code, columns.product],
        GroupBy.KIND: [product.kind],
        GroupBy.TEAM: [product.admits > literal_column("1")],
    }
    selected = [
        *(key.label(None) for group in by for key in keys[group]),
        columns.kind,
        columns.direction,
        columns.reason,
    ]
    low, high = source.low, source.high
    if source.is_monthly:
        low, high = tally.month_of(low), tally.month_of(high)
    sums = (func.sum(columns.events), func.sum(columns.persons), func.sum(columns.first))
    joined: FromClause = table
    if of_station is gate.station and (GroupBy.STATION in by or station is not None):
        joined = joined.join(tables.gate, gate.id == columns.gate)
    if {GroupBy.PRODUCT, GroupBy.KIND, GroupBy.TEAM} & set(by):
        joined = joined.outerjoin(tables.product, product.id == columns.product)
    query = select(*selected, *sums).select_from(joined).where(day.between(low, high))
    if station is not None:
        query = query.where(of_station == station)
    return query.group_by(*selected)


def _names(source: _Source, by: Sequence[GroupBy], values: Sequence[Any]) -> Iterator[str]:
    """Give the keys of a line from what the database has of them."""
    left = iter(values)
    for group in by:
        value = next(left)
        match group:
            case GroupBy.DAY:
                yield day_text(value)
            case GroupBy.MONTH:
                number = value if source.is_monthly else tally.month_of(value)
                yield f"{number // 100:04}-{number % 100:02}"
            case GroupBy.HOUR:
                yield f"{value:02}"
            case GroupBy.PRODUCT:
                number = next(left)
                unsold = "-" if number == tables.NO_PRODUCT else f"#{number}"
                yield unsold if value is None else value
            case GroupBy.TEAM:
                yield TEAM if value else "-"
            case _:
                yield "-" if value is None else str(value)


def inside(connection: Connection, day: int) -> dict[str, tuple[int, int]]:
    """Return the entries and exits of a park day by station: what is inside is their difference."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for station, direction, persons in store.run(connection, _INSIDE, {"on": day}):
        sums[station][direction != Direction.IN] += int(persons)
    return {station: (entries, exits) for station, (entries, exits) in sorted(sums.items())}


_DAY = tables_passages.tally_day.c
_INSIDE = (
    select(_DAY.station, _DAY.direction, func.sum(_DAY.persons))
    .where(_DAY.day == bindparam("on"), _DAY.kind == int(PassageKind.TAKEN))
    .group_by(_DAY.station, _DAY.direction)
)
