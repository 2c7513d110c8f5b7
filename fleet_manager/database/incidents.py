"""Count what should not happen: forks, gaps, unknown gates, refused messages."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from fleet_manager.database import tables


class Incident(StrEnum):
    """Kind of incident.

    `fork`: a journal tells two stories. `gap`: records are missing before a batch; the gate was
    asked for them. `malformed`: a signed record cannot be read; the mark stops before it.
    `taken`: a gate sends records of another gate's journal. `rollback`: a gate has less of its
    journal than the centre. `refused`: bytes that are not a message of an enrolled gate.
    `dropped`: the queue was full. `second_key`: a gate has drawn a key and asks for another: its
    card was replaced, or somebody else has its key. `two_boards`: two boards speak in turn for one
    gate. `new_journal`: a gate has begun its journal anew, so it may let in again what it has let
    in before.
    """

    FORK = "fork"
    GAP = "gap"
    MALFORMED = "malformed"
    TAKEN = "taken"
    ROLLBACK = "rollback"
    REFUSED = "refused"
    DROPPED = "dropped"
    SECOND_KEY = "second_key"
    TWO_BOARDS = "two_boards"
    NEW_JOURNAL = "new_journal"


Sighting = tuple[Incident, str, str]
"""Incident, gate ('' if no gate can be named), detail."""

MAX_KINDS = 10_000
MAX_DETAIL = 200
_MORE = "and others"


@dataclass(frozen=True, slots=True)
class IncidentCount:
    """Number of incidents that are alike. `first_ms`, `last_ms`: UTC, of the first and last."""

    kind: Incident
    gate: str
    detail: str
    times: int
    first_ms: int
    last_ms: int


def record(connection: Connection, sightings: Counter[Sighting], now_ms: int) -> None:
    """Add incidents to their counts, one row for each kind, gate and detail.

    Above MAX_KINDS rows new incidents are counted by kind alone, so that nobody fills the disk
    with different ones.
    """
    if not sightings:
        return
    table = tables.incident
    if (connection.scalar(select(func.count()).select_from(table)) or 0) >= MAX_KINDS:
        folded: Counter[Sighting] = Counter()
        for (kind, _gate, _detail), times in sightings.items():
            folded[kind, "", _MORE] += times
        sightings = folded
    for (kind, gate, detail), times in sightings.items():
        key = {"kind": kind.value, "gate": gate, "detail": detail[:MAX_DETAIL]}
        counted = connection.execute(
            update(table).filter_by(**key).values(times=table.c.times + times, last_ms=now_ms)
        )
        if not counted.rowcount:
            connection.execute(
                insert(table).values(**key, times=times, first_ms=now_ms, last_ms=now_ms)
            )


def last_seen(connection: Connection, kind: Incident) -> dict[str, int]:
    """Return when an incident of a kind was last seen, UTC ms, by gate."""
    table = tables.incident
    query = select(table.c.gate, func.max(table.c.last_ms).label("last_ms")).where(
        table.c.kind == kind.value
    )
    rows = connection.execute(query.group_by(table.c.gate))
    return {row.gate: row.last_ms for row in rows}


def every(connection: Connection) -> list[IncidentCount]:
    """Return all counts, the last incident first."""
    table = tables.incident
    query = select(table).order_by(table.c.last_ms.desc(), table.c.kind, table.c.gate)
    return [
        IncidentCount(
            Incident(row.kind), row.gate, row.detail, row.times, row.first_ms, row.last_ms
        )
        for row in connection.execute(query)
    ]
