"""Read the uses of one ticket from the passages of all journals."""

from sqlalchemy import Connection, bindparam, select, text

from fleet_manager.database import store, tables, tables_station
from gate_agent.validator.history import NEVER_SEEN, History, came_in, went_out
from gate_agent.validator.passage import Direction, PassageKind, decode

_IN = int(Direction.IN)
_UNRESOLVED = int(PassageKind.UNRESOLVED)
_USED = (int(PassageKind.TAKEN), _UNRESOLVED)


def history_of(connection: Connection, ticket: bytes) -> History:
    """Return the history of a ticket: passages at every gate and exemptions by staff, by time."""
    events = [
        (wall_ms, kind in _USED and direction == _IN, persons, day)
        for wall_ms, kind, direction, persons, day in store.run(
            connection, _PASSAGES, {"id": ticket}
        )
        if kind != _UNRESOLVED or direction == _IN
    ]
    events += [
        (at_ms, False, persons, 0)
        for at_ms, persons in store.run(connection, _FORGIVEN, {"id": ticket})
    ]
    history = NEVER_SEEN
    for wall_ms, is_entry, persons, day in sorted(events):
        if is_entry:
            history = came_in(history, persons, day, wall_ms)
        else:
            history = went_out(history, persons, wall_ms)
    return history


def alone_by_gate(connection: Connection, ticket: bytes) -> dict[str, int]:
    """Return the number of persons by gate that entered on a ticket without a claim granted."""
    persons: dict[str, int] = {}
    for record, gate in store.run(connection, _RECORDS, {"id": ticket}):
        passage = decode(record)
        if passage.alone and passage.direction is Direction.IN:
            persons[gate] = persons.get(gate, 0) + passage.persons
    return persons


# Built once: building a statement costs more than running it.
_ROW, _JOURNAL = tables.passage.c, tables.journal.c
_OF_TICKET = text(tables.USES_A_TICKET)
_PASSAGES = select(_ROW.wall_ms, _ROW.kind, _ROW.direction, _ROW.persons, _ROW.day).where(
    _OF_TICKET, _ROW.ticket == bindparam("id")
)
_RECORDS = (
    select(_ROW.record, _JOURNAL.gate)
    .join(tables.journal, _JOURNAL.no == _ROW.journal)
    .where(_OF_TICKET, _ROW.ticket == bindparam("id"))
)
_FORGIVEN = select(tables_station.forgiven.c.at_ms, tables_station.forgiven.c.persons).where(
    tables_station.forgiven.c.ticket == bindparam("id")
)
