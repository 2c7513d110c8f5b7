"""Report to pretix who came in. What it refuses is stored and shown: it has happened all the same.
Reporting again changes nothing there, because every passage has a number of its own (nonce)."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from fleet_manager.database import store, tables_pretix
from fleet_manager.database.store import Store
from fleet_manager.database.tables import journal, passage
from fleet_manager.pretix.event import PretixEvent
from fleet_manager.pretix.server import PretixError
from fleet_manager.pretix.sources import PretixSource
from gate_agent.validator.passage import Direction, PassageKind

STEP_PASSAGES = 50

Horizon = dict[int, int]
"""Up to which record to report, by journal number."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """Passages that were reported. `refused`: those that pretix did not take. `stopped`: why it did
    not come to the end; empty if it did."""

    reported: int
    refused: int
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class RefusedPassage:
    """A passage that pretix did not take. `ticket`: its id, hexadecimal."""

    gate: str
    seq: int
    wall_ms: int
    ticket: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Passage:
    seq: int
    entry: bool
    wall_ms: int
    secret: str
    nonce: str


def horizon(connection: Connection) -> Horizon:
    """Return where the journals end now. What is reported must have arrived before the last pull:
    a ticket that pretix sold and a gate let in a moment later is known after it."""
    return {row.no: row.mark for row in connection.execute(select(journal.c.no, journal.c.mark))}


def push(
    database: Store, source: PretixSource, event: PretixEvent, upto: Horizon, now_ms: int
) -> Pushed:
    """Report every passage up to the horizon that was not reported yet, journal by journal.

    A fault that may pass ends it; the rest is reported by the next push.
    """
    reported = refused = 0
    for number, end in upto.items():
        while True:
            with database.read() as connection:
                at, due = _due(connection, source.series, number, end)
            if at >= end:
                break
            step = _report(event, source.check_in_list, at, due)
            reported += step.reported
            refused += len(step.reasons)
            last = end if not step.stopped and len(due) < STEP_PASSAGES else step.last
            with database.write() as connection:
                _save(connection, source.series, number, last, step.reasons, now_ms)
            if step.stopped:
                return Pushed(reported, refused, step.stopped)
    return Pushed(reported, refused)


@dataclass(slots=True)
class _Step:
    """Reports of some passages of a journal. `last`: the record that was reported last.
    `reasons`: of those that pretix did not take, by their record's number."""

    last: int
    reported: int = 0
    reasons: dict[int, str] = field(default_factory=dict)
    stopped: str = ""


def _report(event: PretixEvent, check_in_list: int, at: int, due: list[_Passage]) -> _Step:
    step = _Step(at)
    for passage_due in due:
        try:
            outcome = event.redeem(
                passage_due.secret,
                check_in_list,
                entry=passage_due.entry,
                at_ms=passage_due.wall_ms,
                nonce=passage_due.nonce,
            )
        except PretixError as error:
            step.stopped = str(error)
            break
        step.reported, step.last = step.reported + 1, passage_due.seq
        if outcome.reason:
            step.reasons[passage_due.seq] = outcome.reason
    return step


def waiting(connection: Connection, series: str) -> int:
    """Return how many passages of this pretix's tickets are not reported yet."""
    return sum(
        len(_due(connection, series, number, end, limit=None)[1])
        for number, end in horizon(connection).items()
    )


def refusals(connection: Connection, series: str) -> list[RefusedPassage]:
    """Return the passages that pretix did not take, oldest first."""
    table = tables_pretix.refusal
    query = (
        select(journal.c.gate, table.c.seq, passage.c.wall_ms, passage.c.ticket, table.c.reason)
        .join(journal, journal.c.no == table.c.journal)
        .join(
            passage,
            (passage.c.journal == table.c.journal) & (passage.c.seq == table.c.seq),
        )
        .where(table.c.series == series)
        .order_by(passage.c.wall_ms)
    )
    return [
        RefusedPassage(gate, seq, wall_ms, ticket.hex(), reason)
        for gate, seq, wall_ms, ticket, reason in connection.execute(query)
    ]


def _due(
    connection: Connection, series: str, number: int, end: int, limit: int | None = STEP_PASSAGES
) -> tuple[int, list[_Passage]]:
    """Return (the last record that was reported, the passages after it)."""
    mark = tables_pretix.mark.c
    query = select(mark.seq).where(mark.series == series, mark.journal == number)
    at = connection.scalar(query) or 0
    names = select(journal.c.gate, journal.c.id).where(journal.c.no == number)
    gate, name = connection.execute(names).one()
    row, mine = passage.c, tables_pretix.ticket.c
    due = (
        select(row.seq, row.direction, row.wall_ms, func.min(mine.secret))
        .join(tables_pretix.ticket, mine.ticket == row.ticket)
        .where(
            row.journal == number,
            row.seq > at,
            row.seq <= end,
            row.kind == int(PassageKind.TAKEN),
            mine.series == series,
        )
        .group_by(row.seq, row.direction, row.wall_ms)
        .order_by(row.seq)
        .limit(limit)
    )
    return (
        at,
        [
            _Passage(
                seq=seq,
                entry=direction == Direction.IN,
                wall_ms=wall_ms,
                secret=secret,
                nonce=f"{gate}-{name.hex()}-{seq:x}",  # two gates may have journals of one id
            )
            for seq, direction, wall_ms, secret in connection.execute(due)
        ],
    )


def _save(
    connection: Connection,
    series: str,
    number: int,
    last: int,
    reasons: dict[int, str],
    now_ms: int,
) -> None:
    store.put_row(
        connection, tables_pretix.mark, {"series": series, "journal": number, "seq": last}
    )
    for seq, reason in reasons.items():
        values: dict[str, object] = {
            "series": series,
            "journal": number,
            "seq": seq,
            "reason": reason,
            "told_ms": now_ms,
        }
        store.put_row(connection, tables_pretix.refusal, values)
