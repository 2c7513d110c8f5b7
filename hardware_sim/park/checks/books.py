"""The centre's books are the gates' journals: every record, unchanged, without gaps; and the
counts are their sums."""

import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select

from fleet_manager.database import tables
from fleet_manager.passages import counts
from gate_agent.validator.passage import Direction, PassageKind, chain, decode, genesis

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Journal = centre, gapless, chain unbroken; counts = sums over the records."""
    found: list[str] = []
    kinds: Counter[str] = Counter()
    with park.centre.store.read() as connection:
        held = {row.id: row for row in connection.execute(select(tables.journal))}
        for gate in park.gates:
            for card in gate.cards:
                current = card is gate.disk.db
                journal = _meta(card, "journal_id")
                if journal is None:
                    continue
                rows = card.execute(
                    "SELECT seq, record, hash FROM passages ORDER BY seq"
                ).fetchall()
                found += _chain(gate.name, journal, rows)
                known = held.get(journal)
                records: list[bytes] = []
                if known is not None:
                    query = (
                        select(tables.passage.c.record)
                        .where(tables.passage.c.journal == known.no)
                        .order_by(tables.passage.c.seq)
                    )
                    records = list(connection.execute(query).scalars())
                    if known.forked:
                        found.append(f"{gate.name}: the centre sees a fork")
                ours = [record for _, record, _ in rows]
                if current and records != ours:
                    found.append(
                        f"{gate.name}: the centre holds {len(records)} records of {len(ours)}"
                    )
                if not current and records != ours[: len(records)]:
                    found.append(f"{gate.name}: the centre's records of an old card differ")
                for record in records:
                    kinds.update(_count(record))
        days = park.world.utc_ms // 86_400_000 + 719_163
        answer = counts.count(connection, 1, days + 3000)
    total = answer.total
    said = Counter(
        entries=total.entries,
        exits=total.exits,
        forced=total.forced,
        free=total.free,
        not_taken=total.not_taken,
        unresolved=total.unresolved,
        denied=sum(total.denied.values()),
    )
    if +said != +kinds:
        found.append(f"the counts say {dict(said)}, the records {dict(kinds)}")
    return found


def _meta(card: sqlite3.Connection, key: str) -> bytes | None:
    try:
        row = card.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    except sqlite3.OperationalError:
        return None  # the board never got as far as making its journal
    return None if row is None else bytes(row[0])


def _chain(gate: str, journal: bytes, rows: list[tuple[int, bytes, bytes]]) -> list[str]:
    before = genesis(journal)
    for expected, (seq, record, written) in enumerate(rows, start=1):
        before = chain(before, record)
        if seq != expected or written != before:
            return [f"{gate}: the journal breaks at record {expected}"]
    return []


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
