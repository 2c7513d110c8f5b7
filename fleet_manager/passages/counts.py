"""Count entries, exits and refusals: sums over the tally, so that every total adds up.

A person counts when the passage sensor saw a turn on a granted ticket (TAKEN). Less certain events
have columns of their own and are in no total.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, func, select

from fleet_manager.database import tables
from gate_agent.validator.moment import day_text
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason


class GroupBy(StrEnum):
    """What the lines of a count are grouped by."""

    DAY = "day"
    HOUR = "hour"
    STATION = "station"
    GATE = "gate"
    PRODUCT = "product"


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


def count(
    connection: Connection, first_day: int, last_day: int, by: Sequence[GroupBy] = ()
) -> CountTable:
    """Return the counts of the park days from `first_day` to `last_day`, both included.

    Without `by` there is only the total.
    """
    tally, gate, product = tables.tally.c, tables.gate.c, tables.product.c
    columns = {
        GroupBy.DAY: tally.day,
        GroupBy.HOUR: tally.hour,
        GroupBy.STATION: gate.station,
        GroupBy.GATE: tally.gate,
        GroupBy.PRODUCT: product.code,
    }
    keys = [columns[group] for group in by]
    # A product that is not in our table is shown by its number.
    selected = [*keys, tally.product, tally.kind, tally.direction, tally.reason]
    query = (
        select(*selected, func.sum(tally.events), func.sum(tally.persons), func.sum(tally.first))
        .join(tables.gate, gate.id == tally.gate)
        .outerjoin(tables.product, product.id == tally.product)
        .where(tally.day.between(first_day, last_day))
        .group_by(*selected)
    )
    groups: dict[tuple[str, ...], Totals] = defaultdict(Totals)
    for row in connection.execute(query):
        *values, number, kind, direction, reason, events, persons, first = row
        names = tuple(_name(group, value, number) for group, value in zip(by, values, strict=True))
        groups[names].add_tally(kind, direction, reason, (int(events), int(persons), int(first)))
    total = Totals()
    for totals in groups.values():
        total.add(totals)
    lines = [CountLine(names, groups[names]) for names in sorted(groups)] if by else []
    return CountTable(tuple(by), first_day, last_day, lines, total)


def _name(by: GroupBy, value: object, product: int) -> str:
    if by is GroupBy.DAY:
        assert isinstance(value, int)
        return day_text(value)
    if by is GroupBy.HOUR:
        return f"{value:02}"
    if value is None:
        return "-" if product == tables.NO_PRODUCT else f"#{product}"
    return str(value)
