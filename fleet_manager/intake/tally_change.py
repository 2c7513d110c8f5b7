"""Change the tally when records that are stored count otherwise than before."""

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from fleet_manager.database import store, tables
from fleet_manager.intake.tallies import Entry, Tallied, first_entries, tally_key
from fleet_manager.park_time import Calendar
from fleet_manager.passages import tally
from gate_agent.validator.passage import Direction, PassageKind

_IN, _TAKEN = int(Direction.IN), int(PassageKind.TAKEN)


class TallyChange:
    """Sums to add to the tally, by its keys, when records move from one row of it to another.

    `shared`: ticket and day of entries whose first entries depend on all entries of that day.
    """

    def __init__(self) -> None:
        self.events: Counter[tuple[Any, ...]] = Counter()
        self.persons: Counter[tuple[Any, ...]] = Counter()
        self.first: Counter[tuple[Any, ...]] = Counter()
        self.shared: set[tuple[bytes, int]] = set()

    def add(self, row: Tallied, ticket: bytes | None, key: tuple[Any, ...], sign: int) -> None:
        """Add (`sign` 1) or subtract (-1) a record at the row `key` of the tally."""
        self.events[key] += sign
        self.persons[key] += sign * row.persons
        if row.kind == _TAKEN and row.direction == _IN:
            if ticket is None:
                self.first[key] += sign * row.persons
            else:
                self.shared.add((ticket, key[0]))

    def count_first(self, connection: Connection, calendar: Calendar, sign: int) -> None:
        """Add or subtract the first entries of the shared tickets and days as they are stored."""
        for ticket, day in self.shared:
            for key, persons in first_entries(_entries(connection, ticket, day, calendar)).items():
                self.first[key] += sign * persons

    def write(self, connection: Connection) -> None:
        """Add the sums to the tally, and delete its rows that are empty now."""
        keys = {*self.events, *self.persons, *self.first}
        tally.add(
            connection,
            {key: (self.events[key], self.persons[key], self.first[key]) for key in keys},
        )
        tally.delete_empty(connection, {key[0] for key in keys})


def _entries(connection: Connection, ticket: bytes, day: int, calendar: Calendar) -> list[Entry]:
    """Return all entries on a ticket on a day."""
    entries = []
    for values in store.run(connection, _OF_DAY, {"of": ticket, "on": day}):
        row = _EntryOfDay(*values)
        entries.append(
            Entry(
                wall_ms=row.wall_ms,
                gate=row.gate,
                journal=row.id,
                seq=row.seq,
                persons=row.persons,
                admits=row.admits,
                tally=tally_key(row, row.gate, row.wall_ms, calendar),
            )
        )
    return entries


class _EntryOfDay(NamedTuple):
    """A row of the answer to `_OF_DAY`."""

    gate: str
    id: bytes
    wall_ms: int
    seq: int
    persons: int
    admits: int
    lane: int
    direction: int
    product: int | None
    kind: int
    reason: int


# Built once: building a statement costs more than running it.
_PASSAGE, _JOURNAL = tables.passage.c, tables.journal.c
_OF_DAY = (
    select(_JOURNAL.gate, _JOURNAL.id, *(_PASSAGE[name] for name in _EntryOfDay._fields[2:]))
    .join(tables.journal, _JOURNAL.no == _PASSAGE.journal)
    .where(
        text(tables.USES_A_TICKET),
        _PASSAGE.kind == _TAKEN,
        _PASSAGE.direction == _IN,
        _PASSAGE.ticket == bindparam("of"),
        _PASSAGE.day == bindparam("on"),
    )
)
