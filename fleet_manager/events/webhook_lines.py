"""What is known of receivers and of attempts, for programs: times in UTC, nothing of a secret."""

from typing import Any

from sqlalchemy import Connection

from fleet_manager.events import outbox
from fleet_manager.events.deliveries import Delivery
from fleet_manager.events.webhooks import Webhook
from gate_agent.validator.moment import utc_text


def values(connection: Connection, webhook: Webhook) -> dict[str, Any]:
    """Return how a receiver stands. `waiting`: events that it has not taken, `waiting_since`: when
    the oldest of them happened. `next`: not before then the next attempt is made."""
    waiting, oldest_ms = outbox.waiting(connection, webhook.mark, webhook.events)
    return {
        "name": webhook.name,
        "url": webhook.url,
        "events": [kind.value for kind in webhook.events],
        "state": webhook.state,
        "why": webhook.disabled_why,
        "waiting": waiting,
        "waiting_since": _utc(oldest_ms),
        "tries": webhook.tries,
        "next": _utc(webhook.next_ms),
        "delivered": webhook.delivered,
        "failed": webhook.failed,
        "added": utc_text(webhook.added_ms),
        "disabled": _utc(webhook.disabled_ms),
        "old_secret_until": _utc(webhook.old_until_ms),
    }


def log_values(delivery: Delivery) -> dict[str, Any]:
    """Return an attempt. `status`: of HTTP, None for no answer."""
    return {
        "number": delivery.number,
        "at": utc_text(delivery.at_ms),
        "event": delivery.event,
        "type": delivery.type,
        "kind": delivery.kind,
        "result": delivery.result,
        "status": delivery.status or None,
        "took_ms": delivery.took_ms,
        "why": delivery.detail,
    }


def _utc(at_ms: int | None) -> str | None:
    return utc_text(at_ms) if at_ms else None
