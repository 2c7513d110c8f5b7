"""Webhooks 推送: receivers of events, how they stand, what was sent to them."""

from typing import Any

from fleet_manager.access.rights import Act, View
from fleet_manager.errors import CentreError
from fleet_manager.events import deliveries, outbox, webhooks
from fleet_manager.events.deliveries import Delivery
from fleet_manager.events.event_types import ALL, EventType
from fleet_manager.events.webhooks import Webhook
from fleet_manager.services.webhooks import receivers
from fleet_manager.web.ask import Answer, Ask, Fields, Redirect, show
from fleet_manager.web.refusals import refused, sentence
from fleet_manager.web.registry import act, page

_LEVELS = {"ok": "well", "failing": "watch", "disabled": "bad"}
_HOUR_MS = 3_600_000
_SHOWN = 50
_TYPES = tuple(kind.value for kind in ALL)


def _all_again(ask: Ask, error: CentreError) -> Answer:
    return refused(ask, error, "webhooks.html", **_values(ask, "", ask.form))


def _again(ask: Ask, error: CentreError) -> Answer:
    return refused(ask, error, "webhooks.html", **_values(ask, ask.form.get("name")))


@page("/people/webhooks", View.PEOPLE)
def list_webhooks(ask: Ask) -> Answer:
    """Show all receivers; with `name` the deliveries to one of them, and what can be done."""
    values = _values(ask, ask.query.get("name"))
    return show("webhooks.html", error="", hint="", **values)


@act("/people/webhooks/add", Act.WEBHOOK_ADD, again=_all_again)
def add(ask: Ask) -> Answer:
    """Add a receiver and show its secret, this once."""
    name = ask.form.get("name").lower()
    added, secret = receivers.add(ask.centre, ask.who, name, ask.form.get("url"), _chosen(ask))
    return _once(ask, added.name, secret)


@act("/people/webhooks/set", Act.WEBHOOK_SET, again=_again)
def change(ask: Ask) -> Answer:
    """Change address and events of a receiver."""
    name = ask.form.get("name")
    receivers.change(ask.centre, ask.who, name, url=ask.form.get("url") or None, kinds=_chosen(ask))
    return _done(ask, name, "webhooks.changed")


@act("/people/webhooks/enable", Act.WEBHOOK_SET, again=_again)
def enable(ask: Ask) -> Answer:
    """Send to a receiver again, with what waits or without."""
    name = ask.form.get("name")
    receivers.enable(ask.centre, ask.who, name, from_now="from_now" in ask.form)
    return _done(ask, name, "webhooks.enabled")


@act("/people/webhooks/disable", Act.WEBHOOK_SET, again=_again)
def disable(ask: Ask) -> Answer:
    """Send a receiver nothing until it is enabled."""
    name = ask.form.get("name")
    receivers.disable(ask.centre, ask.who, name, ask.form.get("reason"))
    return _done(ask, name, "webhooks.disabled")


@act("/people/webhooks/rotate", Act.WEBHOOK_SET, again=_again)
def rotate(ask: Ask) -> Answer:
    """Make another secret and show it, this once."""
    name = ask.form.get("name")
    hours = ask.form.number("hours", 24, low=0, high=720)
    _, secret = receivers.rotate(ask.centre, ask.who, name, hours * _HOUR_MS)
    return _once(ask, name, secret)


@act("/people/webhooks/remove", Act.WEBHOOK_REMOVE, again=_again)
def remove(ask: Ask) -> Answer:
    """Delete a receiver and its log."""
    name = ask.form.get("name")
    receivers.remove(ask.centre, ask.who, name)
    return Redirect("/people/webhooks", notice=ask.t("webhooks.removed", name=name))


@act("/people/webhooks/test", Act.WEBHOOK_TEST, again=_again)
def send_test(ask: Ask) -> Answer:
    """Send a test now, and say what came of it."""
    name = ask.form.get("name")
    delivery = receivers.send_test(ask.centre, ask.who, name)
    return _came(ask, delivery)


@act("/people/webhooks/replay", Act.WEBHOOK_REPLAY, again=_again)
def replay(ask: Ask) -> Answer:
    """Send an event again now, and say what came of it."""
    name = ask.form.get("name")
    delivery = receivers.replay(ask.centre, ask.who, name, ask.form.get("event"))
    return _came(ask, delivery)


def _chosen(ask: Ask) -> tuple[EventType, ...]:
    """Return the types that are ticked, all of them for none. Raises CentreError."""
    ticked = ask.form.every("event")
    unknown = [word for word in ticked if word not in _TYPES]
    if unknown:
        raise CentreError(f"cannot send events of type {unknown[0][:24]!r}: there is no such type")
    return tuple(kind for kind in ALL if kind.value in ticked) or ALL


def _values(ask: Ask, name: str, wanted: Fields | None = None) -> dict[str, Any]:
    """Return what the page shows; nothing of a receiver that is not there."""
    with ask.centre.store.read() as connection:
        every = webhooks.every(connection)
        rows = [
            (
                webhook,
                _LEVELS[webhook.state],
                outbox.waiting(connection, webhook.mark, webhook.events),
                sentence(webhook.disabled_why, ask.language),
            )
            for webhook in every
        ]
        attempts = deliveries.newest(connection, name, _SHOWN)[::-1] if name else []
    chosen: Webhook | None = next((each for each in every if each.name == name), None)
    return {
        "rows": rows,
        "chosen": chosen,
        "attempts": [
            (attempt, sentence(attempt.detail, ask.language)) for attempt in attempts if chosen
        ],
        "types": _TYPES,
        "hosts": sorted(ask.centre.config.webhook_hosts),
        "wanted": wanted or Fields(),
    }


def _done(ask: Ask, name: str, key: str) -> Answer:
    return Redirect(f"/people/webhooks?name={name}", notice=ask.t(key, name=name))


def _came(ask: Ask, delivery: Delivery) -> Answer:
    """Return to the log with what came of an attempt."""
    if not delivery.detail:
        return _done(ask, delivery.webhook, "webhooks.delivered")
    error = CentreError(f"cannot deliver to {delivery.webhook}: {delivery.detail}")
    return _again(ask, error)


def _once(ask: Ask, name: str, secret: str) -> Answer:
    return show(
        "once.html",
        title=ask.t("webhooks.once_title", name=name),
        words=ask.t("webhooks.once_words"),
        secrets=[secret],
        back=f"/people/webhooks?name={name}",
    )
