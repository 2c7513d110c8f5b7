"""Count what should not happen: forks, gaps, unknown gates, refused messages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from fleet_manager.database import tables
from fleet_manager.incident import Incident, Sighting

MAX_KINDS = 10_000
MAX_DETAIL = 200
_MORE = "and others"


@dataclass(frozen=True, slots=True)
class IncidentCount:
    """Number of incidents that are alike. `first_ms`, `last_ms`: UTC, of the first and last.
    `cleared`: how many of the `times` somebody has looked at and cleared."""

    kind: Incident
    gate: str
    detail: str
    times: int
    first_ms: int
    last_ms: int
    cleared: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether it has happened since somebody last cleared it."""
        return self.times > self.cleared


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
            kind=Incident(row.kind),
            gate=row.gate,
            detail=row.detail,
            times=row.times,
            first_ms=row.first_ms,
            last_ms=row.last_ms,
            cleared=row.cleared,
        )
        for row in connection.execute(query)
    ]


def open_now(
    connection: Connection, kind: Incident | None = None, gate: str | None = None
) -> list[IncidentCount]:
    """Return the open incidents of a kind and a gate, None for any, the newest first."""
    return [
        incident
        for incident in every(connection)
        if incident.is_open and kind in (None, incident.kind) and gate in (None, incident.gate)
    ]


def clear(connection: Connection, seen: Sequence[IncidentCount]) -> None:
    """Clear incidents as they were seen. What has happened since stays open."""
    table = tables.incident
    for incident in seen:
        key = {"kind": incident.kind.value, "gate": incident.gate, "detail": incident.detail}
        connection.execute(update(table).filter_by(**key).values(cleared=incident.times))
