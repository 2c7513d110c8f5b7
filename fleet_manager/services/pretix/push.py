"""pretix is told who came in. What it would not take is kept, and shown: it has happened all the
same. Telling again changes nothing there, because every passage has a name of its own."""

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
"""Up to where to tell, by journal number."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """Passages that were told. `refused`: that pretix would not take. `stopped`: why it did not
    come to the end; empty if it did."""

    told: int
    refused: int
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class RefusedPassage:
    """A passage that pretix would not take. `ticket`: its id, hexadecimal."""

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


def horizon(connection: Connection) -> Horizon:
    """Where the journals end now. What is told must have been taken in before the last pull: a
    ticket that pretix sold and a gate let in a moment later is known after it."""
    return {row.no: row.mark for row in connection.execute(select(journal.c.no, journal.c.mark))}


def push(
    database: Store, source: PretixSource, event: PretixEvent, upto: Horizon, now_ms: int
) -> Pushed:
    """Tells of every passage up to the horizon that was not told of. What fails on the way, and may
    work later, ends it."""
    told = refused = 0
    for number, end in upto.items():
        at = 0
        while at < end:
            with database.read() as connection:
                name, at, due = _due(connection, source.series, number, end)
            if at >= end:
                break
            step = _redeem(source, event, name, due)
            told, refused = told + step.told, refused + len(step.reasons)
            at = step.last_seq or at
            if not step.stopped and len(due) < STEP_PASSAGES:
                at = end
            with database.write() as connection:
                _keep(connection, source.series, number, at, step.reasons, now_ms)
            if step.stopped:
                return Pushed(told, refused, step.stopped)
    return Pushed(told, refused)


@dataclass(slots=True)
class _Step:
    """`last_seq`: of the last passage that pretix was told of, 0 for none. `reasons`: why it
    refused some. `stopped`: why it was not told of the others."""

    told: int = 0
    last_seq: int = 0
    reasons: dict[int, str] = field(default_factory=dict)
    stopped: str = ""


def _redeem(
    source: PretixSource, event: PretixEvent, journal_id: bytes, due: list[_Passage]
) -> _Step:
    """Tell pretix of passages, in order, until it cannot be told of one."""
    step = _Step()
    for entry in due:
        try:
            outcome = event.redeem(
                entry.secret,
                source.check_in_list,
                entry=entry.entry,
                at_ms=entry.wall_ms,
                nonce=f"{journal_id.hex()}{entry.seq:x}",
            )
        except PretixError as error:
            step.stopped = str(error)
            break
        step.told, step.last_seq = step.told + 1, entry.seq
        if outcome.reason:
            step.reasons[entry.seq] = outcome.reason
    return step


def waiting(connection: Connection, series: str) -> int:
    """Passages of this pretix's tickets that it was not told of."""
    return sum(
        len(_due(connection, series, number, end, limit=None)[2])
        for number, end in horizon(connection).items()
    )


def refusals(connection: Connection, series: str) -> list[RefusedPassage]:
    """What pretix would not take, oldest first."""
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
) -> tuple[bytes, int, list[_Passage]]:
    """(journal id, up to where it was told of, what comes next)."""
    mark = tables_pretix.mark.c
    query = select(mark.seq).where(mark.series == series, mark.journal == number)
    at = connection.scalar(query) or 0
    name = connection.scalar(select(journal.c.id).where(journal.c.no == number)) or b""
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
        name,
        at,
        [
            _Passage(seq, direction == Direction.IN, wall_ms, secret)
            for seq, direction, wall_ms, secret in connection.execute(due)
        ],
    )


def _keep(
    connection: Connection,
    series: str,
    number: int,
    done: int,
    reasons: dict[int, str],
    now_ms: int,
) -> None:
    store.put_row(
        connection, tables_pretix.mark, {"series": series, "journal": number, "seq": done}
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
