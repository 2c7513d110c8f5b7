"""The audit: one line for each act of a person, chained by hashes so that a change shows."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.database import store
from fleet_manager.database.tables_access import audit

COUNTER = "audit"
"""The row of the table `meta` that counts lines: its lock puts them in order."""
GENESIS = sha256(b"scenic-gate audit\0").digest()
MAX_OBJECT_CHARS = 200
MAX_REASON_CHARS = 500

Values = Mapping[str, Any]


class Result(StrEnum):
    """What came of an act. A refused one changed nothing."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it is hashed. `at_ms`: UTC. `before`, `after`: JSON, None where there is nothing
    to say. `reason`: why it was refused, or why somebody did it."""

    number: int
    at_ms: int
    actor: str
    via: str
    origin: str
    act: str
    object: str
    before: str | None
    after: str | None
    result: str
    reason: str

    @property
    def text(self) -> str:
        """Return the line as it is hashed: a JSON array of its fields."""
        return json.dumps(astuple(self), ensure_ascii=False, separators=(",", ":"))

    def hash(self, previous: bytes) -> bytes:
        """Return SHA-256 over the hash of the line before and this line's text."""
        return sha256(previous + self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Verification:
    """`lines` are whole up to `head`. `fault`: what is wrong with the line after them; empty if
    nothing is."""

    lines: int
    head: bytes
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines to list; None for any. `object`: a text within the object. `whole_object`: the
    object itself: "ticket 4" but not "ticket 41". `below`: numbers below this one. `last`: at most
    so many, the newest."""

    actor: str | None = None
    act: str | None = None
    object: str | None = None
    whole_object: str | None = None
    result: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    below: int | None = None
    last: int | None = None


_ROW = audit.c
_NUMBERED = select(_ROW.hash).where(_ROW.number == bindparam("of"))


def append(
    connection: Connection,
    who: Actor,
    act: Act,
    subject: str,
    at_ms: int,
    *,
    result: Result = Result.DONE,
    before: Values | None = None,
    after: Values | None = None,
    reason: str = "",
) -> None:
    """Write one line in the transaction of `connection`."""
    store.count_up(connection, COUNTER)
    number = store.read_meta(connection, COUNTER) or 1
    line = Line(
        number=number,
        at_ms=at_ms,
        actor=who.name,
        via=who.via.value,
        origin=who.origin,
        act=act.value,
        object=_shortened(subject, MAX_OBJECT_CHARS),
        before=_json(before),
        after=_json(after),
        result=result.value,
        reason=_shortened(reason, MAX_REASON_CHARS),
    )
    rows = store.run(connection, _NUMBERED, {"of": number - 1})
    previous = bytes(rows[0][0]) if rows else GENESIS
    store.insert_rows(connection, audit, [(*astuple(line), line.hash(previous))])


def lines(connection: Connection, wanted: Filter) -> list[Line]:
    """Return the lines that pass the filter, oldest first."""
    query = select(audit).order_by(_ROW.number.desc())
    if wanted.actor is not None:
        query = query.where(_ROW.actor == wanted.actor)
    if wanted.act is not None:
        query = query.where(_ROW.act.startswith(wanted.act, autoescape=True))
    if wanted.object is not None:
        query = query.where(_ROW.object.contains(wanted.object, autoescape=True))
    if wanted.whole_object is not None:
        query = query.where(_ROW.object == wanted.whole_object)
    if wanted.result is not None:
        query = query.where(_ROW.result == wanted.result)
    if wanted.since_ms is not None:
        query = query.where(_ROW.at_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        query = query.where(_ROW.at_ms < wanted.until_ms)
    if wanted.below is not None:
        query = query.where(_ROW.number < wanted.below)
    if wanted.last is not None:
        query = query.limit(wanted.last)
    return [_line(row) for row in connection.execute(query)][::-1]


def numbers_between(connection: Connection, since_ms: int | None, until_ms: int | None) -> range:
    """Return the numbers of the lines of a span of time, None for no bound."""
    query = select(func.min(_ROW.number), func.max(_ROW.number))
    if since_ms is not None:
        query = query.where(_ROW.at_ms >= since_ms)
    if until_ms is not None:
        query = query.where(_ROW.at_ms < until_ms)
    first, last = connection.execute(query).one()
    return range(0) if first is None else range(first, last + 1)


def hashed_lines(connection: Connection, numbers: range) -> list[tuple[str, bytes]]:
    """Return the texts that were hashed, each with its hash, in order."""
    query = select(audit).where(_ROW.number >= numbers.start, _ROW.number < numbers.stop)
    rows = connection.execute(query.order_by(_ROW.number))
    return [(_line(row).text, bytes(row.hash)) for row in rows]


def newest(connection: Connection) -> tuple[int, bytes]:
    """Return number and hash of the last line; 0 and GENESIS if there is none."""
    row = connection.execute(select(_ROW.number, _ROW.hash).order_by(_ROW.number.desc()).limit(1))
    last = row.one_or_none()
    return (0, GENESIS) if last is None else (last.number, bytes(last.hash))


def verify(
    connection: Connection,
    *,
    head: bytes | None = None,
    heads: Mapping[int, frozenset[bytes]] | None = None,
) -> Verification:
    """Compute the chain anew over every line, and look for lines that are missing.

    `head`: a hash that was noted elsewhere, with which the chain must have been at some line.
    `heads`: hashes by the number of their line. Both show lines that were cut off at the end, or
    all written anew.
    """
    with closing(_every(connection)) as rows:
        outcome, met = _follow(rows, head, heads or {})
    if outcome.fault:
        return outcome
    counted = max(store.read_meta(connection, COUNTER) or 0, *(heads or {}), 0)
    if counted != outcome.lines:
        missing = counted - outcome.lines
        return replace(outcome, fault=f"{missing} lines are cut off at the end")
    if not met:
        return replace(outcome, fault="the noted hash is of no line: lines were replaced")
    return outcome


def _follow(
    rows: Iterator[Row[Any]], head: bytes | None, heads: Mapping[int, frozenset[bytes]]
) -> tuple[Verification, bool]:
    """Follow the chain to its end or its first fault; return whether `head` was met on the way."""
    previous, checked, met = GENESIS, 0, head in (None, GENESIS)
    for row in rows:
        line = _line(row)
        if line.number != checked + 1:
            return Verification(checked, previous, f"line {checked + 1} is missing"), met
        expected = line.hash(previous)
        if bytes(row.hash) != expected:
            return Verification(checked, previous, f"line {line.number} was changed"), met
        if not heads.get(line.number, frozenset()) <= {expected}:
            fault = f"line {line.number} is not the one whose head was kept: lines were replaced"
            return Verification(checked, previous, fault), met
        previous, checked = expected, line.number
        met = met or previous == head
    return Verification(checked, previous), met


def _every(connection: Connection) -> Generator[Row[Any], None, None]:
    # Of the statement, not of the connection: that keeps it, and PostgreSQL then declares a cursor
    # for whatever this thread executes next.
    query = select(audit).order_by(_ROW.number).execution_options(yield_per=1000)
    with connection.execute(query) as rows:
        yield from rows


def _line(row: Row[Any]) -> Line:
    values = row._mapping
    return Line(**{name: values[name] for name in Line.__dataclass_fields__})


def _json(values: Values | None) -> str | None:
    if values is None:
        return None
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True, default=str)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
