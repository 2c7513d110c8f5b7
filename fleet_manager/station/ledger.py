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
from fleet_manager.station.conflicts import Conflict, Movement, exposure_cents, find_conflicts
from fleet_manager.trust import rules
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind, Unconfirmed, decode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE, POLICIES
from gate_agent.validator.uses import Entitlement

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
    stored already.
    """
    span = {"journal": journal, "first": seqs[0], "last": seqs[1]}
    for (ticket,) in store.run(connection, _SHARED, span):
        update_cases(connection, bytes(ticket), calendar, now_ms)


def update_cases(connection: Connection, ticket: bytes, calendar: Calendar, now_ms: int) -> None:
    """Make the cases of one ticket match its records.

    A resolved case stays resolved unless more persons are too many. An open case without a
    conflict is deleted.
    """
    events = _movements(connection, ticket, calendar)
    product = next((event.product for event in events if event.product is not None), None)
    sold = [] if product is None else store.run(connection, _SOLD, {"of": product})
    policy, price_cents = sold[0] if sold else (None, None)
    rows = store.run(connection, _STORED, {"id": ticket})
    stored = {row[0]: _StoredCase(*row) for row in rows}
    for conflict in find_conflicts(events, _entitlement(connection, ticket, events, policy)):
        values = _values(ticket, conflict, price_cents)
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


def _entitlement(
    connection: Connection, ticket: bytes, events: list[Movement], policy: int | None
) -> Entitlement:
    """Return how often a ticket may be used: by the centre's own table of tickets; else by the
    `policy` of its product; else once."""
    identity = {"serial": int.from_bytes(ticket[4:], "big"), "key_id": ticket[:4]}
    for (own_policy,) in store.run(connection, _POLICY, identity):
        policy = own_policy
    admits = max((event.admits for event in events if not event.out), default=1)
    product = next((event.product for event in events if event.product is not None), None)
    default, own = rules.current(connection)
    of_product = default if product is None else own.get(product, default)
    return Entitlement(
        policy=ONCE if policy is None else POLICIES[policy],
        admits=admits,
        passback=of_product.passback,
        passback_ms=of_product.passback_ms,
    )


def _movements(connection: Connection, ticket: bytes, calendar: Calendar) -> list[Movement]:
    movements: list[Movement] = []
    for record, day, wall_ms, gate, journal in store.run(connection, _RECORDS, {"id": ticket}):
        passage = decode(record)
        if passage.kind is PassageKind.UNRESOLVED:
            continue  # it is unknown whether they went in: that is in the counts, and no case
        movements.append(
            Movement(
                wall_ms=wall_ms,
                gate=gate,
                journal=bytes(journal),
                seq=passage.seq,
                out=passage.kind is PassageKind.FORGIVEN or passage.direction is Direction.OUT,
                persons=passage.persons,
                day=day,
                clock=passage.clock,
                product=passage.product,
                admits=passage.admits,
                alone=passage.alone,
            )
        )
    for no, at_ms, persons in store.run(connection, _FORGIVEN, {"id": ticket}):
        movements.append(
            Movement(
                wall_ms=at_ms,
                gate="",
                journal=b"",
                seq=no,
                out=True,
                persons=persons,
                day=calendar.day(at_ms),
                clock=ClockState.TRUSTED,
                product=None,
                admits=1,
                alone=0,
            )
        )
    return movements


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
            "alone": Unconfirmed(use.event.alone).name.lower(),
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
_RECORDS = (
    select(
        tables.passage.c.record,
        tables.passage.c.day,
        tables.passage.c.wall_ms,
        tables.journal.c.gate,
        tables.journal.c.id,
    )
    .join(tables.journal, tables.journal.c.no == tables.passage.c.journal)
    .where(text(tables.USES_A_TICKET), tables.passage.c.ticket == bindparam("id"))
)
_EXEMPT = tables_station.forgiven.c
_FORGIVEN = select(_EXEMPT.no, _EXEMPT.at_ms, _EXEMPT.persons).where(
    _EXEMPT.ticket == bindparam("id")
)
_STORED = select(_ROW.day, _ROW.state, _ROW.persons, _ROW.changed_ms).where(
    _ROW.ticket == bindparam("id")
)
_SOLD = select(tables.product.c.policy, tables.product.c.price_cents).where(
    tables.product.c.id == bindparam("of")
)
_POLICY = select(tables.ticket.c.policy).where(
    tables.ticket.c.serial == bindparam("serial"), tables.ticket.c.key_id == bindparam("key_id")
)
# Tickets of new records that other journals have entries of. The index covers the query.
_SHARED = text(f"""
    SELECT DISTINCT n.ticket FROM passage n
    WHERE n.journal = :journal AND n.seq BETWEEN :first AND :last
    AND n.kind IN (3, 10) AND n.ticket IS NOT NULL
    AND EXISTS (SELECT 1 FROM passage p WHERE p.ticket = n.ticket AND p.{tables.USES_A_TICKET}
                AND p.journal <> :journal)
""")  # noqa: S608
