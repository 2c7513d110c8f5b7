"""Correct the times of records that a board made without a trusted clock.

A record contains how far its wall clock was trusted, and how long the boot had lasted. So if the
wall time of one instant of a boot is known, all its records have a time. The evidence, best first:

1. the first record after them that was made with a trusted clock, in the same boot and journal;
2. a state message of that boot with a trusted clock; of several, the one with the earliest result;
3. the arrival of a state message of that boot; of several, the one with the earliest result, whose
   way was the shortest.

Without evidence a record stays at the time that its gate believed. The signed record is not
changed; the table `untimed` has its own time and the evidence. The set of state messages decides,
not their order: the same evidence gives the same counts.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, select, text, update

from fleet_manager.database import store, tables, tables_passages
from fleet_manager.intake.ingest import Entry, first_entries
from fleet_manager.park_time import Calendar
from fleet_manager.passages import boot_clocks, closed_days
from fleet_manager.passages.boot_clocks import Basis
from fleet_manager.station import ledger
from gate_agent.validator.messages.envelopes import GateState
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind

_IN, _TAKEN = int(Direction.IN), int(PassageKind.TAKEN)


def use_state(
    connection: Connection, gate: str, state: GateState, calendar: Calendar, now_ms: int
) -> None:
    """Use a state message as evidence of when its boot began, and correct times by it.

    `now_ms`: when it arrived.
    """
    trusted = state.clock == ClockState.TRUSTED
    basis = Basis.STATE if trusted else Basis.HEARD
    offset_ms = (state.wall_ms if trusted else now_ms) - state.mono_ms
    if boot_clocks.update_offset(connection, gate, state.boot, basis, offset_ms):
        correct_times(connection, gate, state.boot, calendar)


def correct_new(connection: Connection, calendar: Calendar) -> None:
    """Correct the times of records that have arrived, or whose boot has new evidence."""
    for gate, boot in boot_clocks.to_correct(connection):
        correct_times(connection, gate, boot, calendar)


def correct_times(connection: Connection, gate: str, boot: int, calendar: Calendar) -> int:
    """Correct the times of the records of a boot; return how many changed.

    The counts stay the sums of the records: a record that leaves one hour enters another.
    """
    clock = boot_clocks.find(connection, gate, boot) or boot_clocks.Boot(boot, Basis.SAID, 0, 0)
    rows = _untimed(connection, gate, boot)
    wrong = [
        row
        for row in rows
        if clock.basis is not Basis.SAID and row.wall_ms != clock.offset_ms + row.mono_ms
    ]
    if wrong:
        _retime(connection, gate, wrong, clock.offset_ms, calendar)
    for journal in {row.journal for row in rows}:
        values = {"of": journal, "in_boot": boot, "by": int(clock.basis)}
        store.run(connection, _SET_BASIS, values)
    return len(wrong)


class _UntimedRow(NamedTuple):
    """A row of the answer to `_OF_BOOT`."""

    mono_ms: int
    journal: int
    seq: int
    kind: int
    lane: int
    direction: int
    wall_ms: int
    persons: int
    ticket: bytes | None
    product: int | None
    reason: int


def _untimed(connection: Connection, gate: str, boot: int) -> list[_UntimedRow]:
    rows = store.run(connection, _OF_BOOT, {"in_boot": boot, "at": gate})
    return [_UntimedRow(*row) for row in rows]


class _TallyChange:
    """Sums to add to the tally, by its keys, when records move from one time to another.

    `shared`: ticket and day of entries whose first entries depend on all entries of that day.
    """

    def __init__(self) -> None:
        self.events: Counter[tuple[Any, ...]] = Counter()
        self.persons: Counter[tuple[Any, ...]] = Counter()
        self.first: Counter[tuple[Any, ...]] = Counter()
        self.shared: set[tuple[bytes, int]] = set()

    def add(self, row: _UntimedRow, key: tuple[Any, ...], sign: int) -> None:
        """Add (`sign` 1) or subtract (-1) a record at the row `key` of the tally."""
        self.events[key] += sign
        self.persons[key] += sign * row.persons
        if row.kind == _TAKEN and row.direction == _IN:
            if row.ticket is None:
                self.first[key] += sign * row.persons
            else:
                self.shared.add((row.ticket, key[0]))

    def write(self, connection: Connection) -> None:
        """Add the sums to the tally, and delete its rows that are empty now."""
        keys = sorted({*self.events, *self.persons, *self.first})
        sums = [(*key, self.events[key], self.persons[key], self.first[key]) for key in keys]
        store.add_rows(connection, tables.tally, sums, 3)
        for day in {key[0] for key in keys}:
            store.run(connection, _DELETE_EMPTY, {"on": day})


def _retime(
    connection: Connection,
    gate: str,
    rows: Sequence[_UntimedRow],
    offset_ms: int,
    calendar: Calendar,
) -> None:
    """Set the times of records of one boot, and change counts and ledger with them.

    `offset_ms`: wall time at which the boot clock stood at 0.
    """
    change = _TallyChange()
    times_ms = [offset_ms + row.mono_ms for row in rows]
    for row, wall_ms in zip(rows, times_ms, strict=True):
        for at_ms, sign in ((row.wall_ms, -1), (wall_ms, 1)):
            change.add(row, _tally_key(row, gate, at_ms, calendar), sign)
    for ticket, day in change.shared:
        change.first.subtract(first_entries(_entries(connection, ticket, day, calendar)))
    for row, wall_ms in zip(rows, times_ms, strict=True):
        new = {"of": row.journal, "number": row.seq, "ms": wall_ms, "on": calendar.day(wall_ms)}
        store.run(connection, _SET_TIME, new)
    for ticket, day in change.shared:
        change.first.update(first_entries(_entries(connection, ticket, day, calendar)))
    for row, wall_ms in zip(rows, times_ms, strict=True):
        if row.ticket is not None:
            first_ms = min(row.wall_ms, wall_ms)
            closed_days.reopen(connection, row.ticket, calendar.day(first_ms))
    for ticket in {row.ticket for row in rows if row.ticket is not None}:
        ledger.update_cases(connection, ticket, calendar, times_ms[-1])
    change.write(connection)


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
                tally=_tally_key(row, row.gate, row.wall_ms, calendar),
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
_UNTIMED, _PASSAGE, _JOURNAL = tables_passages.untimed.c, tables.passage.c, tables.journal.c
_OF_BOOT = (
    select(_UNTIMED.mono_ms, *(_PASSAGE[name] for name in _UntimedRow._fields[1:]))
    .select_from(tables_passages.untimed)
    .join(
        tables.passage,
        and_(_PASSAGE.journal == _UNTIMED.journal, _PASSAGE.seq == _UNTIMED.seq),
    )
    .join(tables.journal, _JOURNAL.no == _UNTIMED.journal)
    .where(_UNTIMED.boot == bindparam("in_boot"), _JOURNAL.gate == bindparam("at"))
    .order_by(_UNTIMED.journal, _UNTIMED.seq)
)
_OF_DAY = (
    select(_JOURNAL.gate, _JOURNAL.id, *(_PASSAGE[name] for name in _EntryOfDay._fields[2:]))
    .join(tables.journal, _JOURNAL.no == _PASSAGE.journal)
    .where(
        text("kind IN (3, 8)"),
        _PASSAGE.kind == _TAKEN,
        _PASSAGE.direction == _IN,
        _PASSAGE.ticket == bindparam("of"),
        _PASSAGE.day == bindparam("on"),
    )
)
_DELETE_EMPTY = delete(tables.tally).where(
    tables.tally.c.day == bindparam("on"), tables.tally.c.events == 0, tables.tally.c.persons == 0
)
_SET_BASIS = (
    update(tables_passages.untimed)
    .where(_UNTIMED.journal == bindparam("of"), _UNTIMED.boot == bindparam("in_boot"))
    .values(basis=bindparam("by"))
)
_SET_TIME = (
    update(tables.passage)
    .where(_PASSAGE.journal == bindparam("of"), _PASSAGE.seq == bindparam("number"))
    .values(wall_ms=bindparam("ms"), day=bindparam("on"))
)


def _tally_key(
    row: _UntimedRow | _EntryOfDay, gate: str, wall_ms: int, calendar: Calendar
) -> tuple[Any, ...]:
    """Return the key of the row of the tally that a record counts in."""
    day, hour = calendar.day_hour(wall_ms)
    product = tables.NO_PRODUCT if row.product is None else row.product
    return (day, hour, gate, row.lane, row.direction, product, row.kind, row.reason)
