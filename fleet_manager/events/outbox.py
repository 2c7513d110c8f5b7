"""Events in their order: number them, find the next one for a receiver, write its body.

An event stays for 30 days, whoever has taken it. Passages are not copied: their event says which
records of which journal, and the body is made of these.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from fleet_manager.database import store, tables_events
from fleet_manager.errors import CentreError
from fleet_manager.events import passage_events, webhooks
from fleet_manager.events.event_types import EventType
from fleet_manager.terminal.record_lines import Shown
from gate_agent.validator.moment import utc_text

COUNTER = "events"
KEPT_MS = 30 * 86_400_000
_TABLE = tables_events.event
_ROW = _TABLE.c


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """`number`: in the order in which they are sent. `id`: the same for every attempt. `data`: as
    stored."""

    number: int
    id: str
    type: str
    at_ms: int
    data: Mapping[str, Any]


def append(
    connection: Connection, kind: EventType, data: Mapping[str, Any], at_ms: int
) -> str | None:
    """Store an event in the transaction of `connection` and return its id; None if no receiver
    wants such. It is sent once the transaction is committed."""
    if kind not in webhooks.wanted(connection):
        return None
    return append_all(connection, [(kind, data)], at_ms)[0]


def append_all(
    connection: Connection, events: Sequence[tuple[EventType, Mapping[str, Any]]], at_ms: int
) -> list[str]:
    """Store events that receivers want, and return their ids."""
    rows = []
    for kind, data in events:
        store.count_up(connection, COUNTER)  # locks the counter: numbers are in order of commits
        number = store.read_meta(connection, COUNTER) or 1
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        rows.append((number, new_id(), kind.value, at_ms, text))
    store.insert_rows(connection, _TABLE, rows)
    return [row[1] for row in rows]


def new_id() -> str:
    """Return the id of a new event. It is random: a centre that was restored from a backup numbers
    anew, and a receiver would take another event for one that it has."""
    return f"evt_{secrets.token_hex(10)}"


def newest(connection: Connection) -> int:
    """Return the number of the newest event, 0 before the first."""
    return store.read_meta(connection, COUNTER) or 0


def next_after(connection: Connection, mark: int, kinds: Sequence[EventType]) -> OutboxEvent | None:
    """Return the first event after number `mark` of these types."""
    query = select(_TABLE).where(_ROW.number > mark, _ROW.type.in_([kind.value for kind in kinds]))
    row = connection.execute(query.order_by(_ROW.number).limit(1)).one_or_none()
    return None if row is None else _read(row)


def waiting(connection: Connection, mark: int, kinds: Sequence[EventType]) -> tuple[int, int]:
    """Return how many events after number `mark` there are of these types, and when the oldest
    happened, UTC ms, 0 for none."""
    query = select(func.count(), func.min(_ROW.at_ms)).where(
        _ROW.number > mark, _ROW.type.in_([kind.value for kind in kinds])
    )
    count, oldest_ms = connection.execute(query).one()
    return int(count), int(oldest_ms or 0)


def find(connection: Connection, event_id: str) -> OutboxEvent:
    """Return an event by its id. Raises CentreError if there is none, or no more."""
    row = connection.execute(select(_TABLE).where(_ROW.id == event_id)).one_or_none()
    if row is None:
        raise CentreError(
            f"cannot find event {event_id!r}",
            "see `fleet-manager webhook log NAME`; events are kept for 30 days",
        )
    return _read(row)


def body(connection: Connection, event: OutboxEvent, shown: Shown) -> bytes:
    """Return the JSON that is sent for an event."""
    data = event.data
    if event.type == EventType.PASSAGES:
        data = passage_events.data_of(connection, data, shown)
    return body_of(event.type, event.at_ms, data)


def body_of(kind: str, at_ms: int, data: Mapping[str, Any]) -> bytes:
    """Return the JSON of an event: type, time in UTC, data."""
    whole = {"type": kind, "timestamp": utc_text(at_ms), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def delete_old(connection: Connection, now_ms: int) -> None:
    """Delete events that are older than 30 days, taken or not."""
    connection.execute(delete(_TABLE).where(_ROW.at_ms < now_ms - KEPT_MS))


def _read(row: Row[Any]) -> OutboxEvent:
    return OutboxEvent(row.number, row.id, row.type, row.at_ms, json.loads(row.data))
