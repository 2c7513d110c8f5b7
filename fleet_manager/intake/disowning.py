"""Disown records of a gate that is in the wrong hands, and own them again.

What was disowned counts in no history, no claim, no news, no case and no total, and stays where it
is: `records` and the column `disowned` of `counts` show it. All of it is made of the records, so
owning them again restores what was.

A thief can write very many records. So the act itself writes a number into each journal, from which
on its records are disowned, and no more; news are right with that. Histories and counts follow in
steps of STEP records, each a transaction of its own. A program that dies in between has done a part
of the steps; the next one goes on, because a record that counts and should not is easily seen.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from fleet_manager.database import store, tables, tables_station
from fleet_manager.errors import CentreError
from fleet_manager.intake.tallies import tally_key
from fleet_manager.intake.tally_change import TallyChange
from fleet_manager.park_time import Calendar
from fleet_manager.passages import closed_days, receipts
from fleet_manager.station import ledger

STEP = 500
"""Records of a transaction: claims of other gates wait for it."""
_NONE = 1 << 62


class OwnJournal(NamedTuple):
    """A journal of a gate. `mark`: its last record here. `disowned`: its first record that counts
    for nothing, None for none."""

    no: int
    id: bytes
    mark: int
    first_seen_ms: int
    disowned: int | None


def journals_of(connection: Connection, gate: str) -> list[OwnJournal]:
    """Return the journals of a gate, oldest first."""
    return [OwnJournal._make(row) for row in store.run(connection, _JOURNALS, {"of": gate})]


def first_records(
    connection: Connection, gate: str, since_ms: int, until_ms: int | None
) -> dict[int, int]:
    """Return by journal the first record of a gate that arrived at `since_ms` or later.

    `until_ms`: when the gate got another board: journals that began then or later are not among
    them. Raises CentreError if it is not known any more when records arrived.
    """
    first: dict[int, int] = {}
    for journal in journals_of(connection, gate):
        if until_ms is not None and journal.first_seen_ms >= until_ms:
            continue
        record = receipts.first_since(connection, journal.no, since_ms)
        if journal.first_seen_ms >= since_ms:
            record = 1
        if record is not None and record <= max(1, journal.mark):
            first[journal.no] = record
    return first


def mark(
    connection: Connection, gate: str, first: Mapping[int, int], refused_ms: int | None
) -> None:
    """Set from which numbers on the records of a gate's journals are disowned; own all others.

    `refused_ms`: since when the gate's key is refused, None if it is not. Promises that the centre
    gave the disowned journals are taken back.
    """
    for journal in journals_of(connection, gate):
        values = {"number": journal.no, "at": first.get(journal.no)}
        store.run(connection, _SET_FIRST, values)
        if journal.no in first:
            store.run(connection, _DELETE_CLAIMS, {"of": gate, "id": journal.id})
    store.run(connection, _REFUSE_KEY, {"of": gate, "at": refused_ms})


def count(connection: Connection, first: Mapping[int, int]) -> tuple[int, int]:
    """Return how many records from these numbers on there are, and how many of them are passages
    that count or counted."""
    records = passages = 0
    for journal, record in first.items():
        [(every, taken)] = store.run(connection, _COUNT, {"of": journal, "from": record})
        records, passages = records + every, passages + (taken or 0)
    return records, passages


def waiting(connection: Connection, gate: str) -> int:
    """Return how many records of a gate still count and should not, or the other way round."""
    return sum(
        store.run(connection, _WAITING, _wrong(journal, 0))[0][0]
        for journal in journals_of(connection, gate)
    )


class _Row(NamedTuple):
    """A row of the answer to `_NEXT`."""

    seq: int
    kind: int
    lane: int
    direction: int
    wall_ms: int
    day: int
    persons: int
    ticket: bytes | None
    product: int | None
    reason: int


def step(
    connection: Connection,
    gate: str,
    journal: OwnJournal,
    after: int,
    calendar: Calendar,
    now_ms: int,
) -> int | None:
    """Bring the next records of a journal in order; return the number of the last of them, None if
    there were none above the number `after`. Call it in a writing transaction."""
    wrong = _wrong(journal, after)
    rows = [_Row._make(row) for row in store.run(connection, _NEXT, wrong | {"most": STEP})]
    if not rows:
        return None
    change = TallyChange()
    for row in rows:
        for kind, sign in ((row.kind, -1), (-row.kind, 1)):
            turned = row._replace(kind=kind)
            change.add(turned, row.ticket, tally_key(turned, gate, row.wall_ms, calendar), sign)
    change.count_first(connection, calendar, -1)
    store.run(connection, _TURN, wrong | {"upto": rows[-1].seq})
    change.count_first(connection, calendar, 1)
    change.write(connection)
    for row in rows:
        if row.ticket is not None:
            closed_days.reopen(connection, row.ticket, row.day)
    span = {"of": journal.no, "after": after, "upto": rows[-1].seq}
    for (ticket,) in store.run(connection, _SHARED, span):
        ledger.update_cases(connection, bytes(ticket), calendar, now_ms)
    return rows[-1].seq


def _wrong(journal: OwnJournal, after: int) -> dict[str, object]:
    first = _NONE if journal.disowned is None else journal.disowned
    return {"of": journal.no, "after": after, "from": first}


def check(connection: Connection, gate: str) -> None:
    """Raise CentreError if no journal of a gate is disowned, and no step is left."""
    if not waiting(connection, gate) and all(
        journal.disowned is None for journal in journals_of(connection, gate)
    ):
        raise CentreError(
            f"cannot own the records of gate {gate} again: none is disowned",
            f"see `fleet-manager gate show {gate}`",
        )


# Built once: building a statement costs more than running it.
_PASSAGE, _JOURNAL, _GATE = tables.passage.c, tables.journal.c, tables.gate.c
_JOURNALS = (
    select(*(_JOURNAL[name] for name in OwnJournal._fields))
    .where(_JOURNAL.gate == bindparam("of"))
    .order_by(_JOURNAL.no)
)
_SET_FIRST = (
    update(tables.journal)
    .where(_JOURNAL.no == bindparam("number"))
    .values(disowned=bindparam("at"))
)
_REFUSE_KEY = (
    update(tables.gate).where(_GATE.id == bindparam("of")).values(disowned_ms=bindparam("at"))
)
_DELETE_CLAIMS = delete(tables_station.claim).where(
    tables_station.claim.c.gate == bindparam("of"),
    tables_station.claim.c.journal == bindparam("id"),
)
_TAKEN = "CASE WHEN kind IN (3, -3) THEN persons ELSE 0 END"
_COUNT = select(func.count(), func.sum(text(_TAKEN))).where(
    _PASSAGE.journal == bindparam("of"), _PASSAGE.seq >= bindparam("from")
)
_IS_WRONG = (
    _PASSAGE.journal == bindparam("of"),
    _PASSAGE.seq > bindparam("after"),
    text("((kind > 0 AND seq >= :from) OR (kind < 0 AND seq < :from))"),
)
_WAITING = select(func.count()).select_from(tables.passage).where(*_IS_WRONG)
_NEXT = (
    select(*(_PASSAGE[name] for name in _Row._fields))
    .where(*_IS_WRONG)
    .order_by(_PASSAGE.seq)
    .limit(bindparam("most"))
)
_TURN = (
    update(tables.passage)
    .where(*_IS_WRONG, _PASSAGE.seq <= bindparam("upto"))
    .values(kind=-_PASSAGE.kind)
)
# Tickets of a step that other journals have entries of, and so may have cases.
_SHARED = text(f"""
    SELECT DISTINCT n.ticket FROM passage n
    WHERE n.journal = :of AND n.seq > :after AND n.seq <= :upto AND n.ticket IS NOT NULL
    AND EXISTS (SELECT 1 FROM passage p WHERE p.ticket = n.ticket AND p.{tables.USES_A_TICKET}
                AND p.journal <> :of)
""")  # noqa: S608
