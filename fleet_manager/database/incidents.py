"""Count what should not happen: forks, gaps, unknown gates, refused messages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from fleet_manager.database import tables
from fleet_manager.incident import Incident, Sighting

MAX_DETAILS = 50
"""Greatest number of details of one kind and gate that are counted apart."""
MAX_DETAIL = 200
MORE = f"more than {MAX_DETAILS} different ones"


@dataclass(frozen=True, slots=True)
class IncidentCount:
    """Number of incidents that are alike. `first_ms`, `last_ms`: UTC, of the first and last.
    `cleared`: how many of the `times` somebody has looked at and cleared. `last_detail`: what only
    the last of them says, such as its journal."""

    kind: Incident
    gate: str
    detail: str
    times: int
    first_ms: int
    last_ms: int
    cleared: int = 0
    last_detail: str = ""

    @property
    def words(self) -> str:
        """Return what people read of it: its detail, and of the last one what only that says."""
        return ": ".join(words for words in (self.detail, self.last_detail) if words)

    @property
    def is_open(self) -> bool:
        """Return whether it has happened since somebody last cleared it."""
        return self.times > self.cleared


def record(connection: Connection, sightings: Counter[Sighting], now_ms: int) -> None:
    """Add incidents to their counts, one row for each kind, gate and detail.

    Above MAX_DETAILS rows of a kind and gate, what is different is counted in one more row of that
    kind and gate: nobody fills the disk, and no gate's incidents hide those of another.
    """
    for sighting, times in sightings.items():
        details = {"last_ms": now_ms, "last_detail": _printable(sighting.last_detail)}
        detail = sighting.detail[:MAX_DETAIL]
        if _count_up(connection, sighting, detail, times, details):
            continue
        if detail != MORE and _is_full(connection, sighting):
            detail = MORE
            details["last_detail"] = _printable(sighting.detail)
            if _count_up(connection, sighting, detail, times, details):
                continue
        key = {"kind": sighting.kind.value, "gate": sighting.gate, "detail": detail}
        row = {**key, "times": times, "first_ms": now_ms, **details}
        connection.execute(insert(tables.incident).values(row))


def _count_up(
    connection: Connection,
    sighting: Sighting,
    detail: str,
    times: int,
    details: dict[str, object],
) -> bool:
    """Add to a row that is there; return whether it is."""
    table = tables.incident
    key = {"kind": sighting.kind.value, "gate": sighting.gate, "detail": detail}
    counted = update(table).filter_by(**key).values(times=table.c.times + times, **details)
    return bool(connection.execute(counted).rowcount)


def _is_full(connection: Connection, sighting: Sighting) -> bool:
    """Return whether a kind and gate have as many rows as they may."""
    table = tables.incident
    rows = select(func.count()).where(
        table.c.kind == sighting.kind.value, table.c.gate == sighting.gate
    )
    return (connection.scalar(rows) or 0) >= MAX_DETAILS


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:MAX_DETAIL]


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
            last_detail=row.last_detail,
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
