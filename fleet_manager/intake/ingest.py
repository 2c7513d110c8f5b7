"""Passage records into tables: idempotent on (journal, sequence number), contiguous, chained.

`journals.examine` decides, without any I/O; `ingest` reads what that needs, writes what it
decided, and leaves the commit to its caller: an Ack may be sent only after that.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from fleet_manager.database import store, tables, tables_trust
from fleet_manager.database.incidents import Incident, Sighting, record
from fleet_manager.database.tables import NO_PRODUCT
from fleet_manager.park_time import Calendar
from fleet_manager.passages import boot_clocks
from fleet_manager.passages.boot_clocks import Basis
from fleet_manager.passages.journals import Examined, JournalState, examine, keep, open_journals
from fleet_manager.station.consequences import ECHOING, Consequences
from fleet_manager.station.news import Written
from gate_agent.validator.messages.envelopes import Ack, Batch
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind

_TAKEN = int(PassageKind.TAKEN)
_IN = int(Direction.IN)


class Entry(NamedTuple):
    """Persons that went in on one ticket on one day, at one passage."""

    wall_ms: int
    gate: str
    journal: bytes
    seq: int
    persons: int
    admits: int
    tally: tuple[Any, ...]


class Over(NamedTuple):
    """A row of the answer to `_OVER`."""

    ticket: bytes
    day: int
    journal: int
    seq: int
    lane: int
    wall_ms: int
    persons: int
    product: int | None
    reason: int
    admits: int
    gate: str
    id: bytes


def first_entries(entries: Iterable[Entry]) -> Counter[tuple[Any, ...]]:
    """How many of one ticket's persons of one day entered for the first time, by tally: as many
    as it admits, the earliest. Depends on the set of entries alone, not on when they arrived."""
    ordered = sorted(entries)
    left = min((entry.admits for entry in ordered), default=0)
    shares: Counter[tuple[Any, ...]] = Counter()
    for entry in ordered:
        share = min(left, entry.persons)
        shares[entry.tally] += share
        left -= share
    return shares


def ingest(
    connection: Connection,
    batches: Sequence[tuple[str, Batch]],
    calendar: Calendar,
    now_ms: int,
    told: list[Written] | None = None,
) -> list[tuple[str, Ack]]:
    """Store what batches of enrolled gates bring, in one transaction of the caller's.

    Gives one Ack a journal, to be sent after the commit; none for a journal that has forked or
    belongs to another gate. What is news to other gates is numbered, and added to `told`.
    """
    work = _Work(connection, calendar, open_journals(connection, batches, now_ms))
    acks: dict[bytes, tuple[str, Ack]] = {}
    incidents: Counter[Sighting] = Counter()
    for gate, batch in batches:
        journal = work.journals[batch.journal_id]
        name = f"journal {journal.id.hex()}"
        if journal.gate != gate:
            incidents[Incident.TAKEN, gate, f"{name} of {journal.gate}"] += 1
            continue
        if journal.forked:
            incidents[Incident.FORK, gate, name] += 1
            continue
        examined = examine(journal, batch, work.stored(journal, batch))
        if examined.incident is not None:
            incidents[examined.incident, gate, f"{name} {examined.detail}".rstrip()] += 1
        journal = work.append(journal, examined)
        acks.pop(journal.id, None)
        if not journal.forked:
            acks[journal.id] = (gate, Ack(journal.id, journal.mark))
    written = work.write(now_ms)
    if told is not None:
        told += written
    record(connection, incidents, now_ms)
    return list(acks.values())


class _Work:
    """What one call of `ingest` has gathered. `marks`: by journal number, before the call."""

    def __init__(
        self, connection: Connection, calendar: Calendar, journals: dict[bytes, JournalState]
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
        self._settled: set[tuple[int, int]] = set()
        self._entered: set[int] = set()
        self._echoes = Consequences()

    def stored(self, journal: JournalState, batch: Batch) -> list[bytes]:
        """The bytes of our records that `batch` repeats."""
        if batch.first > journal.mark:
            return []
        durable = self._before[journal.no].mark
        last = batch.first + len(batch.records) - 1
        span = {"of": journal.no, "first": batch.first, "last": last}
        found = [record for (record,) in store.run(self._connection, _STORED, span)]
        return found + self._records[journal.no][max(0, batch.first - durable - 1) :]

    def append(self, journal: JournalState, examined: Examined) -> JournalState:
        """Take in what a batch amounts to. Gives the journal after it."""
        no, gate = journal.no, journal.gate
        rows, tallies, day_hour = self._rows, self._tallies, self._calendar.day_hour
        for passage, data in zip(examined.passages, examined.records, strict=True):
            (seq, some_kind, lane, way, wall_ms, mono_ms, boot, clock, persons, ticket, product,
             _, _, reason, admits) = passage[:15]  # fmt: skip
            if clock is not ClockState.TRUSTED:
                self._untimed.append((no, seq, boot, mono_ms, wall_ms, int(Basis.NEW)))
                self._doubtful.add((no, boot))
                self._settled.discard((no, boot))
            elif (no, boot) not in self._settled:
                self._settle(no, gate, boot, wall_ms - mono_ms)
            # Plain numbers: the database driver is slow with their subclasses.
            kind, direction = int(some_kind), int(way)
            day, hour = day_hour(wall_ms)
            if kind in ECHOING or passage.claim:
                self._echoes.add(journal, passage)
            rows.append(
                (no, seq, kind, lane, direction, day, wall_ms, persons, ticket, product,
                 reason, admits, data)
            )  # fmt: skip
            sold = NO_PRODUCT if product is None else product
            key = (day, hour, gate, lane, direction, sold, kind, reason)
            sums = tallies.setdefault(key, [0, 0, 0])
            sums[0] += 1
            sums[1] += persons
            if kind == _TAKEN and direction == _IN:
                # A first entry until `_correct` knows better, which is seldom.
                sums[2] += persons
                self._entered.add(no)
        self._records[no] += examined.records
        after = replace(
            journal,
            mark=journal.mark + len(examined.records),
            head=examined.head,
            forked=examined.incident is Incident.FORK,
        )
        self.journals[journal.id] = after
        return after

    def _settle(self, no: int, gate: str, boot: int, offset_ms: int) -> None:
        """The first record of a boot whose clock is trusted again times those before it."""
        self._settled.add((no, boot))
        doubtful = (no, boot) in self._doubtful or boot_clocks.has_untimed(
            self._connection, no, boot
        )
        if doubtful and boot_clocks.learn(self._connection, gate, boot, Basis.RECORD, offset_ms):
            boot_clocks.look_again(self._connection, no, boot)

    def write(self, now_ms: int) -> list[Written]:
        """Everything into the tables. Gives what is news."""
        connection = self._connection
        store.insert_rows(connection, tables.passage, self._rows)
        store.insert_rows(connection, tables_trust.untimed, self._untimed)
        entries: dict[tuple[bytes, int], list[Over]] = {}
        for no in self._entered:
            mark = self._before[no].mark
            new = {"journal": no, "first": mark + 1, "last": mark + len(self._records[no])}
            found: dict[tuple[bytes, int], list[Over]] = defaultdict(list)
            for row in map(Over._make, store.run(connection, _OVER, new)):
                found[row.ticket, row.day].append(row)
            entries |= found
        for (_ticket, day), rows in entries.items():
            self._correct(day, rows)
        sums = [(*key, *values) for key, values in self._tallies.items()]
        store.add_rows(connection, tables.tally, sums, 3)
        keep(connection, [one for one in self.journals.values() if one != self._before[one.no]])
        return self._echoes.write(connection, self._before, self._calendar, now_ms)

    def _correct(self, day: int, rows: list[Over]) -> None:
        """Share out first entries anew: a ticket has let in more persons than it admits. `rows`
        are all its entries of the day."""
        old: list[Entry] = []
        new: list[Entry] = []
        for row in rows:
            hour = self._calendar.day_hour(row.wall_ms)[1]
            product = NO_PRODUCT if row.product is None else row.product
            key = (day, hour, row.gate, row.lane, _IN, product, _TAKEN, row.reason)
            entry = Entry(row.wall_ms, row.gate, row.id, row.seq, row.persons, row.admits, key)
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
# All entries of a day on tickets that admit fewer persons, and on which there are new records.
# Kind, direction, persons and admits are in the partial index, which says `kind IN (3, 8, 10)`.
_ENTRY = f"kind = {_TAKEN} AND direction = {_IN}"
_OVER = text(f"""
    SELECT {", ".join(Over._fields)}
    FROM passage JOIN journal ON no = journal
    WHERE kind IN (3, 8, 10) AND {_ENTRY} AND (ticket, day) IN (
        SELECT n.ticket, n.day
        FROM (SELECT DISTINCT ticket, day FROM passage
              WHERE journal = :journal AND seq BETWEEN :first AND :last
              AND {_ENTRY} AND ticket IS NOT NULL) n
        WHERE (SELECT sum(p.persons) > min(p.admits) FROM passage p
               WHERE p.ticket = n.ticket AND p.day = n.day AND p.kind IN (3, 8, 10)
               AND p.kind = {_TAKEN} AND p.direction = {_IN})
    )
""")  # noqa: S608
