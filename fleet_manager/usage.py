"""What the centre knows of one ticket's uses: a history over the passages of all journals."""

from sqlalchemy import Connection, bindparam, select, text

from fleet_manager import exchange, schema
from gate_agent.validator.history import NEVER_SEEN, History, came_in, went_out
from gate_agent.validator.passage import Direction, Kind, decode

_IN = int(Direction.IN)
_USED = (int(Kind.TAKEN), int(Kind.UNRESOLVED))


def history_of(connection: Connection, ticket: bytes) -> History:
    """Everybody's passages on a ticket and what staff forgave, by their times."""
    events = [
        (row.wall_ms, row.kind in _USED and row.direction == _IN, row.persons, row.day)
        for row in connection.execute(_PASSAGES, {"id": ticket})
        if row.kind != Kind.UNRESOLVED or row.direction == _IN
    ]
    events += [
        (row.at_ms, False, row.persons, 0) for row in connection.execute(_FORGIVEN, {"id": ticket})
    ]
    history = NEVER_SEEN
    for wall_ms, came, persons, day in sorted(events):
        if came:
            history = came_in(history, persons, day, wall_ms)
        else:
            history = went_out(history, persons, wall_ms)
    return history


def alone_by_gate(connection: Connection, ticket: bytes) -> dict[str, int]:
    """Persons that each gate let in on a ticket without the centre's word."""
    found: dict[str, int] = {}
    for row in connection.execute(_RECORDS, {"id": ticket}):
        passage = decode(row.record)
        if passage.alone and passage.direction is Direction.IN:
            found[row.gate] = found.get(row.gate, 0) + passage.persons
    return found


# Made once: making a statement costs more than running it.
_ROW, _JOURNAL = schema.passage.c, schema.journal.c
_OF_TICKET = text("kind IN (3, 8, 10)")  # as the partial index says it
_PASSAGES = select(_ROW.wall_ms, _ROW.kind, _ROW.direction, _ROW.persons, _ROW.day).where(
    _OF_TICKET, _ROW.ticket == bindparam("id")
)
_RECORDS = (
    select(_ROW.record, _JOURNAL.gate)
    .join(schema.journal, _JOURNAL.no == _ROW.journal)
    .where(_OF_TICKET, _ROW.ticket == bindparam("id"))
)
_FORGIVEN = select(exchange.forgiven.c.at_ms, exchange.forgiven.c.persons).where(
    exchange.forgiven.c.ticket == bindparam("id")
)
