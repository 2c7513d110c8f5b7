"""A board's card keeps what the centre has not acknowledged, and so many records before that as
are to be kept; no other."""

import sqlite3
from typing import TYPE_CHECKING

from hardware_sim.park.board.disk import ALL_RECORDS

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Check the records on each card, and that the centre holds those that are gone."""
    violations: list[str] = []
    for gate in park.gates:
        for card in gate.cards:
            try:
                seqs = [seq for (seq,) in card.execute("SELECT seq FROM passages ORDER BY seq")]
                meta = dict(card.execute("SELECT key, value FROM meta").fetchall())
            except sqlite3.OperationalError:
                continue  # the board never got as far as making its journal
            written = len(card.execute(ALL_RECORDS).fetchall())
            first = max(1, meta["acked"] - park.keep_records + 1)
            if seqs != list(range(first, written + 1)):
                violations.append(
                    f"{gate.name}: keeps {len(seqs)} records from {min(seqs, default=0)} on, it "
                    f"should be {first} to {written}"
                )
            if park.centre.recorded.mark(meta["journal_id"]) < meta["acked"]:
                violations.append(f"{gate.name}: {meta['acked']} acknowledged, the centre has less")
    return violations
