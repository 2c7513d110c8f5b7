"""Records of boards that did not know the time are put where they belong.

A record says how much it believed its wall clock, and how long its boot had lasted. So the time of
one instant of a boot is the time of all of them. In this order, the first that is there:

1. the first record that was made with a trusted clock after them, in the same boot and journal;
2. a state message of that boot with a trusted clock; of several the one that gives the earliest;
3. a state message that came in from that boot, taken for as old as its way was long: of several
   the one that gives the earliest.

Without any of them the record stays where its gate believed to be. The signed record is not
changed; `untimed` keeps what it said and by what it was moved. Which state messages were heard
decides, not when: the same evidence gives the same counts.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, select, text, update

from fleet_manager.database import store, tables, tables_trust
from fleet_manager.intake.ingest import Entry, first_entries
from fleet_manager.park_time import Calendar
from fleet_manager.passages import boot_clocks
from fleet_manager.passages.boot_clocks import Basis
from fleet_manager.station import ledger
from gate_agent.validator.messages.envelopes import GateState
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind

_IN, _TAKEN = int(Direction.IN), int(PassageKind.TAKEN)


def heard(
    connection: Connection, gate: str, state: GateState, calendar: Calendar, now_ms: int
) -> None:
    """A state message is evidence of when its boot began."""
    trusted = state.clock == ClockState.TRUSTED
    basis = Basis.STATE if trusted else Basis.HEARD
    offset_ms = (state.wall_ms if trusted else now_ms) - state.mono_ms
    if boot_clocks.learn(connection, gate, state.boot, basis, offset_ms):
        settle(connection, gate, state.boot, calendar)


def catch_up(connection: Connection, calendar: Calendar) -> None:
    """After records came in: put those where they belong whose boot is known."""
    for gate, boot in boot_clocks.waiting(connection):
        settle(connection, gate, boot, calendar)


def settle(connection: Connection, gate: str, boot: int, calendar: Calendar) -> int:
    """Put the records of a boot where they belong; gives how many moved. The counts stay the sums
    of the records: what leaves one hour enters another."""
    known = boot_clocks.find(connection, gate, boot) or boot_clocks.Boot(boot, Basis.SAID, 0, 0)
    rows = _untimed(connection, gate, boot)
    moved = [
        row
        for row in rows
        if known.basis is not Basis.SAID and row.wall_ms != known.offset_ms + row.mono_ms
    ]
    if moved:
        _move(connection, gate, moved, known.offset_ms, calendar)
    for journal in {row.journal for row in rows}:
        values = {"of": journal, "in_boot": boot, "by": int(known.basis)}
        store.run(connection, _MARK, values)
    return len(moved)


class _Untimed(NamedTuple):
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


def _untimed(connection: Connection, gate: str, boot: int) -> list[_Untimed]:
    rows = store.run(connection, _OF_BOOT, {"in_boot": boot, "at": gate})
    return [_Untimed(*row) for row in rows]


def _move(
    connection: Connection, gate: str, rows: Iterable[_Untimed], offset_ms: int, calendar: Calendar
) -> None:
    moves = [(row, offset_ms + row.mono_ms) for row in rows]
    sums = _Sums()
    for row, wall_ms in moves:
        sums.add(_key(row, gate, row.wall_ms, calendar), row, -1)
        sums.add(_key(row, gate, wall_ms, calendar), row, 1)
    for ticket, day in sums.shared:
        sums.first.subtract(first_entries(_entries(connection, ticket, day, calendar)))
    for row, wall_ms in moves:
        new = {"of": row.journal, "number": row.seq, "ms": wall_ms, "on": calendar.day(wall_ms)}
        store.run(connection, _TIME, new)
    for ticket, day in sums.shared:
        sums.first.update(first_entries(_entries(connection, ticket, day, calendar)))
    for ticket in {row.ticket for row, _ in moves if row.ticket is not None}:
        ledger.enter(connection, ticket, calendar, moves[-1][1])
    changes = sums.rows()
    store.add_rows(connection, tables.tally, changes, 3)
    for day in {change[0] for change in changes}:
        store.run(connection, _EMPTY, {"on": day})


class _Sums:
    """What moving rows takes from some sums and adds to others. `shared`: ticket and day of entries
    that count once for several rows, which only all rows of that day can tell."""

    def __init__(self) -> None:
        self.events: Counter[tuple[Any, ...]] = Counter()
        self.persons: Counter[tuple[Any, ...]] = Counter()
        self.first: Counter[tuple[Any, ...]] = Counter()
        self.shared: set[tuple[bytes, int]] = set()

    def add(self, key: tuple[Any, ...], row: _Untimed, sign: int) -> None:
        """Add a row under `key`, or with a `sign` of -1 take it away."""
        self.events[key] += sign
        self.persons[key] += sign * row.persons
        if row.kind == _TAKEN and row.direction == _IN:
            if row.ticket is None:
                self.first[key] += sign * row.persons
            else:
                self.shared.add((row.ticket, key[0]))

    def rows(self) -> list[tuple[Any, ...]]:
        """Return each key with its three changes."""
        keys = sorted({*self.events, *self.persons, *self.first})
        return [(*key, self.events[key], self.persons[key], self.first[key]) for key in keys]


def _entries(connection: Connection, ticket: bytes, day: int, calendar: Calendar) -> list[Entry]:
    """All entries on a ticket on a day."""
    found = []
    for values in store.run(connection, _OF_DAY, {"of": ticket, "on": day}):
        row = _Entered(*values)
        key = _key(row, row.gate, row.wall_ms, calendar)
        found.append(Entry(row.wall_ms, row.gate, row.id, row.seq, row.persons, row.admits, key))
    return found


class _Entered(NamedTuple):
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


# Made once: making a statement costs more than running it.
_UNTIMED, _PASSAGE, _JOURNAL = tables_trust.untimed.c, tables.passage.c, tables.journal.c
_OF_BOOT = (
    select(_UNTIMED.mono_ms, *(_PASSAGE[name] for name in _Untimed._fields[1:]))
    .select_from(tables_trust.untimed)
    .join(
        tables.passage,
        and_(_PASSAGE.journal == _UNTIMED.journal, _PASSAGE.seq == _UNTIMED.seq),
    )
    .join(tables.journal, _JOURNAL.no == _UNTIMED.journal)
    .where(_UNTIMED.boot == bindparam("in_boot"), _JOURNAL.gate == bindparam("at"))
    .order_by(_UNTIMED.journal, _UNTIMED.seq)
)
_OF_DAY = (
    select(_JOURNAL.gate, _JOURNAL.id, *(_PASSAGE[name] for name in _Entered._fields[2:]))
    .join(tables.journal, _JOURNAL.no == _PASSAGE.journal)
    .where(
        text("kind IN (3, 8)"),
        _PASSAGE.kind == _TAKEN,
        _PASSAGE.direction == _IN,
        _PASSAGE.ticket == bindparam("of"),
        _PASSAGE.day == bindparam("on"),
    )
)
_EMPTY = delete(tables.tally).where(
    tables.tally.c.day == bindparam("on"), tables.tally.c.events == 0, tables.tally.c.persons == 0
)
_MARK = (
    update(tables_trust.untimed)
    .where(_UNTIMED.journal == bindparam("of"), _UNTIMED.boot == bindparam("in_boot"))
    .values(basis=bindparam("by"))
)
_TIME = (
    update(tables.passage)
    .where(_PASSAGE.journal == bindparam("of"), _PASSAGE.seq == bindparam("number"))
    .values(wall_ms=bindparam("ms"), day=bindparam("on"))
)


def _key(row: Any, gate: str, wall_ms: int, calendar: Calendar) -> tuple[Any, ...]:
    """The line of the tally that a record is in."""
    day, hour = calendar.day_hour(wall_ms)
    product = tables.NO_PRODUCT if row.product is None else row.product
    return (day, hour, gate, row.lane, row.direction, product, row.kind, row.reason)
