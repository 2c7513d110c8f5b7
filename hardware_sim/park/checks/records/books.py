"""The centre's books are the gates' journals: every record, unchanged, without gaps; and the
counts are their sums."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from fleet_manager.database import tables
from fleet_manager.passages import counts
from gate_agent.validator.passage import Direction, PassageKind, chain, decode, genesis
from hardware_sim.park.board.disk import ALL_RECORDS
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Check that each journal is whole, that the centre holds it as it is, and that the centre's
    counts are the sums of its records."""
    violations: list[str] = []
    summed: Counter[str] = Counter()
    with park.centre.store.read() as connection:
        for gate in park.gates:
            for card in gate.cards:
                journal = _meta(card, "journal_id")
                if journal is not None:
                    copy = _held(connection, journal)
                    violations += _journal(gate, card, journal, copy)
                    summed.update(_sums(copy.records))
        violations += _counts(park, connection, summed)
    return violations


class _Held(NamedTuple):
    """What the centre holds of one journal."""

    records: list[bytes]
    forked: bool


def _held(connection: Connection, journal: bytes) -> _Held:
    query = select(tables.journal).where(tables.journal.c.id == journal)
    row = connection.execute(query).one_or_none()
    if row is None:
        return _Held([], forked=False)
    passage = tables.passage.c
    records = select(passage.record).where(passage.journal == row.no).order_by(passage.seq)
    return _Held(list(connection.execute(records).scalars()), row.forked)


def _journal(gate: SimGate, card: sqlite3.Connection, journal: bytes, copy: _Held) -> Iterator[str]:
    """Check one card: its chain, and what the centre holds of it."""
    rows = card.execute(ALL_RECORDS).fetchall()
    yield from _chain(gate.name, journal, rows)
    if copy.forked:
        yield f"{gate.name}: the centre sees a fork"
    at_gate = [record for _, record, _ in rows]
    if card is gate.disk.db and copy.records != at_gate:
        yield f"{gate.name}: the centre holds {len(copy.records)} records of {len(at_gate)}"
    elif copy.records != at_gate[: len(copy.records)]:
        yield f"{gate.name}: the centre's records of an old card differ"


def _meta(card: sqlite3.Connection, key: str) -> bytes | None:
    try:
        row = card.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    except sqlite3.OperationalError:
        return None  # the board never got as far as making its journal
    return None if row is None else bytes(row[0])


def _chain(gate: str, journal: bytes, rows: list[tuple[int, bytes, bytes]]) -> Iterator[str]:
    before = genesis(journal)
    for expected, (seq, record, written) in enumerate(rows, start=1):
        before = chain(before, record)
        if seq != expected or written != before:
            yield f"{gate}: the journal breaks at record {expected}"
            return


def _sums(records: list[bytes]) -> Counter[str]:
    """Count records once more, without the centre's tables."""
    summed: Counter[str] = Counter()
    for record in records:
        summed.update(_count(record))
    return summed


def _counts(park: "Park", connection: Connection, summed: Counter[str]) -> Iterator[str]:
    """Compare the centre's counts of all days with the sums of the gates' journals; what a stolen
    gate says is in neither."""
    days = park.world.utc_ms // 86_400_000 + 719_163
    honest = {gate.name for gate in park.gates}
    total = counts.Totals()
    for line in counts.count(connection, 1, days + 3000, [counts.GroupBy.GATE]).lines:
        if line.keys[0] in honest:
            total.add(line.totals)
    counted = Counter(
        entries=total.entries,
        exits=total.exits,
        forced=total.forced,
        free=total.free,
        not_taken=total.not_taken,
        unresolved=total.unresolved,
        denied=sum(total.denied.values()),
    )
    if +counted != +summed:
        yield f"the counts say {dict(counted)}, the records {dict(summed)}"


def _count(record: bytes) -> dict[str, int]:
    row = decode(record)
    match row.kind:
        case PassageKind.TAKEN:
            return {"entries" if row.direction is Direction.IN else "exits": row.persons}
        case PassageKind.NOT_TAKEN | PassageKind.UNRESOLVED:
            return {row.kind.key: row.persons}
        case PassageKind.FORCED | PassageKind.FREE | PassageKind.DENIED:
            return {row.kind.key: 1}
        case _:
            return {}
