"""Read the uses of one ticket from the passages of all journals."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from fleet_manager.database import store, tables, tables_station
from fleet_manager.passages import closed_days
from fleet_manager.passages.closed_days import ClosedDays
from gate_agent.validator.history import History, came_in, went_out
from gate_agent.validator.passage import Direction, PassageKind, decode

_IN = int(Direction.IN)
_TAKEN, _UNRESOLVED = int(PassageKind.TAKEN), int(PassageKind.UNRESOLVED)


class Use(NamedTuple):
    """A record that uses a ticket, or gives a use back. `no`: its journal's number; `id`: that
    journal's id, of `gate`. `record`: its signed bytes."""

    wall_ms: int
    gate: str
    id: bytes
    seq: int
    kind: int
    direction: int
    persons: int
    day: int
    product: int | None
    admits: int
    no: int
    record: bytes

    @property
    def is_entry(self) -> bool:
        """Return whether persons went in, or may have."""
        return self.kind in (_TAKEN, _UNRESOLVED) and self.direction == _IN

    @property
    def is_exit(self) -> bool:
        """Return whether persons went out, or were forgiven an entry."""
        return not self.is_entry and self.kind != _UNRESOLVED


class Exemption(NamedTuple):
    """An exemption of a ticket by staff at the centre, number `no`."""

    no: int
    at_ms: int
    persons: int


def uses_since(connection: Connection, ticket: bytes, closed: ClosedDays) -> list[Use]:
    """Return the uses of a ticket on days that are not closed."""
    rows = store.run(connection, _USES, {"id": ticket, "first": closed.day})
    return [Use._make(row) for row in rows]


def exemptions_since(connection: Connection, ticket: bytes, closed: ClosedDays) -> list[Exemption]:
    """Return the exemptions of a ticket by staff at the centre that are not in closed days."""
    rows = store.run(connection, _FORGIVEN, {"id": ticket, "last": closed.forgiven})
    return [Exemption._make(row) for row in rows]


def fold(history: History, uses: list[Use], exemptions: list[Exemption]) -> History:
    """Return the history of a ticket after these, by time; those before are in `history`."""
    events = [
        (use.wall_ms, use.is_entry, use.persons, use.day)
        for use in uses
        if use.is_entry or use.is_exit
    ]
    events += [(exemption.at_ms, False, exemption.persons, 0) for exemption in exemptions]
    for wall_ms, is_entry, persons, day in sorted(events):
        if is_entry:
            history = came_in(history, persons, day, wall_ms)
        else:
            history = went_out(history, persons, wall_ms)
    return history


def history_of(connection: Connection, ticket: bytes) -> History:
    """Return the history of a ticket: passages at every gate and exemptions by staff, by time."""
    closed = closed_days.find(connection, ticket)
    uses = uses_since(connection, ticket, closed)
    return fold(closed.history, uses, exemptions_since(connection, ticket, closed))


def alone_by_gate(connection: Connection, ticket: bytes) -> dict[str, int]:
    """Return the number of persons by gate that entered on a ticket without a claim granted."""
    closed = closed_days.find(connection, ticket)
    return count_alone(closed.alone, uses_since(connection, ticket, closed))


def count_alone(before: Mapping[str, int], uses: list[Use]) -> dict[str, int]:
    """Return the persons by gate that entered without a claim granted, `before` and in `uses`."""
    persons = dict(before)
    for use in uses:
        passage = decode(use.record)
        if passage.alone and passage.direction is Direction.IN:
            persons[use.gate] = persons.get(use.gate, 0) + passage.persons
    return persons


# Built once: building a statement costs more than running it.
_ROW, _JOURNAL = tables.passage.c, tables.journal.c
_USES = (
    select(
        _ROW.wall_ms,
        _JOURNAL.gate,
        _JOURNAL.id,
        _ROW.seq,
        _ROW.kind,
        _ROW.direction,
        _ROW.persons,
        _ROW.day,
        _ROW.product,
        _ROW.admits,
        _JOURNAL.no,
        _ROW.record,
    )
    .join(tables.journal, _JOURNAL.no == _ROW.journal)
    .where(
        text(tables.USES_A_TICKET), _ROW.ticket == bindparam("id"), _ROW.day >= bindparam("first")
    )
)
_EXEMPT = tables_station.forgiven.c
_FORGIVEN = select(_EXEMPT.no, _EXEMPT.at_ms, _EXEMPT.persons).where(
    _EXEMPT.ticket == bindparam("id"), _EXEMPT.no > bindparam("last")
)
