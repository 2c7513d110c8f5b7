"""Make the list of the park's own tickets from the table of tickets."""

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

# Built once: building a statement costs more than running it.
_ROW = tables.ticket.c
_EVERY = select(_ROW.serial, _ROW.status, _ROW.issue, _ROW.extra, _ROW.now_for).order_by(
    _ROW.serial
)
_LISTED = _EVERY.where(text(tables.LISTED))
# The first condition makes the database use the partial index on `change`.
_CHANGED = _EVERY.where(text("change > 0"), _ROW.change > bindparam("since"))


@dataclass(frozen=True, slots=True)
class SerialList:
    """The list of the park's own tickets. `count`: serials from FIRST on. `changes`: what differs
    from VALID. `result`: hash of the list, as gates compute it."""

    count: int
    changes: Changes
    result: bytes

    @property
    def first(self) -> int:
        """Return the lowest serial."""
        return FIRST

    @property
    def snapshot_bytes(self) -> int:
        """Return the size of a snapshot."""
        return len(self.changes.pack())

    def snapshot(self) -> bytes:
        """Return the body that makes this list from nothing."""
        return self.changes.pack()


def read(connection: Connection, count: int) -> SerialList:
    """Return the list of the serials up to `count`: every ticket is VALID except the rows that a
    small index finds."""
    changes = _changes(connection, _LISTED, {})
    bits, exceptions = apply(None, changes, FIRST, count)
    return SerialList(count, changes, result_of(bits, exceptions))


def delta(connection: Connection, since: int) -> bytes:
    """Return the body for a gate whose list has the changes up to number `since`."""
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
