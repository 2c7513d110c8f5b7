"""The list of the park's own tickets, as the table of tickets has it now."""

from dataclasses import dataclass

from sqlalchemy import Connection, Executable, bindparam, select, text

from fleet_manager.database import store, tables
from gate_agent.validator.lists.ticket_list import (
    Changes,
    Exceptions,
    TicketStatus,
    apply,
    result_of,
)

FIRST = 1

# Made once: making a statement costs more than running it.
_ROW = tables.ticket.c
_EVERY = select(_ROW.serial, _ROW.status, _ROW.issue, _ROW.extra, _ROW.now_for).order_by(
    _ROW.serial
)
_LISTED = _EVERY.where(text(tables.LISTED))
# The first condition says which index to use.
_CHANGED = _EVERY.where(text("change > 0"), _ROW.change > bindparam("since"))


@dataclass(frozen=True, slots=True)
class SerialList:
    """`count`: serials from FIRST on. `result`: hash of the list, as gates compute it."""

    count: int
    changes: Changes
    result: bytes

    @property
    def first(self) -> int:
        """The lowest serial."""
        return FIRST

    @property
    def snapshot_bytes(self) -> int:
        """How much a snapshot costs."""
        return len(self.changes.pack())

    def snapshot(self) -> bytes:
        """The body that makes this list from nothing."""
        return self.changes.pack()


def read(connection: Connection, count: int) -> SerialList:
    """The list of the serials up to `count`: everything is VALID but the rows that a small index
    finds."""
    changes = _changes(connection, _LISTED, {})
    bits, exceptions = apply(None, changes, FIRST, count)
    return SerialList(count, changes, result_of(bits, exceptions))


def delta(connection: Connection, since: int) -> bytes:
    """The body for a gate whose list knows the changes up to number `since`."""
    return _changes(connection, _CHANGED, {"since": since}, with_valid=True).pack()


def _changes(
    connection: Connection, query: Executable, values: dict[str, int], *, with_valid: bool = False
) -> Changes:
    positions: dict[TicketStatus, list[int]] = {status: [] for status in TicketStatus if status < 4}
    by_status = {int(status): places for status, places in positions.items()}
    min_issue, extra, holders = {}, {}, {}
    for serial, status, issue, more, tag in store.run(connection, query, values):
        if with_valid or status != TicketStatus.VALID:
            by_status[status].append(serial - FIRST)
        if issue:
            min_issue[serial] = issue
        if more:
            extra[serial] = more
        if tag:
            holders[serial] = tag
    return Changes(positions, Exceptions(min_issue, extra, holders))
