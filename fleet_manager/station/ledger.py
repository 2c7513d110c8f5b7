"""The ledger of conflicts: tickets that several gates let in more often than they may, because they
could not ask. Found in the transaction that stores the records, kept until somebody has looked."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, select, text, update

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conflict of one ticket on one day. `records`: the entries up to the last one that was too
    many, in the order of their times, each as a dict. `cents`: None where no price is known."""

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
        """The ticket's."""
        return int.from_bytes(self.ticket[4:], "big")


class _Known(NamedTuple):
    """What is kept of a case already."""

    day: int
    state: str
    persons: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Totals of the cases of one state. `unpriced`: persons whose product has no price."""

    cases: int
    persons: int
    cents: int
    unpriced: int


def look(
    connection: Connection, journal: int, seqs: tuple[int, int], calendar: Calendar, now_ms: int
) -> None:
    """New records of a journal are stored: enter what conflicts with those of others."""
    span = {"journal": journal, "first": seqs[0], "last": seqs[1]}
    for (ticket,) in store.run(connection, _SHARED, span):
        enter(connection, bytes(ticket), calendar, now_ms)


def enter(connection: Connection, ticket: bytes, calendar: Calendar, now_ms: int) -> None:
    """Make the cases of one ticket what its records say now. What somebody has resolved stays so,
    unless it has grown."""
    events = _events(connection, ticket, calendar)
    product = next((event.product for event in events if event.product is not None), None)
    sold = [] if product is None else store.run(connection, _SOLD, {"of": product})
    policy, price_cents = sold[0] if sold else (None, None)
    found = find_conflicts(events, _right(connection, ticket, events, policy))
    known = {row[0]: _Known(*row) for row in store.run(connection, _KNOWN, {"id": ticket})}
    for conflict in found:
        values = _values(ticket, conflict, price_cents)
        before = known.pop(conflict.day, None)
        kept = ["found_ms"]
        if before is not None and before.state == RESOLVED and conflict.too_many <= before.persons:
            kept += ["state", "by", "why", "changed_ms"]
        fresh = {"found_ms": now_ms, "state": OPEN, "by": "", "why": "", "changed_ms": now_ms}
        if before is not None and kept == ["found_ms"] and before.state == OPEN:
            fresh["changed_ms"] = before.changed_ms
        store.put_row(connection, _TABLE, values | fresh, keep=kept)
    for day, row in known.items():
        if row.state == OPEN:  # an exit that came late explains it
            connection.execute(delete(_TABLE).where(_ROW.ticket == ticket, _ROW.day == day))


def _right(
    connection: Connection, ticket: bytes, events: list[Movement], policy: int | None
) -> Entitlement:
    """By our own table of tickets; else by the `policy` of its product; else it is good once."""
    name = {"serial": int.from_bytes(ticket[4:], "big"), "key_id": ticket[:4]}
    for (own_policy,) in store.run(connection, _POLICY, name):
        policy = own_policy
    admits = max((event.admits for event in events if not event.out), default=1)
    product = next((event.product for event in events if event.product is not None), None)
    default, own = rules.current(connection)
    its = default if product is None else own.get(product, default)
    return Entitlement(
        policy=ONCE if policy is None else POLICIES[policy],
        admits=admits,
        extra=0,
        passback=its.passback,
        passback_ms=its.passback_ms,
    )


def _events(connection: Connection, ticket: bytes, calendar: Calendar) -> list[Movement]:
    events: list[Movement] = []
    for record, day, wall_ms, gate, journal in store.run(connection, _RECORDS, {"id": ticket}):
        one = decode(record)
        forgiven = one.kind is PassageKind.FORGIVEN
        if one.kind is PassageKind.UNRESOLVED:
            continue  # nobody knows whether they went: that is in the counts, and no case
        events.append(
            Movement(
                wall_ms, gate, bytes(journal), one.seq,
                forgiven or one.direction is Direction.OUT, one.persons, day, one.clock,
                one.product, one.admits, one.alone,
            )
        )  # fmt: skip
    for no, at_ms, persons in store.run(connection, _FORGIVEN, {"id": ticket}):
        day = calendar.day(at_ms)
        events.append(
            Movement(at_ms, "", b"", no, True, persons, day, ClockState.TRUSTED, None, 1, 0)
        )
    return events


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
    """The cases, the newest first; those of one state, or of one ticket."""
    query = select(_TABLE).order_by(_ROW.day.desc(), _ROW.found_ms.desc(), _ROW.ticket)
    if state is not None:
        query = query.where(_ROW.state == state)
    found = [_case(row) for row in connection.execute(query)]
    return [one for one in found if serial is None or one.serial == serial]


def exposure(some: Iterable[Case]) -> Exposure:
    """What they come to."""
    every = list(some)
    return Exposure(
        len(every),
        sum(one.persons for one in every),
        sum(one.cents or 0 for one in every),
        sum(one.persons for one in every if one.cents is None),
    )


def resolve(connection: Connection, serial: int, by: str, why: str, now_ms: int) -> int:
    """Close the open cases of a ticket. Gives how many. Raises CentreError if there are none."""
    closed = 0
    for case in cases(connection, OPEN, serial):
        connection.execute(
            update(_TABLE)
            .where(_ROW.ticket == case.ticket, _ROW.day == case.day)
            .values(state=RESOLVED, by=by, why=why, changed_ms=now_ms)
        )
        closed += 1
    if not closed:
        raise CentreError(
            f"cannot resolve a conflict of ticket {serial}: none is open",
            "see `fleet-manager ledger list`",
        )
    return closed


def count_open(connection: Connection) -> int:
    """How many cases nobody has looked at."""
    query = select(func.count()).select_from(_TABLE).where(_ROW.state == OPEN)
    return connection.scalar(query) or 0


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


# Made once: making a statement costs more than running it.
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
    .where(text("kind IN (3, 8, 10)"), tables.passage.c.ticket == bindparam("id"))
)
_PARDON = tables_station.forgiven.c
_FORGIVEN = select(_PARDON.no, _PARDON.at_ms, _PARDON.persons).where(
    _PARDON.ticket == bindparam("id")
)
_KNOWN = select(_ROW.day, _ROW.state, _ROW.persons, _ROW.changed_ms).where(
    _ROW.ticket == bindparam("id")
)
_SOLD = select(tables.product.c.policy, tables.product.c.price_cents).where(
    tables.product.c.id == bindparam("of")
)
_POLICY = select(tables.ticket.c.policy).where(
    tables.ticket.c.serial == bindparam("serial"), tables.ticket.c.key_id == bindparam("key_id")
)
# Tickets of new records that another journal has entries of; the index holds all that is asked.
_SHARED = text("""
    SELECT DISTINCT n.ticket FROM passage n
    WHERE n.journal = :journal AND n.seq BETWEEN :first AND :last
    AND n.kind IN (3, 10) AND n.ticket IS NOT NULL
    AND EXISTS (SELECT 1 FROM passage p WHERE p.ticket = n.ticket AND p.kind IN (3, 8, 10)
                AND p.journal <> :journal)
""")
