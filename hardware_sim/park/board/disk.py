"""A gate's disk: a real SQLite database and folders of files, with the faults of a memory card."""

import random
import sqlite3
from collections.abc import Iterable
from typing import Any

from gate_agent.trust.key_renewal import NEXT, OWN
from hardware_sim.park.board.folder import PowerCut, SimFolder

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "COMMIT"})
ALL_RECORDS = """SELECT seq, record, hash FROM pruned UNION ALL
    SELECT seq, record, hash FROM passages ORDER BY seq"""
"""What was ever committed to a card. Raises OperationalError on one without a journal."""
_PRUNED = "CREATE TABLE pruned (seq INTEGER PRIMARY KEY, record BLOB, hash BLOB)"
_PRUNE = "DELETE FROM passages"
_REMEMBER = "INSERT INTO pruned SELECT seq, record, hash FROM passages WHERE seq <= ?"


def _blank_card() -> sqlite3.Connection:
    """Return an empty card that remembers, for the checks alone, what its board no longer keeps."""
    card = sqlite3.connect(":memory:", isolation_level=None)
    card.execute(_PRUNED)
    return card


class Disk:
    """Survives the board. `full`: nothing more fits; a write that needs no more room passes, as it
    does with SQLite on a full card. `broken`: every write fails with EIO. `mended`: how often that
    has ended. `cut_in`: the power fails at the so-manieth write from now, before or after it is
    done. `writes_ms`: how long ago the write began that is about to be done, 0 when it is."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.full = False
        self.broken = False
        self.mended = 0
        self.cut_in: int | None = None
        self.writes_ms = 0.0
        self.lists = SimFolder(self.write, rng)
        self.documents = SimFolder(self.write, rng)
        self.db = _blank_card()

    def replace(self) -> None:
        """Put in a new card."""
        self.db = _blank_card()
        self.lists = SimFolder(self.write, self._rng)
        # The technician brings the gate's identity along, as the manual says.
        identity = {
            name: data
            for name, data in self.documents.files.items()
            if name.partition(".")[0] in (OWN, NEXT)
        }
        self.documents = SimFolder(self.write, self._rng)
        self.documents.files = identity
        self.mend()
        self.cut_in = None

    @property
    def fails(self) -> bool:
        """Whether no record can be written."""
        return self.full or self.broken

    def mend(self) -> None:
        """Make room again, and let writes be done."""
        self.full = self.broken = False
        self.mended += 1

    def lose_power(self) -> None:
        """Lose what was not committed."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        self.lists.lose_power()
        self.cut_in = None
        self.writes_ms = 0.0

    def write(self, word: str, *, grows: bool = True) -> bool:
        """Begin one write, which needs more room if it `grows` something. Return whether the power
        fails right after it."""
        if self.cut_in is not None:
            self.cut_in -= 1
            if self.cut_in <= 0:
                if word != "COMMIT" or self._rng.random() < 0.5:
                    raise PowerCut
                return True
        if self.broken:
            raise sqlite3.OperationalError("disk I/O error")
        if self.full and grows:
            raise sqlite3.OperationalError("database or disk is full")
        return False


class DiskConnection:
    """What the journal sees of the disk: sqlite3.Connection as far as it uses it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._db = disk.db

    @property
    def in_transaction(self) -> bool:
        """As sqlite3's."""
        return self._db.in_transaction

    def execute(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Execute as sqlite3 does, unless the disk fails."""
        word = sql[:6]
        if word not in _WRITES:
            return self._db.execute(sql, tuple(values))
        dies = self._disk.write(word, grows=word == "INSERT")
        if sql.startswith(_PRUNE):
            values = tuple(values)
            self._db.execute(_REMEMBER, values)
        cursor = self._db.execute(sql, tuple(values))
        if word == "COMMIT":
            self._disk.writes_ms = 0.0
        if dies:
            raise PowerCut
        return cursor

    def executemany(self, sql: str, rows: Iterable[Any]) -> sqlite3.Cursor:
        """Execute as sqlite3 does; one write of many rows."""
        dies = self._disk.write(sql[:6], grows=sql[:6] == "INSERT")
        cursor = self._db.executemany(sql, rows)
        if dies:
            raise PowerCut
        return cursor

    def close(self) -> None:
        """Do nothing: the database outlives the process."""
