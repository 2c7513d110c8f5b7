"""Write the consequences of new records beyond their own journal: claims that they close, news for
other gates, conflicts with entries at other gates."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection

from fleet_manager.park_time import Calendar
from fleet_manager.passages.examine import JournalKey, JournalState
from fleet_manager.station import claims, ledger, news
from fleet_manager.station.claims import ClaimRecords
from fleet_manager.station.news import NewsItem, NumberedNews, news_item
from gate_agent.validator.passage import Passage, PassageKind

NEWS_KINDS = {
    int(kind) for kind in (PassageKind.TAKEN, PassageKind.UNRESOLVED, PassageKind.FORGIVEN)
}
"""Kinds of records that can be news to other gates."""


class Consequences:
    """Collects the consequences of records; writes them once the records are stored."""

    def __init__(self) -> None:
        self._news: dict[int, list[NewsItem]] = defaultdict(list)
        self._last_seqs: dict[int, int] = {}
        self._claims: dict[tuple[JournalKey, int], ClaimRecords] = {}

    def add(self, journal: JournalState, passage: Passage) -> None:
        """Add a record that is about to be stored."""
        item = news_item(passage)
        if item is not None:
            self._news[journal.no].append(item)
            self._last_seqs[journal.no] = passage.seq
        if passage.claim:
            key = (journal.key, passage.claim)
            before = self._claims.get(key, ClaimRecords(None, 0))
            if passage.kind is PassageKind.GRANTED:
                self._claims[key] = ClaimRecords(passage.persons, before.ended)
            else:
                self._claims[key] = ClaimRecords(before.granted, before.ended + passage.persons)

    def write(
        self,
        connection: Connection,
        before: Mapping[int, JournalState],
        calendar: Calendar,
        now_ms: int,
    ) -> list[NumberedNews]:
        """Write all consequences in the transaction of the records; return what is news.

        `before`: the journals without the new records, by number.
        """
        claims.close_claims(connection, self._claims, now_ms)
        numbered: list[NumberedNews] = []
        for no, items in self._news.items():
            seqs = (before[no].mark + 1, self._last_seqs[no])
            ledger.record_conflicts(connection, no, seqs, calendar, now_ms)
            numbered.append(news.number(connection, no, before[no].gate, seqs, items, now_ms))
        return numbered
