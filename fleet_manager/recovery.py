"""After a restore from a backup: gates hold newer versions than the centre, and take nothing that
is not newer still; and the centre gives numbers out that it has given before. What the gates told
of themselves since then says above which numbers to go on."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Boolean, Connection, bindparam, literal_column, select, update

from fleet_manager.database import store, tables, tables_station
from fleet_manager.gates import gates
from fleet_manager.lists import versions as lists
from fleet_manager.station.news import BASE
from fleet_manager.tickets.serials import count_sold
from fleet_manager.trust import key_sets, rules

KEYS, RULES = "key set", "rule book"  # no series has a name with a space
MOST_AHEAD = 1_000_000
"""A gate that claims to be further ahead lies: numbers pushed to their end would stop all lists."""
AHEAD = 10_000
"""More than can have been given out since a backup: a gate that was not heard yet must not have the
very number that comes next, with another content."""
JUMP = 1 << 32


@dataclass(frozen=True, slots=True)
class NumberGap:
    """Of `what` (RULES, KEYS or a series of lists) the centre is at version `ours`; the gate that
    is furthest has `theirs`, 0 if no gate has any."""

    what: str
    ours: int
    theirs: int = 0
    gate: str = ""

    @property
    def highest(self) -> int:
        """That anybody is known to have."""
        return max(self.ours, self.theirs)

    @property
    def next(self) -> int:
        """Nobody has this number, nor one above."""
        return self.highest + AHEAD

    @property
    def is_for_roots(self) -> bool:
        """Whether a gate has a newer key set, which the root keys alone can follow."""
        return self.what == KEYS and self.believable and self.theirs > self.ours

    @property
    def believable(self) -> bool:
        """Whether so much can have happened since a backup."""
        return self.theirs - self.ours <= MOST_AHEAD


@dataclass(frozen=True, slots=True)
class SerialGap:
    """The centre has sold up to serial `ours`; gates have seen `theirs` of its tickets, 0 for none.
    `reserved`: up to which serial none is for sale any more, 0 where none was reserved."""

    ours: int
    theirs: int
    reserved: int = 0

    @property
    def highest(self) -> int:
        """Return the highest serial that anybody knows of."""
        return max(self.ours, self.theirs)

    @property
    def believable(self) -> bool:
        """Return whether so many can have been sold since a backup."""
        return self.theirs - self.ours <= MOST_AHEAD


def serials(connection: Connection, keys: Iterable[bytes]) -> SerialGap:
    """Return up to which serial tickets were sold, and were seen at gates under one of `keys`."""
    theirs = 0
    for key in keys:
        span = {"low": key + bytes(4), "high": key + b"\xff" * 4}
        for query in _HIGHEST:
            highest = connection.scalar(query, span)
            if highest is not None:
                theirs = max(theirs, int.from_bytes(bytes(highest)[4:], "big"))
    return SerialGap(count_sold(connection), theirs)


_TICKET = tables.passage.c.ticket
_HIGHEST = [
    select(_TICKET)
    .where(literal_column(kinds, Boolean), _TICKET.between(bindparam("low"), bindparam("high")))
    .order_by(_TICKET.desc())
    .limit(1)
    for kinds in ("kind IN (3, 8, 10)", tables.NOT_IN)
]
"""One look into an index each: its condition stands there word by word."""


def numbers(connection: Connection) -> list[NumberGap]:
    """Everything that has versions, with what the gates told last. A gate that is not believable
    comes beside the others."""
    known = {series: _list_version(connection, series) for series in lists.every(connection)}
    known[RULES] = store.read_meta(connection, rules.COUNTER) or 0
    keys = key_sets.newest(connection)
    known[KEYS] = 0 if keys is None else keys.version
    found = {what: NumberGap(what, ours) for what, ours in known.items()}
    beyond: list[NumberGap] = []
    for gate in gates.every(connection):
        for what, theirs in _told(gate).items():
            if what in known:
                one = NumberGap(what, known[what], theirs, gate.id)
                if not one.believable:
                    beyond.append(one)
                elif theirs > found[what].theirs:
                    found[what] = one
    return [*found.values(), *beyond]


def _list_version(connection: Connection, series: str) -> int:
    newest = lists.newest(connection, series)
    return 0 if newest is None else newest.version


def _told(gate: gates.EnrolledGate) -> dict[str, int]:
    state = json.loads(gate.state or "{}")
    versions = {RULES: state.get("rules_version", 0), KEYS: state.get("keys_version", 0)}
    return {**gate.lists, **versions}


def go_on(connection: Connection, one: NumberGap, now_ms: int) -> int:
    """The next version of a list, or of the rules, is above both. Gives it. Inside a writing
    transaction. What a key set says only the roots can say."""
    assert one.what != KEYS
    assert one.believable
    if one.what == RULES:
        store.put_row(connection, tables.meta, {"name": rules.COUNTER, "value": one.next})
        return one.next
    made = lists.publish_again(connection, one.what, now_ms, above=one.next - 1)
    # Numbers have been used twice since the backup: nothing may be said as a change to those.
    lists.forget_before(connection, made)
    return made.version


def number_news_anew(connection: Connection) -> None:
    """News numbers are given out again that were given out before: let no gate go on from one of
    those, but hear everything once more."""
    base = store.read_meta(connection, BASE) or 0
    store.put_row(connection, tables.meta, {"name": BASE, "value": base + JUMP})
    of = tables_station.news
    connection.execute(update(of).values(first=of.c.first + JUMP, last=of.c.last + JUMP))
    connection.execute(update(tables.station).values(news=tables.station.c.news + JUMP))
