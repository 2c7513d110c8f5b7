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

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, select, update

from fleet_manager.database import store, tables, tables_passages
from fleet_manager.intake.tallies import tally_key
from fleet_manager.intake.tally_change import TallyChange
from fleet_manager.park_time import Calendar
from fleet_manager.passages import boot_clocks, closed_days
from fleet_manager.passages.boot_clocks import Basis
from fleet_manager.station import ledger
from gate_agent.validator.messages.envelopes import GateState
from gate_agent.validator.moment import ClockState


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
        if clock.basis is not Basis.SAID and row.wall_ms != clock.wall_ms(row.mono_ms)
    ]
    if wrong:
        _retime(connection, gate, wrong, clock, calendar)
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


def _retime(
    connection: Connection,
    gate: str,
    rows: Sequence[_UntimedRow],
    clock: boot_clocks.Boot,
    calendar: Calendar,
) -> None:
    """Set the times of records of one boot, and change counts and ledger with them."""
    change = TallyChange()
    times_ms = [clock.wall_ms(row.mono_ms) for row in rows]
    for row, wall_ms in zip(rows, times_ms, strict=True):
        for at_ms, sign in ((row.wall_ms, -1), (wall_ms, 1)):
            change.add(row, row.ticket, tally_key(row, gate, at_ms, calendar), sign)
    change.count_first(connection, calendar, -1)
    for row, wall_ms in zip(rows, times_ms, strict=True):
        new = {"of": row.journal, "number": row.seq, "ms": wall_ms, "on": calendar.day(wall_ms)}
        store.run(connection, _SET_TIME, new)
    change.count_first(connection, calendar, 1)
    for row, wall_ms in zip(rows, times_ms, strict=True):
        if row.ticket is not None:
            first_ms = min(row.wall_ms, wall_ms)
            closed_days.reopen(connection, row.ticket, calendar.day(first_ms))
    for ticket in {row.ticket for row in rows if row.ticket is not None}:
        ledger.update_cases(connection, ticket, calendar, times_ms[-1])
    change.write(connection)


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
