"""Receivers of events: what each wants, up to which event it has taken them, and how it stands."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from fleet_manager.database import tables_events
from fleet_manager.errors import CentreError
from fleet_manager.events.event_types import EventType
from gate_agent.validator.messages.envelopes import is_name

MOST = 20
"""So many receivers a park may have."""
_TABLE = tables_events.webhook
_ROW = _TABLE.c
_NAME_RULE = "must be 1 to 20 of a-z, 0-9 and -, beginning with a letter or digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A receiver. `events`: the types that it wants. `salt`, `generation`: of its secret, see
    `Vault.webhook_secret`. `old_until_ms`: until when deliveries are signed with the secret before
    as well. `mark`: number of the last event that it has taken. `tries`: attempts to send the
    event after it, `next_ms`: not before. `delivered`, `failed`: attempts since it was added.
    `disabled_ms`: since when nothing is sent to it, None while it is in use."""

    name: str
    url: str
    events: tuple[EventType, ...]
    salt: bytes
    generation: int = 1
    old_until_ms: int = 0
    added_ms: int
    mark: int = 0
    tries: int = 0
    next_ms: int = 0
    delivered: int = 0
    failed: int = 0
    disabled_ms: int | None = None
    disabled_why: str = ""

    @property
    def state(self) -> str:
        """Return how it stands: ok, failing or disabled."""
        if self.disabled_ms is not None:
            return "disabled"
        return "failing" if self.tries else "ok"


def add(connection: Connection, webhook: Webhook) -> None:
    """Add a receiver. Raises CentreError for a name that is none or exists, and for too many."""
    if not is_name(webhook.name):
        raise CentreError(f"cannot add webhook {webhook.name!r}: {_NAME_RULE}")
    there = every(connection)
    if webhook.name in {other.name for other in there}:
        raise CentreError(
            f"cannot add webhook {webhook.name}: it exists",
            f"to change it: `fleet-manager webhook set {webhook.name}`",
        )
    if len(there) >= MOST:
        raise CentreError(
            f"cannot add webhook {webhook.name}: there are {MOST}, and no more are allowed",
            "remove one that is not used: `fleet-manager webhook remove NAME`",
        )
    connection.execute(insert(_TABLE).values(_values(webhook)))


def every(connection: Connection) -> list[Webhook]:
    """Return all receivers, by name."""
    return [_read(row) for row in connection.execute(select(_TABLE).order_by(_ROW.name))]


def find(connection: Connection, name: str) -> Webhook:
    """Return a receiver. Raises CentreError if there is none of that name."""
    row = connection.execute(select(_TABLE).where(_ROW.name == name)).one_or_none()
    if row is None:
        raise CentreError(f"cannot find webhook {name!r}", "see `fleet-manager webhook list`")
    return _read(row)


def wanted(connection: Connection) -> frozenset[EventType]:
    """Return the types that any receiver wants, also a disabled one: it may be enabled again."""
    return frozenset(kind for webhook in every(connection) for kind in webhook.events)


def save(connection: Connection, webhook: Webhook) -> None:
    """Store what an act has changed of a receiver."""
    connection.execute(update(_TABLE).where(_ROW.name == webhook.name).values(_values(webhook)))


def save_if_unchanged(connection: Connection, before: Webhook, after: Webhook) -> bool:
    """Store what came of an attempt unless somebody has changed the receiver since `before` was
    read; return whether it was stored. Two processes never send one attempt twice by it."""
    same = (
        _ROW.name == before.name,
        _ROW.salt == before.salt,
        _ROW.mark == before.mark,
        _ROW.tries == before.tries,
        _ROW.next_ms == before.next_ms,
        _ROW.disabled_ms.is_(None),
    )
    names = ("mark", "tries", "next_ms", "delivered", "failed", "disabled_ms", "disabled_why")
    values = {name: getattr(after, name) for name in names}
    return bool(connection.execute(update(_TABLE).where(*same).values(values)).rowcount)


def remove(connection: Connection, name: str) -> None:
    """Delete a receiver and the log of its deliveries."""
    log = tables_events.delivery
    connection.execute(delete(log).where(log.c.webhook == name))
    connection.execute(delete(_TABLE).where(_ROW.name == name))


def _values(webhook: Webhook) -> dict[str, Any]:
    values = {field.name: getattr(webhook, field.name) for field in fields(Webhook)}
    return values | {"events": " ".join(webhook.events)}


def _read(row: Row[Any]) -> Webhook:
    values = row._asdict()
    return Webhook(**(values | {"events": tuple(map(EventType, values["events"].split()))}))
