"""Turn the pages of what happened, newest first, at the same cost on every page and after years.

A page begins behind a place: a record's day, time, journal and number, the order of two indexes. So
nothing is counted or skipped. An entry of an index has the record's kind, and of a refusal its
reason as well. Who let somebody in, which way and against which reason is in the record alone. So
entries are looked through and records are read as far as WINDOWS and MOST_READ allow; a page that
has not found enough by then says from where to go on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    Table,
    and_,
    select,
    text,
    tuple_,
    union_all,
)

from fleet_manager.database import tables
from fleet_manager.errors import CentreError
from fleet_manager.passages.records import GateRecord, RecordFilter, read_row
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.reasons import Reason

WINDOWS, MOST_READ = (200, 2000, 20_000), (100, 200, 400)
"""Entries of an index that are looked through for a page, and records that are read of them: a few,
and more where too few of these pass."""
_PLACE = re.compile(r"(\d{1,7})\.(\d{1,15})\.(\d{1,9})\.(\d{1,18})", re.ASCII)
_STOPPED = frozenset({PassageKind.DENIED, PassageKind.FORCED})
_EVERY = frozenset(PassageKind)


class Place(NamedTuple):
    """The place of a record among all records, in the order of their times."""

    day: int
    wall_ms: int
    journal: int
    seq: int

    @property
    def text(self) -> str:
        """Return the place as part of an address."""
        return ".".join(map(str, self))

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return the place in a text that `text` gave. Raises CentreError for any other."""
        fields = _PLACE.fullmatch(text)
        if fields is None:
            raise CentreError(f"cannot go on from {text[:40]!r}: it is no place", "begin anew")
        return cls(*map(int, fields.groups()))


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records, newest first. `after`: the place from which the next page goes on, None where
    nothing older is left."""

    records: list[GateRecord]
    after: Place | None


def page(
    connection: Connection, wanted: RecordFilter, after: Place | None = None, most: int = 50
) -> RecordPage:
    """Return the next records that pass, `most` at most; `wanted.last` counts for nothing here.

    There may be fewer, or none, although older ones pass: then `after` is where to go on. Of a
    ticket there are no records of the kind GRANTED, which another record follows.
    """
    records: list[GateRecord] = []
    for entries, most_read in zip(WINDOWS, MOST_READ, strict=True):
        window = _window(wanted, after, entries)
        rows = connection.execute(_reading(wanted, window, most_read)).all()
        for row in rows:
            if wanted.takes(record := read_row(row)):
                records.append(record)
            if len(records) == most:
                return RecordPage(records, _place(row))
        if len(rows) < most_read:  # the rest of the window does not pass
            rows = connection.execute(select(window).offset(entries - 1).limit(1)).all()
        if not rows:
            return RecordPage(records, None)
        after = _place(rows[-1])
    return RecordPage(records, after)


_ROW, _JOURNAL, _GATE = tables.passage.c, tables.journal.c, tables.gate.c
_ORDER = (_ROW.day, _ROW.wall_ms, _ROW.journal, _ROW.seq)
_HAS_CODE = text("code IS NOT NULL")
_PARTS = [text(part) for part in (tables.USES_A_TICKET, tables.NOT_IN, tables.DISOWNED)]


def _window(wanted: RecordFilter, after: Place | None, size: int) -> Subquery:
    """Return the next entries of an index, among which the next records are."""
    source = _entries(wanted)
    order = [source.c[name] for name in Place._fields]
    query = select(*order, source.c.kind)
    if wanted.days is not None:
        query = query.where(source.c.day.between(*wanted.days))
    if after is not None:
        # SQLite enters the index by the day alone, PostgreSQL by the whole place.
        query = query.where(source.c.day <= after.day, tuple_(*order) < tuple_(*after))
    return query.order_by(*_newest_first(order)).limit(size).subquery("entries")


def _newest_first(columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [column.desc() for column in columns]


def _entries(wanted: RecordFilter) -> Table | Subquery:
    """Return where to look: what an index finds, or the table in the order of an index.

    Conditions of partial indexes stand in it word by word.
    """
    columns = [*_ORDER, _ROW.kind]
    if wanted.code is not None:
        query = select(*columns).where(_HAS_CODE, _ROW.code == wanted.code)
        return query.subquery("indexed")
    if wanted.ticket is not None:
        of_it = _ROW.ticket == wanted.ticket
        return union_all(*(select(*columns).where(of_it, part) for part in _PARTS)).subquery(
            "indexed"
        )
    if wanted.stored_kinds <= _STOPPED:
        query = select(*columns).where(text(tables.STOPPED))
        if wanted.reason is not None:
            query = query.where(_ROW.reason.in_(_numbers(wanted.reason)))
        return query.subquery("indexed")
    return tables.passage


def _reading(wanted: RecordFilter, window: Subquery, size: int) -> Select[Any]:
    """Return the query for the first `size` records of a window that pass by kind and gate. They
    are chosen first, and joined with their gates after that."""
    entry = window.c
    query = select(entry.journal, entry.seq)
    if wanted.stored_kinds < _EVERY:
        kinds = [sign * int(kind) for kind in wanted.stored_kinds for sign in (1, -1)]
        query = query.where(entry.kind.in_(kinds))
    if wanted.gate is not None or wanted.station is not None:
        journals = select(_JOURNAL.no).join(tables.gate, _GATE.id == _JOURNAL.gate)
        if wanted.gate is not None:
            journals = journals.where(_JOURNAL.gate == wanted.gate)
        if wanted.station is not None:
            journals = journals.where(_GATE.station == wanted.station)
        query = query.where(entry.journal.in_(journals))
    order = [entry[name] for name in Place._fields]
    places = query.order_by(*_newest_first(order)).limit(size).subquery("places")
    return (
        select(_ROW.record, _ROW.kind, *_ORDER, _JOURNAL.gate, _GATE.station)
        .select_from(places)
        .join(tables.passage, and_(_ROW.journal == places.c.journal, _ROW.seq == places.c.seq))
        .join(tables.journal, _JOURNAL.no == _ROW.journal)
        .join(tables.gate, _GATE.id == _JOURNAL.gate)
        .order_by(*_newest_first(_ORDER))
    )


def _place(row: Row[Any]) -> Place:
    return Place(row.day, row.wall_ms, row.journal, row.seq)


def _numbers(reason: str) -> list[int]:
    """Return the number of a reason by its name; none for a name of no reason."""
    return [int(number) for number in Reason if number.key == reason] or _unnamed(reason)


def _unnamed(reason: str) -> list[int]:
    number = reason.removeprefix("reason_")
    return [int(number)] if number.isdecimal() and len(number) < 4 else []
