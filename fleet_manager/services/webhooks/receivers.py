"""Acts on webhooks: add, set, rotate the secret, remove, send a test, send an event again.

Secrets are derived (`Vault.webhook_secret`): they are shown when they are made, and stand neither
in the database nor in the audit nor in a log.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.events import deliveries, outbox, receiver_url, signing, webhooks
from fleet_manager.events.deliveries import Delivery, DeliveryKind
from fleet_manager.events.detection import Detector
from fleet_manager.events.event_types import TEST_TYPE, EventType
from fleet_manager.events.sender import Sender
from fleet_manager.events.webhooks import Webhook
from fleet_manager.keys.vault import Vault
from fleet_manager.services.act import performed, refusals
from fleet_manager.services.webhooks.attempt import DeliveryAttempt
from fleet_manager.terminal.record_lines import Shown

OLD_SECRET_MS = 86_400_000
"""So long after a rotation deliveries are signed with the old secret as well."""
LONGEST_OLD_MS = 30 * 86_400_000


def add(
    centre: Centre, who: Actor, name: str, url: str, kinds: tuple[EventType, ...]
) -> tuple[Webhook, str]:
    """Add a receiver of events from now on; return it and its secret. Raises CentreError."""
    with performed(centre, who, Act.WEBHOOK_ADD, f"webhook {name}") as deed:
        receiver_url.read_url(url, centre.config.webhook_hosts)
        before = webhooks.wanted(deed.connection)
        webhook = Webhook(
            name=name,
            url=url,
            events=kinds,
            salt=secrets.token_bytes(16),
            added_ms=centre.clock(),
            mark=outbox.newest(deed.connection),
        )
        webhooks.add(deed.connection, webhook)
        _detector(centre).begin(deed.connection, before, centre.clock())
        deed.after = _values(webhook)
    return webhook, secret_of(centre, webhook)


def change(
    centre: Centre,
    who: Actor,
    name: str,
    *,
    url: str | None = None,
    kinds: tuple[EventType, ...] | None = None,
) -> Webhook:
    """Give a receiver another address or other events, None for those it has.

    Raises CentreError.
    """

    def changed(webhook: Webhook) -> Webhook:
        if url is not None:
            receiver_url.read_url(url, centre.config.webhook_hosts)
        return replace(webhook, url=url or webhook.url, events=kinds or webhook.events)

    return _set(centre, who, name, changed)


def disable(centre: Centre, who: Actor, name: str, why: str) -> Webhook:
    """Send a receiver nothing until it is enabled; its events wait for 30 days. Raises
    CentreError."""

    def changed(webhook: Webhook) -> Webhook:
        if webhook.disabled_ms is not None:
            raise CentreError(f"cannot disable webhook {name}: it is disabled")
        return replace(webhook, disabled_ms=centre.clock(), disabled_why=why[:200])

    return _set(centre, who, name, changed)


def enable(centre: Centre, who: Actor, name: str, *, from_now: bool = False) -> Webhook:
    """Send to a receiver again at once: what waits for it first, or with `from_now` nothing that
    has happened until now. Raises CentreError."""

    def changed(webhook: Webhook, newest: int = 0) -> Webhook:
        mark = max(webhook.mark, newest)
        return replace(webhook, mark=mark, tries=0, next_ms=0, disabled_ms=None, disabled_why="")

    if not from_now:
        return _set(centre, who, name, changed)
    with centre.store.read() as connection:
        newest = outbox.newest(connection)
    return _set(centre, who, name, lambda webhook: changed(webhook, newest))


def rotate(
    centre: Centre, who: Actor, name: str, old_valid_ms: int = OLD_SECRET_MS
) -> tuple[Webhook, str]:
    """Give a receiver another secret and return it. Deliveries are signed with both for
    `old_valid_ms`, 0 to end the old one at once. Raises CentreError."""
    if not 0 <= old_valid_ms <= LONGEST_OLD_MS:
        raise CentreError("cannot keep the old secret so long: must be 0 to 30 days")
    until_ms = centre.clock() + old_valid_ms if old_valid_ms else 0

    def changed(webhook: Webhook) -> Webhook:
        return replace(webhook, generation=webhook.generation + 1, old_until_ms=until_ms)

    webhook = _set(centre, who, name, changed)
    return webhook, secret_of(centre, webhook)


def remove(centre: Centre, who: Actor, name: str) -> None:
    """Delete a receiver and the log of its deliveries. Raises CentreError."""
    with performed(centre, who, Act.WEBHOOK_REMOVE, f"webhook {name}") as deed:
        deed.before = _values(webhooks.find(deed.connection, name))
        webhooks.remove(deed.connection, name)


def send_test(centre: Centre, who: Actor, name: str, sender: Sender | None = None) -> Delivery:
    """Send a test to a receiver, also to a disabled one, and return what came of it. It changes
    nothing of how the receiver stands. Raises CentreError."""
    with refusals(centre, who, Act.WEBHOOK_TEST, f"webhook {name}"):
        with centre.store.read() as connection:
            webhook = webhooks.find(connection, name)
        body = outbox.body_of(TEST_TYPE, centre.clock(), {"webhook": name})
        attempt = DeliveryAttempt(
            webhook, outbox.new_id(), TEST_TYPE, DeliveryKind.TEST, body, centre.clock()
        )
        delivery = _made(centre, attempt, centre.unlock(), sender)
    return _logged(centre, who, Act.WEBHOOK_TEST, delivery)


def replay(
    centre: Centre, who: Actor, name: str, event_id: str, sender: Sender | None = None
) -> Delivery:
    """Send an event again, under its old id and signed with the secret in force now; return what
    came of it. It changes nothing of how the receiver stands. Raises CentreError."""
    with refusals(centre, who, Act.WEBHOOK_REPLAY, f"webhook {name}, event {event_id}"):
        vault = centre.unlock()
        with centre.store.read() as connection:
            webhook = webhooks.find(connection, name)
            event = outbox.find(connection, event_id)
            body = outbox.body(connection, event, Shown.of(connection, centre.calendar, vault))
        attempt = DeliveryAttempt(
            webhook, event.id, event.type, DeliveryKind.REPLAY, body, centre.clock()
        )
        delivery = _made(centre, attempt, vault, sender)
    return _logged(centre, who, Act.WEBHOOK_REPLAY, delivery)


def secret_of(centre: Centre, webhook: Webhook) -> str:
    """Return the secret of a receiver, as it is configured there."""
    return signing.secret_text(centre.unlock().webhook_secret(webhook.salt, webhook.generation))


def _set(centre: Centre, who: Actor, name: str, changed: Callable[[Webhook], Webhook]) -> Webhook:
    with performed(centre, who, Act.WEBHOOK_SET, f"webhook {name}") as deed:
        wanted = webhooks.wanted(deed.connection)
        before = webhooks.find(deed.connection, name)
        after = changed(before)
        webhooks.save(deed.connection, after)
        _detector(centre).begin(deed.connection, wanted, centre.clock())
        deed.before, deed.after = _values(before), _values(after)
    return after


def _made(
    centre: Centre, attempt: DeliveryAttempt, vault: Vault, sender: Sender | None
) -> Delivery:
    sender = sender or Sender(centre.config.broker.ca)
    return attempt.logged(attempt.make(sender, vault, centre.config.webhook_hosts))


def _logged(centre: Centre, who: Actor, act: Act, delivery: Delivery) -> Delivery:
    subject = f"webhook {delivery.webhook}, event {delivery.event}"
    with performed(centre, who, act, subject) as deed:
        deed.after = {"result": delivery.result, "status": delivery.status}
        return deliveries.log(deed.connection, delivery)


def _detector(centre: Centre) -> Detector:
    return Detector(centre.calendar)


def _values(webhook: Webhook) -> dict[str, object]:
    return {
        "url": webhook.url,
        "events": list(webhook.events),
        "secret": webhook.generation,
        "mark": webhook.mark,
        "state": webhook.state,
    }
