"""Go on after a restore from a backup, with numbers above those that gates have.

Gates may have newer versions than the centre, and accept only newer ones still; and the centre
would give out numbers a second time. The last reports of the gates show which numbers are taken.
"""

import json
from dataclasses import dataclass

from sqlalchemy import Boolean, Connection, bindparam, literal_column, select, update

from fleet_manager.database import store, tables, tables_station
from fleet_manager.gates import gates
from fleet_manager.lists import versions
from fleet_manager.station.news import BASE
from fleet_manager.tickets.serials import count_sold
from fleet_manager.trust import key_sets, rules
from gate_agent.validator.trust.keys import KeyUse, key_id

KEYS, RULES = "key set", "rule book"  # no series has a name with a space
MOST_AHEAD = 1_000_000
"""A gate that reports to be further ahead is not believed: numbers that reach their end would stop
all lists."""
AHEAD = 10_000
"""Distance of the next number from the highest that is known: more than can have been given out
since a backup. A gate that has not reported yet must not have the next number with another content.
"""
JUMP = 1 << 32
"""Distance by which news are renumbered."""


@dataclass(frozen=True, slots=True)
class NumberGap:
    """Versions of one document. `what`: RULES, KEYS or a series of lists. `ours`: version of the
    centre. `theirs`: of the gate that is furthest, 0 if no gate has any; `gate`: its id."""

    what: str
    ours: int
    theirs: int = 0
    gate: str = ""

    @property
    def highest(self) -> int:
        """Return the highest version that is known."""
        return max(self.ours, self.theirs)

    @property
    def next(self) -> int:
        """Return a version above all that can be in use."""
        return self.highest + AHEAD

    @property
    def is_for_roots(self) -> bool:
        """Return whether a gate has a newer key set, so that the root keys must sign the next."""
        return self.what == KEYS and self.believable and self.theirs > self.ours

    @property
    def believable(self) -> bool:
        """Return whether so many versions can have been made since a backup."""
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


def serials(connection: Connection) -> SerialGap:
    """Return up to which serial tickets were sold, and were seen at gates under a key of ours."""
    theirs = 0
    for key in _ticket_keys(connection):
        span = {"low": key + bytes(4), "high": key + b"\xff" * 4}
        for query in _HIGHEST:
            highest = connection.scalar(query, span)
            if highest is not None:
                theirs = max(theirs, int.from_bytes(bytes(highest)[4:], "big"))
    return SerialGap(count_sold(connection), theirs)


def _ticket_keys(connection: Connection) -> set[bytes]:
    """Return the ids of the keys under which tickets are, or were, sold here."""
    sold = {
        bytes(row.key_id) for row in connection.execute(select(tables.ticket.c.key_id).distinct())
    }
    published = key_sets.newest(connection)
    trusted = () if published is None else published.keys.of(KeyUse.TICKET)
    return sold | {key_id(row.public) for row in trusted}


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
    """Return the gap of each document that has versions, by the last reports of the gates.

    A gate that is not believable has a gap of its own after the others.
    """
    ours = {series: _list_version(connection, series) for series in versions.every(connection)}
    ours[RULES] = store.read_meta(connection, rules.COUNTER) or 0
    keys = key_sets.newest(connection)
    ours[KEYS] = 0 if keys is None else keys.version
    gaps = {what: NumberGap(what, version) for what, version in ours.items()}
    unbelievable: list[NumberGap] = []
    for gate in gates.every(connection):
        for what, theirs in _reported(gate).items():
            if what in ours:
                gap = NumberGap(what, ours[what], theirs, gate.id)
                if not gap.believable:
                    unbelievable.append(gap)
                elif theirs > gaps[what].theirs:
                    gaps[what] = gap
    return [*gaps.values(), *unbelievable]


def _list_version(connection: Connection, series: str) -> int:
    newest = versions.newest(connection, series)
    return 0 if newest is None else newest.version


def _reported(gate: gates.EnrolledGate) -> dict[str, int]:
    state = json.loads(gate.state or "{}")
    documents = {RULES: state.get("rules_version", 0), KEYS: state.get("keys_version", 0)}
    return {**gate.lists, **documents}


def go_on(connection: Connection, gap: NumberGap, now_ms: int) -> int:
    """Make the next version of a list, or of the rules, one above all in use, and return it.

    Call it in a writing transaction, with a believable gap; not for KEYS, because only the root
    keys can sign a key set.
    """
    assert gap.what != KEYS
    assert gap.believable
    if gap.what == RULES:
        store.put_row(connection, tables.meta, {"name": rules.COUNTER, "value": gap.next})
        return gap.next
    version = versions.publish_again(connection, gap.what, now_ms, above=gap.next - 1)
    # Numbers have been used twice since the backup: no delta may begin at one of those versions.
    versions.forget_before(connection, version)
    return version.version


def number_news_anew(connection: Connection) -> None:
    """Renumber all news, so that every gate requests all of them once more.

    Numbers after a restore may have been given out before, with other news: no gate may go on from
    one of them.
    """
    base = store.read_meta(connection, BASE) or 0
    store.put_row(connection, tables.meta, {"name": BASE, "value": base + JUMP})
    news = tables_station.news
    connection.execute(update(news).values(first=news.c.first + JUMP, last=news.c.last + JUMP))
    connection.execute(update(tables.station).values(news=tables.station.c.news + JUMP))
