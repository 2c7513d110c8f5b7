"""Store the ledger of conflicts: tickets that were used at several gates more often than they may.

Conflicts are found in the transaction that stores the records, and stay until staff resolve them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, select, text, update

from fleet_manager.database import store, tables, tables_station
from fleet_manager.errors import CentreError
from fleet_manager.park_time import Calendar
from fleet_manager.passages import closed_days
from fleet_manager.passages.closed_days import NONE_CLOSED
from fleet_manager.station.conflicts import Conflict, exposure_cents
from fleet_manager.station.ticket_fold import TicketFold
from gate_agent.validator.reasons import Reason

OPEN, RESOLVED = "open", "resolved"


@dataclass(frozen=True, slots=True)
class Case:
    """A conflict of one ticket on one park day. `persons`: how many were too many. `cents`: what
    they would have paid, None without a price. `records`: the entries up to the last that was too
    many, in the order of time, each as a dict. `state`: OPEN or RESOLVED; `by`, `why`: who
    resolved it, and in which words."""

    ticket: bytes
    day: int
    reason: Reason
    persons: int
    cents: int | None
    sure: bool
    records: list[dict[str, Any]]
    found_ms: int
    state: str
    by: str
    why: str

    @property
    def serial(self) -> int:
        """Return the serial of the ticket."""
        return int.from_bytes(self.ticket[4:], "big")


class _StoredCase(NamedTuple):
    """A row of the answer to `_STORED`."""

    day: int
    state: str
    persons: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Totals of cases. `cents`: of persons with a price. `unpriced`: persons without one."""

    cases: int
    persons: int
    cents: int
    unpriced: int


def record_conflicts(
    connection: Connection, journal: int, seqs: tuple[int, int], calendar: Calendar, now_ms: int
) -> None:
    """Update the cases of tickets with new records that other journals have entries of.

    `journal`: its number in the database. `seqs`: first and last of its new records, which are
    stored already. Closed days that get a late record are opened again; of tickets that are used
    much, days that are over are closed.
    """
    span = {
        "journal": journal,
        "first": seqs[0],
        "last": seqs[1],
        "closable": _closable(calendar, now_ms),
        "many": closed_days.CLOSE_AT,
    }
    for ticket, first_day in store.run(connection, _TOUCHED, span):
        closed_days.reopen(connection, bytes(ticket), first_day)
        update_cases(connection, bytes(ticket), calendar, now_ms)


def _closable(calendar: Calendar, now_ms: int) -> int:
    """Return the first park day that may not be closed yet, by the centre's own clock: a gate
    chooses the days of its records."""
    return calendar.day(now_ms) - closed_days.OPEN_DAYS + 1


def update_cases(connection: Connection, ticket: bytes, calendar: Calendar, now_ms: int) -> None:
    """Make the cases of one ticket match its records.

    A resolved case stays resolved unless more persons are too many. An open case without a
    conflict is deleted. Cases of closed days are as they should be, unless the ticket's entitlement
    has changed: then all its records are read once more.
    """
    closed = closed_days.find(connection, ticket)
    of_ticket = TicketFold(connection, ticket, closed, calendar)
    if not of_ticket.continues:
        closed = NONE_CLOSED
        of_ticket = TicketFold(connection, ticket, closed, calendar)
    rows = store.run(connection, _STORED, {"id": ticket, "first": closed.day})
    stored = {row[0]: _StoredCase(*row) for row in rows}
    for conflict in of_ticket.conflicts(_closable(calendar, now_ms)):
        values = _values(ticket, conflict, of_ticket.price_cents)
        before = stored.pop(conflict.day, None)
        unchanged = ["found_ms"]
        opened = {"found_ms": now_ms, "state": OPEN, "by": "", "why": "", "changed_ms": now_ms}
        if before is not None and before.state == OPEN:
            opened["changed_ms"] = before.changed_ms
        elif before is not None and conflict.too_many <= before.persons:
            unchanged += ["state", "by", "why", "changed_ms"]
        store.put_row(connection, _TABLE, values | opened, keep=unchanged)
    for day, case in stored.items():
        if case.state == OPEN:  # an exit that arrived later explains it
            connection.execute(delete(_TABLE).where(_ROW.ticket == ticket, _ROW.day == day))
    if of_ticket.closed is not None:
        closed_days.close(connection, ticket, of_ticket.closed)


