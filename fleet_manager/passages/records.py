"""What happened at the gates, record by record: who was refused why, and who let whom in."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    TextClause,
    bindparam,
    select,
    text,
)

from fleet_manager.database import tables
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode
from gate_agent.validator.reasons import Reason

_GRANTED = frozenset(
    {PassageKind.GRANTED, PassageKind.TAKEN, PassageKind.NOT_TAKEN, PassageKind.UNRESOLVED}
)
_ENTERED = (PassageKind.TAKEN, Direction.IN)
_USES = frozenset({PassageKind.TAKEN, PassageKind.UNRESOLVED, PassageKind.FORGIVEN})
OF_VISITORS = frozenset(PassageKind) - {PassageKind.BOOT, PassageKind.MODE, PassageKind.GRANTED}
"""Kinds that say what became of somebody at a lane: GRANTED is followed by one of them."""
_INDEXED = OF_VISITORS  # of these, what is about a ticket stands in one of two indexes


@dataclass(frozen=True, slots=True)
class GateRecord:
    """A passage with where it was. `at_ms`: when it happened, UTC; better known than what the
    record itself says where the gate had no clock. `disowned`: it counts for nothing."""

    gate: str
    station: str
    at_ms: int
    passage: Passage
    disowned: bool = False

    @property
    def uses_ticket(self) -> bool:
        """Return whether a ticket's history has it: somebody passed, or may have."""
        return self.passage.kind in _USES and not self.disowned

    @property
    def is_override(self) -> bool:
        """Return whether staff let somebody in against a refusal."""
        return self.passage.kind in _GRANTED and self.passage.detail != ""

    @property
    def staff(self) -> str:
        """Return who let somebody in or switched the lane, '' if nobody did."""
        if self.is_override:
            return self.passage.detail.partition(": ")[0]
        if self.passage.kind is PassageKind.MODE:
            return self.passage.detail.partition(" ")[2]
        return ""

    @property
    def why(self) -> str:
        """Return the reason that staff gave for an override, or the lane's new mode."""
        if self.is_override:
            return self.passage.detail.partition(": ")[2]
        return self.passage.detail.partition(" ")[0]

    @property
    def reason(self) -> str:
        """Return why the ticket was refused, or against which reason somebody was let in."""
        return reason_key(self.passage.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records to give; None for any. `days`: park days, first and last. `overrides`: those
    too, of whatever kind. `taken`: of who went through, only who went this way. `ticket`: 8 bytes.
    `code`: first 8 bytes of the SHA-256 of a code that is no ticket. `last`: so many at most, the
    newest."""

    days: tuple[int, int] | None = None
    kinds: Collection[PassageKind] = OF_VISITORS
    overrides: bool = False
    taken: Direction | None = None
    ticket: bytes | None = None
    code: bytes | None = None
    gate: str | None = None
    station: str | None = None
    reason: str | None = None
    staff: str | None = None
    last: int | None = None

    def takes(self, record: GateRecord) -> bool:
        """Return whether a record passes."""
        passage = record.passage
        return (
            (self._has_kind(passage) or (self.overrides and record.is_override))
            and self.ticket in (None, passage.ticket)
            and self.code in (None, passage.code)
            and self.gate in (None, record.gate)
            and self.station in (None, record.station)
            and self.reason in (None, record.reason)
            and self.staff in (None, record.staff)
        )

    def _has_kind(self, passage: Passage) -> bool:
        if passage.kind is PassageKind.TAKEN and self.taken not in (None, passage.direction):
            return False
        return passage.kind in self.kinds

    @property
    def stored_kinds(self) -> frozenset[PassageKind]:
        """Return the kinds among which all that passes is found."""
        return frozenset(self.kinds) | (_GRANTED if self.overrides else frozenset())


@dataclass(slots=True)
class OverrideSum:
    """What one of the staff let in against refusals: how often, how many, first and last when."""

    staff: str
    times: int = 0
    persons: int = 0
    first_ms: int = 0
    last_ms: int = 0


def reason_key(number: int) -> str:
    """Return the name of a deny reason, '' for none."""
    if not number:
        return ""
    return _REASONS.get(number, f"reason_{number}")


def digest_of(code: str) -> bytes:
    """Return by what a record names a code that is no ticket."""
    return sha256(code.encode(errors="replace")).digest()[:8]


def of_ticket(connection: Connection, ticket: bytes) -> list[GateRecord]:
    """Return what used a ticket, what refused it, where nobody came and what of it is disowned, by
    time."""
    rows = [
        row
        for query in (_USED, _NOT_IN, _DISOWNED)
        for row in connection.execute(query, {"ticket": ticket})
    ]
    return sorted(map(read_row, rows), key=_order)


def of_code(connection: Connection, code: str) -> list[GateRecord]:
    """Return the refusals of a code that is no ticket, by time."""
    rows = connection.execute(_REFUSED, {"code": digest_of(code)})
    return sorted(map(read_row, rows), key=_order)


def find(connection: Connection, wanted: RecordFilter) -> Iterator[GateRecord]:
    """Give the records that pass, by time, without holding more than a day of them.

    With `last`, or for one ticket without days, they are held.
    """
    indexed = wanted.ticket is not None and wanted.stored_kinds <= _INDEXED
    if wanted.days is None and indexed and wanted.ticket is not None:
        passing = [one for one in of_ticket(connection, wanted.ticket) if wanted.takes(one)]
        yield from passing[-wanted.last :] if wanted.last else passing
        return
    first, last = wanted.days or _all_days(connection)
    if wanted.last is None:
        for day in range(first, last + 1):
            yield from _of_day(connection, wanted, day)
        return
    newest: list[GateRecord] = []
    for day in range(last, first - 1, -1):
        newest = [*_of_day(connection, wanted, day), *newest]
        if len(newest) >= wanted.last:
            break
    yield from newest[-wanted.last :]


def sum_overrides(records: Iterable[GateRecord]) -> list[OverrideSum]:
    """Return what each of the staff let in, most persons first. Only who got in is counted, as in
    the column `overridden` of the counts, and against whatever reason."""
    sums: dict[str, OverrideSum] = {}
    for record in records:
        entered = (record.passage.kind, record.passage.direction) == _ENTERED
        if record.disowned or not (record.is_override and entered):
            continue
        entry = sums.setdefault(record.staff, OverrideSum(record.staff, first_ms=record.at_ms))
        entry.times += 1
        entry.persons += record.passage.persons
        entry.last_ms = record.at_ms
    return sorted(sums.values(), key=lambda entry: (-entry.persons, entry.staff))


_REASONS = {int(reason): reason.key for reason in Reason}
_ROW, _JOURNAL, _GATE = tables.passage.c, tables.journal.c, tables.gate.c


def _selecting(*where: ColumnElement[bool] | TextClause) -> Select[Any]:
    """Return the query for records. Conditions of partial indexes stand in it word by word, as
    texts: of a boolean column SQLAlchemy would make `… = 1`, which no index knows."""
    return (
        select(_ROW.record, _ROW.wall_ms, _ROW.kind, _JOURNAL.gate, _GATE.station)
        .join(tables.journal, _JOURNAL.no == _ROW.journal)
        .join(tables.gate, _GATE.id == _JOURNAL.gate)
        .where(*where)
    )


_OF_TICKET = _ROW.ticket == bindparam("ticket")
_USED = _selecting(text(tables.USES_A_TICKET), _OF_TICKET)
_NOT_IN = _selecting(text(tables.NOT_IN), _OF_TICKET)
_DISOWNED = _selecting(text(tables.DISOWNED), _OF_TICKET)
_REFUSED = _selecting(text("code IS NOT NULL"), _ROW.code == bindparam("code"))


def _of_day(connection: Connection, wanted: RecordFilter, day: int) -> list[GateRecord]:
    kinds = [sign * int(kind) for kind in wanted.stored_kinds for sign in (1, -1)]
    query = _selecting(_ROW.day == day, _ROW.kind.in_(kinds))
    if wanted.gate is not None:
        query = query.where(_JOURNAL.gate == wanted.gate)
    if wanted.station is not None:
        query = query.where(_GATE.station == wanted.station)
    if wanted.ticket is not None:
        query = query.where(_ROW.ticket == wanted.ticket)
    found = map(read_row, connection.execute(query))
    return sorted(filter(wanted.takes, found), key=_order)


def _all_days(connection: Connection) -> tuple[int, int]:
    """Return the first and the last day of which there are records; an empty range for none."""
    days = [
        connection.scalar(select(_ROW.day).order_by(order).limit(1))
        for order in (_ROW.day, _ROW.day.desc())
    ]
    return (days[0] or 1, days[1] or 0)


def read_row(row: Row[Any]) -> GateRecord:
    """Return the record in a row with record, wall_ms, kind, gate and station."""
    return GateRecord(row.gate, row.station, row.wall_ms, decode(row.record), row.kind < 0)


def _order(record: GateRecord) -> tuple[int, str, int]:
    return record.at_ms, record.gate, record.passage.seq
