"""Store batches of passage records: each record once, without gaps, with an unbroken chain.

`examine` decides without I/O. `ingest` reads what it needs, writes what it decided, and leaves the
commit to the caller: an Ack may be sent only after that.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from fleet_manager.database import store, tables, tables_passages
from fleet_manager.database.incidents import record
from fleet_manager.database.tables import NO_PRODUCT
from fleet_manager.incident import Incident, Sighting
from fleet_manager.intake import plausibility
from fleet_manager.intake.tallies import Entry, first_entries, tally_key
from fleet_manager.park_time import Calendar
from fleet_manager.passages import boot_clocks, receipts, tally
from fleet_manager.passages.boot_clocks import Basis
from fleet_manager.passages.examine import Examined, JournalKey, JournalState, examine
from fleet_manager.passages.journals import TOO_MANY, open_journals, save
from fleet_manager.station.consequences import NEWS_KINDS, Consequences
from fleet_manager.station.news import NumberedNews
from gate_agent.validator.messages.envelopes import Ack, Batch
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind

_TAKEN = int(PassageKind.TAKEN)
_IN = int(Direction.IN)


class EntryRow(NamedTuple):
    """A row of the answer to `_OVERUSED`."""

    ticket: bytes
    day: int
    journal: int
    seq: int
    lane: int
    direction: int
    wall_ms: int
    persons: int
    product: int | None
    kind: int
    reason: int
    admits: int
    gate: str
    id: bytes


def ingest(
    connection: Connection,
    batches: Sequence[tuple[str, Batch]],
    calendar: Calendar,
    now_ms: int,
    numbered: list[NumberedNews] | None = None,
) -> list[tuple[str, Ack]]:
    """Store the new records of batches, each with its enrolled gate, in the caller's transaction.

    Returns one Ack for each journal and nonce, with its gate, to be sent after the commit; none for
    a journal that has forked, is disowned, or is one too many of a day.
    News to other gates are numbered and appended to `numbered`.
    """
    incidents: Counter[Sighting] = Counter()
    work = _Work(connection, calendar, open_journals(connection, batches, incidents, now_ms))
    asked: dict[tuple[JournalKey, int], None] = {}
    for gate, batch in batches:
        journal = work.journals.get((gate, batch.journal_id))
        if journal is None:
            name = _named(batch.journal_id)
            incidents[Sighting(Incident.NEW_JOURNAL, gate, TOO_MANY, name)] += 1
            continue
        if (refused := _refusal(journal)) is not None:
            incidents[refused] += 1
            continue
        examined = examine(journal, batch, work.stored(journal, batch))
        if examined.incident is not None:
            last_detail = f"{_named(journal.id)} {examined.detail}".rstrip()
            incidents[Sighting(examined.incident, gate, "", last_detail)] += 1
        incidents += plausibility.doubts(journal, examined.passages)
        journal = work.append(journal, examined)
        asked[journal.key, batch.nonce] = None
    acks = [
        (key[0], Ack(key[1], work.journals[key].mark, nonce))
        for key, nonce in asked
        if not work.journals[key].forked
    ]
    news = work.write(now_ms)
    incidents += work.receive(now_ms)
    if numbered is not None:
        numbered += news
    record(connection, incidents, now_ms)
    return acks


def _refusal(journal: JournalState) -> Sighting | None:
    """Return why nothing more is taken of a journal, None if it is."""
    if journal.forked:
        return Sighting(Incident.FORK, journal.gate, "", _named(journal.id))
    if journal.disowned is not None:
        return Sighting(Incident.DISOWNED, journal.gate, "", _named(journal.id))
    return None


def _named(journal_id: bytes) -> str:
    return f"journal {journal_id.hex()}"


class _Work:
    """The rows that one call of `ingest` will write. `journals`: by key, as they will be."""

    def __init__(
        self, connection: Connection, calendar: Calendar, journals: dict[JournalKey, JournalState]
    ) -> None:
        self.journals = journals
        self._connection = connection
        self._calendar = calendar
        self._before = {journal.no: journal for journal in journals.values()}
        self._rows: list[tuple[Any, ...]] = []
        self._records: dict[int, list[bytes]] = defaultdict(list)
        self._tallies: dict[tuple[Any, ...], list[int]] = {}
        self._untimed: list[tuple[Any, ...]] = []
        self._doubtful: set[tuple[int, int]] = set()
        self._timed: set[tuple[int, int]] = set()
        self._entered: set[int] = set()
        self._taken: Counter[int] = Counter()
        self._consequences = Consequences()

    def stored(self, journal: JournalState, batch: Batch) -> list[bytes]:
        """Return the centre's bytes of the records that `batch` repeats."""
        if batch.first > journal.mark:
            return []
        durable = self._before[journal.no].mark
        last = batch.first + len(batch.records) - 1
        span = {"of": journal.no, "first": batch.first, "last": last}
        written = [record for (record,) in store.run(self._connection, _STORED, span)]
        return written + self._records[journal.no][max(0, batch.first - durable - 1) :]

    def append(self, journal: JournalState, examined: Examined) -> JournalState:
        """Add the new records of a batch; return the journal with them."""
        if examined.lost and self._records[journal.no]:
            return journal  # they are written in one span: what follows the hole comes again
        if examined.lost:
            journal = replace(journal, mark=journal.mark + examined.lost)
            self._before[journal.no] = journal
        no, gate = journal.no, journal.gate
        rows, tallies, day_hour = self._rows, self._tallies, self._calendar.day_hour
        for passage, data in zip(examined.passages, examined.records, strict=True):
            (seq, some_kind, lane, way, wall_ms, mono_ms, boot, clock, persons, ticket, product,
             _, _, reason, admits) = passage[:15]  # fmt: skip
            if clock is not ClockState.TRUSTED:
                self._untimed.append((no, seq, boot, mono_ms, wall_ms, int(Basis.NEW)))
                self._doubtful.add((no, boot))
                self._timed.discard((no, boot))
            elif (no, boot) not in self._timed:
                self._time_boot(no, gate, boot, wall_ms - mono_ms)
            # Plain integers: the database driver is slow with subclasses of int.
            kind, direction = int(some_kind), int(way)
            day, hour = day_hour(wall_ms)
            if kind in NEWS_KINDS or passage.claim:
                self._consequences.add(journal, passage)
            rows.append(
                (
                    no,
                    seq,
                    kind,
                    lane,
                    direction,
                    day,
                    wall_ms,
                    persons,
                    ticket,
                    product,
                    reason,
                    admits,
                    data,
                    passage.code,
                )
            )
            sold = NO_PRODUCT if product is None else product
            key = (day, hour, gate, lane, direction, sold, kind, reason)
            sums = tallies.setdefault(key, [0, 0, 0])
            sums[0] += 1
            sums[1] += persons
            self._taken[no] += kind == _TAKEN
            if kind == _TAKEN and direction == _IN:
                # Counted as first entries; `_correct` corrects the few tickets with more.
                sums[2] += persons
                self._entered.add(no)
        self._records[no] += examined.records
        after = replace(
            journal,
            mark=journal.mark + len(examined.records),
            head=examined.head,
            forked=examined.incident is Incident.FORK,
        )
        self.journals[journal.key] = after
        return after

    def _time_boot(self, no: int, gate: str, boot: int, offset_ms: int) -> None:
        """Time the records of a boot by the first one after them whose clock was trusted.

        `offset_ms`: wall time at which the boot clock stood at 0.
        """
        self._timed.add((no, boot))
        connection = self._connection
        untimed = (no, boot) in self._doubtful or boot_clocks.has_untimed(connection, no, boot)
        if untimed and boot_clocks.update_offset(connection, gate, boot, Basis.RECORD, offset_ms):
            boot_clocks.mark_to_correct(connection, no, boot)

    def write(self, now_ms: int) -> list[NumberedNews]:
        """Write all rows; return what is news."""
        connection = self._connection
        store.insert_rows(connection, tables.passage, self._rows)
        store.insert_rows(connection, tables_passages.untimed, self._untimed)
        overused: dict[tuple[bytes, int], list[EntryRow]] = {}
        for no in self._entered:
            mark = self._before[no].mark
            new = {"journal": no, "first": mark + 1, "last": mark + len(self._records[no])}
            of_journal: dict[tuple[bytes, int], list[EntryRow]] = defaultdict(list)
            for row in map(EntryRow._make, store.run(connection, _OVERUSED, new)):
                of_journal[row.ticket, row.day].append(row)
            overused |= of_journal
        for rows in overused.values():
            self._correct(rows)
        tally.add(connection, self._tallies)
        before = self._before
        save(connection, [after for after in self.journals.values() if after != before[after.no]])
        return self._consequences.write(connection, before, self._calendar, now_ms)

    def receive(self, now_ms: int) -> Counter[Sighting]:
        """Store when the records arrived; return the gates of which too many have."""
        arrived = {
            no: (self._before[no].mark, self._taken[no])
            for no, records in self._records.items()
            if records
        }
        receipts.write(self._connection, arrived, now_ms)
        return Counter(
            {
                Sighting(Incident.TOO_FAST, self._before[no].gate, plausibility.BY_RECEIPT): 1
                for no, (_, taken) in arrived.items()
                if taken and receipts.is_too_fast(self._connection, no, now_ms)
            }
        )

    def _correct(self, rows: list[EntryRow]) -> None:
        """Correct the first entries of a ticket on which more persons entered than it admits.

        `rows`: all its entries of a day.
        """
        old: list[Entry] = []
        new: list[Entry] = []
        for row in rows:
            entry = Entry(
                wall_ms=row.wall_ms,
                gate=row.gate,
                journal=row.id,
                seq=row.seq,
                persons=row.persons,
                admits=row.admits,
                tally=tally_key(row, row.gate, row.wall_ms, self._calendar),
            )
            before = self._before.get(row.journal)
            (new if before is not None and row.seq > before.mark else old).append(entry)
        change = first_entries(old + new)
        change.subtract(first_entries(old))
        for entry in new:
            change[entry.tally] -= entry.persons
        for key, persons in change.items():
            self._tallies.setdefault(key, [0, 0, 0])[2] += persons


_STORED = (
    select(tables.passage.c.record)
    .where(
        tables.passage.c.journal == bindparam("of"),
        tables.passage.c.seq.between(bindparam("first"), bindparam("last")),
    )
    .order_by(tables.passage.c.seq)
)
# All entries of a day on tickets with new records on which more persons entered than they admit.
# The partial index has the columns kind, direction, persons and admits, and needs its condition.
_ENTRY = f"kind = {_TAKEN} AND direction = {_IN}"
_OVERUSED = text(f"""
    SELECT {", ".join(EntryRow._fields)}
    FROM passage JOIN journal ON no = journal
    WHERE {tables.USES_A_TICKET} AND {_ENTRY} AND (ticket, day) IN (
        SELECT n.ticket, n.day
        FROM (SELECT DISTINCT ticket, day FROM passage
              WHERE journal = :journal AND seq BETWEEN :first AND :last
              AND {_ENTRY} AND ticket IS NOT NULL) n
        WHERE (SELECT sum(p.persons) > min(p.admits) FROM passage p
               WHERE p.ticket = n.ticket AND p.day = n.day AND p.{tables.USES_A_TICKET}
               AND p.kind = {_TAKEN} AND p.direction = {_IN})
    )
""")  # noqa: S608