def _values(ticket: bytes, conflict: Conflict, price_cents: int | None) -> dict[str, object]:
    records = [
        {
            "gate": use.event.gate,
            "journal": use.event.journal.hex(),
            "seq": use.event.seq,
            "wall_ms": use.event.wall_ms,
            "clock": use.event.clock.name.lower(),
            "persons": use.event.persons,
            "too_many": use.too_many,
            "alone": use.event.alone.name.lower(),
        }
        for use in conflict.uses
    ]
    return {
        "ticket": ticket,
        "day": conflict.day,
        "reason": conflict.reason.value,
        "persons": conflict.too_many,
        "cents": exposure_cents(conflict, price_cents),
        "sure": conflict.sure,
        "records": json.dumps(records),
    }


def cases(
    connection: Connection, state: str | None = None, serial: int | None = None
) -> list[Case]:
    """Return cases, the newest first: all, those of one state, those of one ticket."""
    query = select(_TABLE).order_by(_ROW.day.desc(), _ROW.found_ms.desc(), _ROW.ticket)
    if state is not None:
        query = query.where(_ROW.state == state)
    selected = [_case(row) for row in connection.execute(query)]
    return [case for case in selected if serial is None or case.serial == serial]


def exposure(cases: Iterable[Case]) -> Exposure:
    """Return the totals of some cases."""
    every = list(cases)
    return Exposure(
        cases=len(every),
        persons=sum(case.persons for case in every),
        cents=sum(case.cents or 0 for case in every),
        unpriced=sum(case.persons for case in every if case.cents is None),
    )


def resolve(connection: Connection, serial: int, by: str, why: str, now_ms: int) -> int:
    """Resolve the open cases of a ticket and return how many.

    Raises CentreError if none is open.
    """
    resolved = 0
    for case in cases(connection, OPEN, serial):
        connection.execute(
            update(_TABLE)
            .where(_ROW.ticket == case.ticket, _ROW.day == case.day)
            .values(state=RESOLVED, by=by, why=why, changed_ms=now_ms)
        )
        resolved += 1
    if not resolved:
        raise CentreError(
            f"cannot resolve a conflict of ticket {serial}: none is open",
            "see `fleet-manager ledger list`",
        )
    return resolved


def _case(row: Row[Any]) -> Case:
    return Case(
        ticket=bytes(row.ticket),
        day=row.day,
        reason=Reason(row.reason),
        persons=row.persons,
        cents=row.cents,
        sure=bool(row.sure),
        records=json.loads(row.records),
        found_ms=row.found_ms,
        state=row.state,
        by=row.by,
        why=row.why,
    )


# Built once: building a statement costs more than running it.
_TABLE, _ROW = tables_station.conflict, tables_station.conflict.c
_STORED = select(_ROW.day, _ROW.state, _ROW.persons, _ROW.changed_ms).where(
    _ROW.ticket == bindparam("id"), _ROW.day >= bindparam("first")
)
# Tickets of new records whose cases may change, with the first park day of those records: other
# journals have entries of them, or they have so many that days are to be closed, or a closed day
# gets a late record. The index covers the query, and no more than the open days are read.
_TOUCHED = text(f"""
    SELECT n.ticket, n.first_day
    FROM (SELECT ticket, min(day) AS first_day FROM passage
          WHERE journal = :journal AND seq BETWEEN :first AND :last
          AND {tables.USES_A_TICKET} AND ticket IS NOT NULL GROUP BY ticket) n
    LEFT JOIN closed_days c ON c.ticket = n.ticket
    WHERE c.day > n.first_day OR c.journal <> :journal
    OR EXISTS (SELECT 1 FROM passage p
               WHERE p.ticket = n.ticket AND p.{tables.USES_A_TICKET}
               AND p.day >= coalesce(c.day, 0) AND p.journal <> :journal)
    OR (SELECT count(*) FROM (
            SELECT 1 FROM passage p WHERE p.ticket = n.ticket AND p.{tables.USES_A_TICKET}
            AND p.day >= coalesce(c.day, 0) AND p.day < :closable LIMIT :many) many) = :many
""")  # noqa: S608
