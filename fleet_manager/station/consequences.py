"""What new records mean beyond their own journal: promises that they end, news for other gates,
conflicts with what those did."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection

from fleet_manager.park_time import Calendar
from fleet_manager.passages.journals import JournalState
from fleet_manager.station import claims, ledger, news
from fleet_manager.station.claims import ClaimRecords
from fleet_manager.station.news import NewsItem, Written, item_of
from gate_agent.validator.passage import Passage, PassageKind

ECHOING = {int(kind) for kind in (PassageKind.TAKEN, PassageKind.UNRESOLVED, PassageKind.FORGIVEN)}


class Consequences:
    """Gathers them while records are taken in; writes them once those are stored."""

    def __init__(self) -> None:
        self._news: dict[int, list[NewsItem]] = defaultdict(list)
        self._last: dict[int, int] = {}
        self._told: dict[tuple[bytes, int], ClaimRecords] = {}

    def add(self, journal: JournalState, passage: Passage) -> None:
        """A record that is about to be stored."""
        item = item_of(passage)
        if item is not None:
            self._news[journal.no].append(item)
            self._last[journal.no] = passage.seq
        if passage.claim:
            key = (journal.id, passage.claim)
            before = self._told.get(key, ClaimRecords(None, 0))
            if passage.kind is PassageKind.GRANTED:
                self._told[key] = ClaimRecords(passage.persons, before.ended)
            else:
                self._told[key] = ClaimRecords(before.granted, before.ended + passage.persons)

    def write(
        self,
        connection: Connection,
        before: Mapping[int, JournalState],
        calendar: Calendar,
        now_ms: int,
    ) -> list[Written]:
        """All of it, in the transaction of the records; `before`: the journals without them, by
        number. Gives what is news."""
        claims.settle(connection, self._told, now_ms)
        written: list[Written] = []
        for no, items in self._news.items():
            seqs = (before[no].mark + 1, self._last[no])
            ledger.look(connection, no, seqs, calendar, now_ms)
            written.append(news.write(connection, no, before[no].gate, seqs, items, now_ms))
        return written
