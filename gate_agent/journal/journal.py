"""The gate's SQLite file: passages, what each ticket has used, open grants, the acknowledged mark.

One commit writes the records and everything that follows from them, in one transaction, WAL and
synchronous=FULL: when `commit` returns, a power cut loses nothing of it. `journal_id` is random
and made with the file, so a replaced card cannot collide.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import tzinfo
from functools import partial
from pathlib import Path

from gate_agent.errors import JournalError
from gate_agent.journal.history_table import COLUMNS, DEFINITION, MARKS, from_row
from gate_agent.validator.errors import WireError
from gate_agent.validator.history import NEVER_SEEN, History, fold
from gate_agent.validator.messages.envelopes import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from gate_agent.validator.moment import park_day
from gate_agent.validator.passage import (
    JOURNAL_ID_BYTES,
    Passage,
    PassageKind,
    chain,
    decode,
    encode,
)
from gate_agent.validator.passage import genesis as genesis_of

JOURNAL_FILE = "journal.db"
"""Its name in the data folder."""
FORMAT = 1
"""Of the tables; `PRAGMA user_version` says it in the file."""
KEEP_ACKED_RECORDS = 200_000
CACHE_KIB = 64  # of pages; the kernel keeps the others, and SQLite alone would take 2 MiB
PROBE_BYTES = 32 * 1024
"""More than a record needs, with every page that it may split. What the probe took is free for
records afterwards."""
_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE passages (seq INTEGER PRIMARY KEY, record BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE uses (ticket BLOB PRIMARY KEY, {DEFINITION}) WITHOUT ROWID;
CREATE TABLE open_grants (seq INTEGER PRIMARY KEY, persons INTEGER NOT NULL);
PRAGMA user_version = {FORMAT};
"""
_READ_USES = f"SELECT {COLUMNS} FROM uses WHERE ticket = ?"  # noqa: S608
_WRITE_USES = f"INSERT OR REPLACE INTO uses VALUES (?, {MARKS})"  # noqa: S608
_PROBE = "INSERT OR REPLACE INTO meta VALUES ('probe', randomblob(?))"
_connect = partial(sqlite3.connect, isolation_level=None)


