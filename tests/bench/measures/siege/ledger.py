"""What an attacker, or many years of use, can make dear: figures of the group `siege`."""

import tempfile
from pathlib import Path

from fleet_manager.database.store import Store
from fleet_manager.gates import gates
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.tickets import products
from gate_agent.validator.messages.envelopes import MAX_BATCH_RECORDS
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from tests.bench import samples
from tests.bench.figures import Figure, interleaved, measure
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import Scribe

NOW_MS = samples.NOW_S * 1000
DAY_MS = 86_400_000
A_DAY = 10
FEW, MANY = 10, 10_000
ROUNDS, REPEAT = 9, 20
CALENDAR = Calendar(SHANGHAI)


class _Undo(Exception):
    """Ends a transaction without a trace, so that the next passage finds the same history."""


class _Pass:
    """A season pass, number `ticket`, with `uses` of it up to yesterday: ten a day, one of them at
    another gate."""

    def __init__(self, store: Store, ticket: int, uses: int) -> None:
        self._store = store
        self._ticket = samples.KEY_ID + ticket.to_bytes(4, "big")
        self._pens = [Scribe(f"gate-{at}", bytes([ticket, at]) * 8) for at in (1, 2)]
        for at in range(uses):
            days_ago = (uses - 1 - at) // A_DAY + 1
            self._write(at % A_DAY == 0, NOW_MS - days_ago * DAY_MS + at % A_DAY * 600_000)
        for pen in self._pens:
            for first in range(1, len(pen.records) + 1, MAX_BATCH_RECORDS):
                with store.write() as connection:
                    batch = pen.batch(first, MAX_BATCH_RECORDS)
                    ingest(connection, [(pen.gate, batch)], CALENDAR, NOW_MS)
        # The days are closed by the first passage after them.
        self._next = self._write(0, NOW_MS)
        self.pass_once(keep=True)
        self._next = self._write(0, NOW_MS + 600_000)

    def _write(self, at: int, wall_ms: int) -> int:
        written = self._pens[at].write(
            PassageKind.TAKEN, ticket=self._ticket, product=1, wall_ms=wall_ms, boot=at + 1
        )
        return written.seq

    def pass_once(self, *, keep: bool = False) -> None:
        """Take in one more passage."""
        pen = self._pens[0]
        try:
            with self._store.write() as connection:
                ingest(connection, [(pen.gate, pen.batch(self._next, 1))], CALENDAR, NOW_MS)
                if not keep:
                    raise _Undo
        except _Undo:
            pass


@measure("ledger_passage_ratio")
def ledger_passage() -> dict[str, Figure]:
    """One more passage of a pass with a long history, over one with a short."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'centre.db'}", create=True)
        with store.write() as connection:
            gates.add_station(connection, gates.Station("north", "北门", "north"))
            for gate in ("gate-1", "gate-2"):
                gates.add_gate(connection, gate, "north", bytes(32), NOW_MS)
            daily = EntryPolicy(EntryRule.DAILY)
            products.add(connection, products.Product(1, "pass", "年卡", "pass", policy=daily))
        passes = [_Pass(store, number, uses) for number, uses in ((1, FEW), (2, MANY))]
        few, many = interleaved([one.pass_once for one in passes], REPEAT, ROUNDS)
        store.close()
    note = f"CPU of one more passage at the centre: {many:.0f} µs with {MANY}, {few:.0f} with {FEW}"
    return {"ledger_passage_ratio": Figure(many / few, "×", None, note, "≤ 2")}
