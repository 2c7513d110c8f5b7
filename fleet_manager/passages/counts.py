"""Count entries, exits and refusals: sums over the tally, so that every total adds up.

Long periods are answered by the tally's own sums by day and by month.

A person counts when the passage sensor saw a turn on a granted ticket (TAKEN). Less certain events
have columns of their own and are in no total.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import repeat
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, bindparam, func, select

from fleet_manager.database import store, tables, tables_passages
from fleet_manager.passages import tally
from gate_agent.validator.moment import day_text
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason


class GroupBy(StrEnum):
    """What the lines of a count are grouped by. KIND: of product, a `ProductKind`."""

    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    STATION = "station"
    GATE = "gate"
    PRODUCT = "product"
    KIND = "kind"


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
    def refusals(self) -> int:
        """Return the number of refusals of whatever reason."""
        return sum(self.denied.values())

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
            "denied": self.refusals,
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

    @property
    def day(self) -> Column[int]:
        """Return the column of the day, or of the month."""
        day: Column[int] = self.table.c.month if self.is_monthly else self.table.c.day
        return day


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
    named = _KeyNames(connection, by)
    for source in _sources(first_day, last_day, by):
        for row in connection.execute(_counting(source, by, station)).all():
            *values, kind, direction, reason, events, persons, first = row
            sums = (int(events), int(persons), int(first))
            groups[named(source, values)].add_tally(kind, direction, reason, sums)
    total = Totals()
    for totals in groups.values():
        total.add(totals)
    lines = [CountLine(names, groups[names]) for names in sorted(groups)] if by else []
    return CountTable(tuple(by), first_day, last_day, lines, total)


def count_entries(
    connection: Connection,
    first_day: int,
    last_day: int,
    by: Sequence[GroupBy] = (),
    *,
    station: str | None = None,
) -> list[tuple[tuple[str, ...], int, int]]:
    """Return the keys of a line, a product's number and how many persons entered on it, of each
    line of `count`. A line and product may occur twice."""
    named = _KeyNames(connection, by)
    return [
        (named(source, values), product, int(persons))
        for source in _sources(first_day, last_day, by)
        for *values, product, persons in connection.execute(_sorting(source, by, station)).all()
    ]


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


def _counting(source: _Source, by: Sequence[GroupBy], station: str | None) -> Select[Any]:
    """Return the query for all sums: its rows are the values of `by`, kind, direction, reason,
    events, persons and first entries."""
    row = source.table.c
    keys = [*_keys(source, by), row.kind, row.direction, row.reason]
    sums = (func.sum(row.events), func.sum(row.persons), func.sum(row.first))
    return _among(source, by, station, select(*keys, *sums)).group_by(*keys)


def _sorting(source: _Source, by: Sequence[GroupBy], station: str | None) -> Select[Any]:
    """Return the query for entries alone: its rows are the values of `by`, a product's number and
    persons."""
    row = source.table.c
    keys = [*_keys(source, by), row.product.label("sold")]
    query = select(*keys, func.sum(row.persons)).where(
        row.kind == int(PassageKind.TAKEN), row.direction == int(Direction.IN)
    )
    return _among(source, by, station, query).group_by(*keys)


def _keys(source: _Source, by: Sequence[GroupBy]) -> list[Any]:
    """Return the columns by which a source is grouped; `_KeyNames` makes keys of their values."""
    row = source.table.c
    at = row.gate if GroupBy.GATE in by else row.get("station", tables.gate.c.station)
    columns: dict[GroupBy, Any] = {
        GroupBy.DAY: source.day,
        GroupBy.MONTH: source.day,
        GroupBy.HOUR: row.get("hour"),
        GroupBy.STATION: at,
        GroupBy.GATE: row.get("gate"),
        GroupBy.PRODUCT: row.product,
        GroupBy.KIND: row.product,
    }
    return [columns[group].label(f"key_{place}") for place, group in enumerate(by)]


def _among(
    source: _Source, by: Sequence[GroupBy], station: str | None, query: Select[Any]
) -> Select[Any]:
    """Return a query for the days of a source, and a station's gates if one is named."""
    row, gate = source.table.c, tables.gate
    of_station = row.get("station", gate.c.station)
    joins = "station" not in row and (
        station is not None or (GroupBy.STATION in by and GroupBy.GATE not in by)
    )
    joined = source.table.join(gate, gate.c.id == row.gate) if joins else source.table
    low, high = source.low, source.high
    if source.is_monthly:
        low, high = tally.month_of(low), tally.month_of(high)
    query = query.select_from(joined).where(source.day.between(low, high))
    return query if station is None else query.where(of_station == station)


class _KeyNames:
    """Makes the keys of a line of the values of its columns. What else is asked of the database is
    read once: it is quicker than to join it with each row."""

    def __init__(self, connection: Connection, by: Sequence[GroupBy]) -> None:
        self._by = tuple(by)
        self._made: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._stations: dict[str, str] = {}
        self._products: dict[int, tuple[str, str]] = {}
        if {GroupBy.STATION, GroupBy.GATE} <= {*by}:
            self._stations = dict(store.run(connection, _STATIONS, {}))
        if {GroupBy.PRODUCT, GroupBy.KIND} & {*by}:
            rows = store.run(connection, _PRODUCTS, {})
            self._products = {number: (code, kind) for number, code, kind in rows}

    def __call__(self, source: _Source, values: Sequence[Any]) -> tuple[str, ...]:
        """Return the keys of a row."""
        raw = (source.is_monthly, *values)
        keys = self._made.get(raw)
        if keys is None:
            keys = tuple(map(self._name, self._by, values, repeat(source.is_monthly)))
            self._made[raw] = keys
        return keys

    def _name(self, group: GroupBy, value: Any, is_month: bool) -> str:
        match group:
            case GroupBy.DAY:
                return day_text(value)
            case GroupBy.MONTH:
                month = value if is_month else tally.month_of(value)
                return f"{month // 100:04}-{month % 100:02}"
            case GroupBy.HOUR:
                return f"{value:02}"
            case GroupBy.STATION:
                return self._stations.get(value, str(value))
            case GroupBy.GATE:
                return str(value)
        if value in self._products:
            return self._products[value][group is GroupBy.KIND]
        # A product that is not in our table is shown by its number.
        known = value == tables.NO_PRODUCT or group is GroupBy.KIND
        return "-" if known else f"#{value}"


def inside(connection: Connection, day: int) -> dict[str, tuple[int, int]]:
    """Return the entries and exits of a park day by station: what is inside is their difference."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for station, direction, persons in store.run(connection, _INSIDE, {"on": day}):
        sums[station][direction != Direction.IN] += int(persons)
    return {station: (entries, exits) for station, (entries, exits) in sorted(sums.items())}


_STATIONS = select(tables.gate.c.id, tables.gate.c.station)
_PRODUCTS = select(tables.product.c.id, tables.product.c.code, tables.product.c.kind)
_DAY = tables_passages.tally_day.c
_INSIDE = (
    select(_DAY.station, _DAY.direction, func.sum(_DAY.persons))
    .where(_DAY.day == bindparam("on"), _DAY.kind == int(PassageKind.TAKEN))
    .group_by(_DAY.station, _DAY.direction)
)