class Journal:
    """The open journal. `acked`: the highest record that the centre has acknowledged. `is_new`:
    whether this call of `open` has made the file. Not safe for threads: the actor alone uses it."""

    def __init__(self, db: sqlite3.Connection, path: str, zone: tzinfo) -> None:
        """Use `Journal.open`. Raises JournalError for a file whose chain is broken."""
        self._db = db
        self._path = Path(path)
        self._inode = _inode(self._path)
        self.zone = zone
        self.is_new = False
        meta = dict(db.execute("SELECT key, value FROM meta").fetchall())
        self.journal_id: bytes = meta["journal_id"]
        self.acked: int = meta["acked"]
        self.bound_ms: int = meta["bound_ms"]
        kinds = (type(self.journal_id), type(self.acked), type(self.bound_ms))
        if kinds != (bytes, int, int) or len(self.journal_id) != JOURNAL_ID_BYTES:
            raise TypeError("its own description is damaged")
        self._marked = self.acked, self.bound_ms
        self._head, self._hash = self._read_head()
        self._lowest: int = db.execute("SELECT coalesce(min(seq), 1) FROM passages").fetchone()[0]

    @classmethod
    def open(
        cls,
        path: Path | str,
        zone: tzinfo,
        new_id: Callable[[int], bytes],
        connect: Callable[[Path | str], sqlite3.Connection] = _connect,
    ) -> "Journal":
        """Open `path` (":memory:" for none), or make it with the id `new_id(16)`.

        Raises JournalError with a hint if the file is not a journal or cannot be written.
        """
        with ExitStack() as undo:
            try:
                db = connect(path)
                undo.callback(db.close)
                is_new = cls._prepare(db, path, new_id)
                journal = cls(db, str(path), zone)
                journal.is_new = is_new
            except (sqlite3.Error, TypeError, KeyError, UnicodeDecodeError) as error:
                raise JournalError(
                    f"cannot open the journal {path}: {error}",
                    "is the disk full, read-only or torn? gate-agent inspect tells more; "
                    "never delete the file before an export",
                ) from error
            undo.pop_all()
            return journal

    @staticmethod
    def _prepare(db: sqlite3.Connection, path: Path | str, new_id: Callable[[int], bytes]) -> bool:
        for setting in ("journal_mode = WAL", "synchronous = FULL", f"cache_size = -{CACHE_KIB}"):
            db.execute(f"PRAGMA {setting}")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            db.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            first = (("journal_id", new_id(JOURNAL_ID_BYTES)), ("acked", 0), ("bound_ms", 0))
            db.executemany("INSERT INTO meta VALUES (?, ?)", first)
            db.execute("COMMIT")
        elif version != FORMAT:
            raise JournalError(
                f"{path}: a journal of format {version}, this software knows format {FORMAT}",
                "install the newer software again, or move the file away after an export",
            )
        return bool(version == 0)

    def _read_head(self, least: int = 0) -> tuple[int, bytes]:
        newest = "SELECT seq, record, hash FROM passages ORDER BY seq DESC LIMIT 2"
        rows = self._db.execute(newest).fetchall()
        newest_seq = rows[0][0] if rows else 0
        if newest_seq < least:
            raise JournalError(f"records {newest_seq + 1} to {least} are gone")
        if not rows:
            return 0, genesis_of(self.journal_id)
        seq, record, head_hash = rows[0]
        before = rows[1][2] if len(rows) > 1 else None
        if before is None and seq == 1:
            before = genesis_of(self.journal_id)
        if before is not None and chain(before, record) != head_hash:
            raise JournalError(
                f"{self._path}: the hash chain is broken at record {seq}",
                "the file was changed or damaged: export it and move it away",
            )
        return seq, head_hash

    @property
    def db(self) -> sqlite3.Connection:
        """The open database, in which `remote_history` has tables too."""
        return self._db

    @property
    def head(self) -> int:
        """Number of the newest record, 0 for none."""
        return self._head

    @property
    def oldest(self) -> int:
        """Number of the oldest record that can be sent: the chain hash before it is kept too."""
        return self._lowest + 1 if self._lowest > 1 else 1

    def history(self, ticket_id: bytes) -> History:
        """Return what this gate has recorded of a ticket. Raises JournalError."""
        try:
            row = self._db.execute(_READ_USES, (ticket_id,)).fetchone()
            return NEVER_SEEN if row is None else from_row(row)
        except (sqlite3.Error, TypeError) as error:
            raise self._failed("read", error) from error

    def commit(self, rows: Sequence[Passage]) -> None:
        """Make `rows`, numbered from `head + 1`, durable with all that follows from them, and what
        was acknowledged.

        Raises JournalError if they are not durable; then nothing of them is.
        """
        head, head_hash = self._head, self._hash
        try:
            self.refuse_if_removed()
            self._db.execute("BEGIN IMMEDIATE")
            if (self.acked, self.bound_ms) != self._marked:
                self._mark()
            for row in rows:
                if row.seq != head + 1:
                    raise AssertionError(f"record {row.seq} does not follow {head}")
                record = encode(row)
                head, head_hash = row.seq, chain(head_hash, record)
                self._db.execute("INSERT INTO passages VALUES (?, ?, ?)", (head, record, head_hash))
                if row.kind is not PassageKind.DENIED:
                    self._update_uses(row)
            self._db.execute("COMMIT")
        except (sqlite3.Error, JournalError) as error:
            self._roll_back()
            raise self._failed("write", error) from error
        self._head, self._hash = head, head_hash
        self._marked = self.acked, self.bound_ms
        self._lowest = max(self._lowest, self.acked - KEEP_ACKED_RECORDS + 1)

    def probe(self) -> None:
        """Write as much as a record needs, wait until it is durable, and take it away again; then
        go on behind the newest record that is there, whoever wrote it.

        SQLite leaves a value alone that gets the value it has: such a write passes on a full disk.
        Raises JournalError if records could not be written either.
        """
        try:
            self.refuse_if_removed()
            self._roll_back()
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(_PROBE, (PROBE_BYTES,))
            self._db.execute("COMMIT")
            self._db.execute("DELETE FROM meta WHERE key = 'probe'")
            head, head_hash = self._read_head(least=self._head)
        except (sqlite3.Error, JournalError) as error:
            self._roll_back()
            raise self._failed("write", error) from error
        self._head, self._hash = head, head_hash

    def refuse_if_removed(self) -> None:
        """Raise JournalError if the file was removed or replaced below this process: what is
        written then is in no folder, and nobody finds it after the next start."""
        if self._inode is not None and _inode(self._path) != self._inode:
            raise JournalError(
                f"{self._path} was removed or replaced while this gate runs",
                "put the data folder back if it was moved, then systemctl restart gate-agent",
            )

    def _update_uses(self, row: Passage) -> None:
        if row.ticket is not None:
            after = fold(self.history(row.ticket), row, park_day(row.wall_ms, self.zone))
            self._db.execute(_WRITE_USES, (row.ticket, *after))
        if row.kind is PassageKind.GRANTED:
            self._db.execute("INSERT INTO open_grants VALUES (?, ?)", (row.seq, row.persons))
        elif row.grant is not None:
            ended = "UPDATE open_grants SET persons = persons - ? WHERE seq = ?"
            self._db.execute(ended, (row.persons, row.grant))
            self._db.execute("DELETE FROM open_grants WHERE seq = ? AND persons <= 0", (row.grant,))

    def _roll_back(self) -> None:
        """Undo what a failed write has begun. If that fails too, the next probe tries again."""
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _failed(self, what: str, error: Exception | str) -> JournalError:
        hint = getattr(error, "hint", "") or (
            "is the disk full or the card worn out? the lane opens again when it can write"
        )
        if isinstance(error, sqlite3.IntegrityError):
            hint = "another program writes to this file: is a second gate-agent running?"
        return JournalError(f"cannot {what} the journal {self._path}: {error}", hint)

    def open_grants(self) -> list[tuple[Passage, int]]:
        """Return grants whose end nobody saw, each with the persons left. Raises JournalError."""
        try:
            rows = self._db.execute(
                "SELECT record, persons FROM open_grants JOIN passages USING (seq) ORDER BY seq"
            ).fetchall()
            grants = [(decode(record), persons) for record, persons in rows]
        except (sqlite3.Error, WireError, TypeError) as error:
            raise self._failed("read", error) from error
        if any(type(persons) is not int or not 0 < persons < 1 << 16 for _, persons in grants):
            raise self._failed("read", "what it says of an open grant is damaged")
        return grants

    def records(self, first: int, count: int) -> tuple[bytes, tuple[bytes, ...]]:
        """Return the chain hash before `first`, and up to `count` records that fit one message.

        Ends before a record that is not there any more, or damaged. Raises JournalError.
        """
        count = min(count, MAX_BATCH_RECORDS)
        try:
            rows = self._db.execute(
                "SELECT seq, record, hash FROM passages WHERE seq >= ? ORDER BY seq LIMIT ?",
                (first - 1, count + 1),
            ).fetchall()
        except sqlite3.Error as error:
            raise self._failed("read", error) from error
        before = genesis_of(self.journal_id)
        if rows and rows[0][0] == first - 1:
            before = rows.pop(0)[2]
        elif first != 1:
            return before, ()
        records: list[bytes] = []
        size = 0
        for seq, record, _ in rows[:count]:
            if type(record) is not bytes or seq != first + len(records):
                break
            size += len(record) + 3
            if size > MAX_BATCH_BYTES:
                break
            records.append(record)
        return before, tuple(records)

    def acknowledge(self, mark: int, bound_ms: int) -> None:
        """Note that the centre holds everything up to `mark`, and that `bound_ms` has passed.

        It is written with the next records: a write of its own would wear the card as much as
        those do, and keep the next visitor waiting. What a power cut takes, the centre sends again.
        """
        self.acked, self.bound_ms = mark, max(self.bound_ms, bound_ms)

    def store_mark(self) -> None:
        """Write what was acknowledged, if it is not written yet. Raises JournalError."""
        if (self.acked, self.bound_ms) != self._marked:
            self.commit(())

    def _mark(self) -> None:
        marks = (self.acked, "acked"), (self.bound_ms, "bound_ms")
        self._db.executemany("UPDATE meta SET value = ? WHERE key = ?", marks)
        self._db.execute("DELETE FROM passages WHERE seq <= ?", (self.acked - KEEP_ACKED_RECORDS,))

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with suppress(JournalError, sqlite3.Error):
            self.store_mark()
        self._db.close()


def _inode(path: Path) -> tuple[int, int] | None:
    """Return device and number of a file; None if there is none of that name."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
