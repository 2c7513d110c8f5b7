"""What other gates have reported of their passages: a history for each ticket, and the number of
the newest report. It is stored in the journal's file, but not part of the journal: what a power cut
takes from it is asked for again."""

import sqlite3
from datetime import tzinfo

from gate_agent.errors import JournalError
from gate_agent.journal.history_table import COLUMNS, DEFINITION, MARKS, from_row
from gate_agent.validator.history import NEVER_SEEN, History, came_in_late, went_out_late
from gate_agent.validator.messages.notes import IN, News
from gate_agent.validator.messages.short_news import ShortNews
from gate_agent.validator.moment import park_day

MOST_FRESH = 5000
MOST_STORED = 400_000
_SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS heard (ticket BLOB PRIMARY KEY, {DEFINITION}) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS heard_to (one INTEGER PRIMARY KEY, number INTEGER NOT NULL)",
)
_READ = f"SELECT {COLUMNS} FROM heard WHERE ticket = ?"  # noqa: S608
_WRITE = f"INSERT OR REPLACE INTO heard VALUES (?, {MARKS})"  # noqa: S608
_COUNT = "SELECT count(*) FROM heard"
_OLD = "DELETE FROM heard WHERE day < (SELECT day FROM heard ORDER BY day DESC LIMIT 1 OFFSET ?)"
_NEWEST_KEPT = """SELECT day, last_in_ms, ticket FROM heard
    ORDER BY day DESC, last_in_ms DESC, ticket DESC LIMIT 1 OFFSET ?"""
_FORGET = "DELETE FROM heard WHERE (day, last_in_ms, ticket) <= (?, ?, ?)"


class RemoteHistory:
    """`number`: the newest piece of news that is in. `most`: how many tickets it stores; above
    that it forgets a quarter of them, those that went in longest ago. Raises JournalError if it
    cannot be read."""

    def __init__(self, db: sqlite3.Connection, zone: tzinfo, most: int = MOST_STORED) -> None:
        self._db = db
        self._most = most
        self._newest_day = self._overflowed_day = -1
        self._zone = zone
        self._fresh: dict[bytes, History] = {}
        self._moved = False
        try:
            for statement in _SCHEMA:
                db.execute(statement)
            db.execute(_OLD, (most,))
            (self._stored,) = db.execute(_COUNT).fetchone()
            row = db.execute("SELECT number FROM heard_to").fetchone()
        except sqlite3.Error as error:
            raise _failed("read", error) from error
        self.number: int = row[0] if row is not None and type(row[0]) is int else 0

    def history(self, ticket: bytes) -> History:
        """Return what other gates have reported of a ticket. Raises JournalError."""
        fresh = self._fresh.get(ticket)
        if fresh is not None:
            return fresh
        try:
            row = self._db.execute(_READ, (ticket,)).fetchone()
            return NEVER_SEEN if row is None else from_row(row)
        except (sqlite3.Error, TypeError) as error:
            raise _failed("read", error) from error

    @property
    def is_full(self) -> bool:
        """Whether so much is not written yet that nothing more is accepted."""
        return len(self._fresh) >= MOST_FRESH

    @property
    def has_fresh(self) -> bool:
        """Whether there is anything to write."""
        return self._moved

    def take_short(self, news: ShortNews, wall_ms: int) -> bool:
        """Apply the news of one passage, just now. Return False if any before it is missing."""
        if news.number == self.number + 1 and not self.is_full:
            self._apply(news.ticket, 1 if news.out else IN, news.persons, wall_ms)
            self.number, self._moved = news.number, True
        return news.number <= self.number

    def take(self, news: News) -> bool:
        """Apply the next pieces of news. Return False if any before or after them is missing."""
        if news.after == self.number and not self.is_full:
            for ticket, what, persons, wall_ms in news.entries:
                self._apply(ticket, what, persons, wall_ms)
            self._moved = self._moved or news.upto > self.number
            self.number = news.upto
        return news.head <= self.number

    def _apply(self, ticket: bytes, what: int, persons: int, wall_ms: int) -> None:
        before = self.history(ticket)
        if what == IN:
            day = park_day(wall_ms, self._zone)
            self._newest_day = max(self._newest_day, day)
            self._fresh[ticket] = came_in_late(before, persons, day, wall_ms)
        else:
            self._fresh[ticket] = went_out_late(before, persons, wall_ms)

    def write(self) -> None:
        """Write everything that is fresh, with its number, in one transaction. Raises
        JournalError."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            rows = [(ticket, *history) for ticket, history in self._fresh.items()]
            self._db.executemany(_WRITE, rows)
            stored = self._forget_oldest(self._stored + len(rows))
            self._db.execute("INSERT OR REPLACE INTO heard_to VALUES (1, ?)", (self.number,))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise _failed("write", error) from error
        self._stored = stored
        self._fresh.clear()
        self._moved = False

    def _forget_oldest(self, stored: int) -> int:
        """Make room if at most `stored` tickets are more than there may be; return how many are
        there then, at most. To count exactly, and to sort, is for the rare case."""
        if stored <= self._most:
            return stored
        (stored,) = self._db.execute(_COUNT).fetchone()
        if stored <= self._most:
            return stored
        last = self._db.execute(_NEWEST_KEPT, (self._most * 3 // 4,)).fetchone()
        self._overflowed_day = last[0]
        return stored - self._db.execute(_FORGET, last).rowcount

    @property
    def overflows(self) -> bool:
        """Whether tickets of the newest day itself had to be forgotten: no station has so many
        visitors."""
        return self._overflowed_day >= self._newest_day >= 0

    def begin_anew(self) -> None:
        """Forget everything, for the centre counts from the start again. Raises JournalError."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM heard")
            self._db.execute("DELETE FROM heard_to")
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise _failed("write", error) from error
        self._fresh.clear()
        self.number, self._moved, self._stored = 0, False, 0

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _failed(what: str, error: Exception) -> JournalError:
    return JournalError(
        f"cannot {what} what other gates reported: {error}",
        "is the disk full or the card worn out? the lane opens again when it can write",
    )
