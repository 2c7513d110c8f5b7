"""The log of deliveries: each attempt of the last 30 days, why it was made, what came of it."""

from dataclasses import astuple, dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from fleet_manager.database import store, tables_events

COUNTER = "deliveries"
KEPT_MS = 30 * 86_400_000
MAX_DETAIL = 200
_TABLE = tables_events.delivery
_ROW = _TABLE.c


class DeliveryKind(StrEnum):
    """Why something was sent: an event in its turn, an event again by a person's wish, a test."""

    EVENT = "event"
    REPLAY = "replay"
    TEST = "test"


class Outcome(StrEnum):
    """What came of an attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt. `event`: its id. `status`: of HTTP, 0 for no answer. `detail`: why it failed."""

    number: int
    webhook: str
    event: str
    type: str
    kind: str
    at_ms: int
    took_ms: int
    status: int
    result: str
    detail: str


def log(connection: Connection, attempt: Delivery) -> Delivery:
    """Store an attempt under the next number, and return it."""
    store.count_up(connection, COUNTER)
    number = store.read_meta(connection, COUNTER) or 1
    row = (number, *astuple(attempt)[1:-1], attempt.detail[:MAX_DETAIL])
    store.insert_rows(connection, _TABLE, [row])
    return Delivery(*row)


def newest(connection: Connection, webhook: str, last: int) -> list[Delivery]:
    """Return the last attempts for a receiver, the oldest first."""
    query = select(_TABLE).where(_ROW.webhook == webhook).order_by(_ROW.number.desc()).limit(last)
    return [Delivery(*row) for row in connection.execute(query)][::-1]


def delete_old(connection: Connection, now_ms: int) -> None:
    """Delete attempts that are older than 30 days."""
    connection.execute(delete(_TABLE).where(_ROW.at_ms < now_ms - KEPT_MS))
