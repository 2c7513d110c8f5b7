"""`/webhooks`: receivers of events, what was sent to them, tests and replays."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from fleet_manager.access.rights import Act, View
from fleet_manager.events import deliveries, webhook_lines, webhooks
from fleet_manager.events.deliveries import Delivery
from fleet_manager.events.event_types import ALL, EventType
from fleet_manager.events.webhooks import Webhook
from fleet_manager.services.webhooks import receivers
from fleet_manager.web.api.kinds import Limit, Name, NamePath, Words, looking_for, or_none
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from fleet_manager.web.api.problem import BadRequest

Url = Annotated[str, Meta(min_length=1, max_length=500)]
EventTypes = Annotated[list[EventType], Meta(min_length=1, max_length=len(ALL))]


class WebhookStanding(Sent, frozen=True):
    """A receiver and how it stands. `waiting`: events that it has not taken, `waiting_since`: when
    the oldest happened. `next`: not before then it is tried again."""

    name: str
    url: str
    events: list[str]
    state: str
    why: str
    waiting: int
    waiting_since: str | None
    tries: int
    next: str | None
    delivered: int
    failed: int
    added: str
    disabled: str | None
    old_secret_until: str | None


class WebhookList(Sent, frozen=True):
    """Receivers, by name."""

    webhooks: list[WebhookStanding]


class WebhookSecret(Sent, frozen=True):
    """The secret by which a receiver checks deliveries. It is shown only now."""

    name: str
    secret: str


class DeliveryLine(Sent, frozen=True):
    """An attempt. `kind`: event, replay or test. `status`: of HTTP, null for no answer."""

    number: int
    at: str
    event: str
    type: str
    kind: str
    result: str
    status: int | None
    took_ms: int
    why: str


class DeliveryList(Sent, frozen=True):
    """Attempts of the last 30 days, the newest first."""

    deliveries: list[DeliveryLine]


class NewWebhook(Given, frozen=True):
    """A receiver to add. Its host must be allowed in centre.toml."""

    name: Name
    url: Url
    events: EventTypes | UnsetType = UNSET


class WebhookChange(Given, frozen=True):
    """What to change: address and events, or whether something is sent. `from_now`: with `enabled`,
    leave out what waits."""

    url: Url | UnsetType = UNSET
    events: EventTypes | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    from_now: bool = False
    reason: Words = ""


class Rotation(Given, frozen=True):
    """How long the old secret is good as well."""

    old_valid_hours: Annotated[int, Meta(ge=0, le=720)] = 24


class ReplayRequest(Given, frozen=True):
    """The id of an event, as the log of deliveries has it."""

    event: Annotated[str, Meta(pattern="^evt_[0-9a-f]{1,20}$")]


class LogQuery(Given, frozen=True):
    """How many attempts."""

    limit: Limit = 50


@operation("GET", "/webhooks", view=View.PEOPLE)
def list_webhooks(call: Call) -> WebhookList:
    """List receivers of events, and how they stand."""
    with call.centre.store.read() as connection:
        lines = [webhook_lines.values(connection, each) for each in webhooks.every(connection)]
    return WebhookList([WebhookStanding(**line) for line in lines])


@operation("POST", "/webhooks", act=Act.WEBHOOK_ADD, status=201)
def add_webhook(call: Call, body: NewWebhook) -> WebhookSecret:
    """Send events to an address from now on."""
    kinds = tuple(dict.fromkeys(or_none(body.events) or ALL))
    added, secret = receivers.add(call.centre, call.who, body.name, body.url, kinds)
    return WebhookSecret(added.name, secret)


@operation("GET", "/webhooks/{name}", view=View.PEOPLE)
def show_webhook(call: Call, path: NamePath) -> WebhookStanding:
    """Show a receiver, and how it stands."""
    return _standing(call, path.name)


@operation("PATCH", "/webhooks/{name}", act=Act.WEBHOOK_SET)
def change_webhook(call: Call, path: NamePath, body: WebhookChange) -> WebhookStanding:
    """Change the address or the events of a receiver; or enable or disable it."""
    _find(call, path.name)
    if body.url is not UNSET or body.events is not UNSET:
        if body.enabled is not UNSET:
            raise BadRequest("cannot change the address and `enabled` at once", "send two requests")
        kinds = None if isinstance(body.events, UnsetType) else tuple(dict.fromkeys(body.events))
        receivers.change(call.centre, call.who, path.name, url=or_none(body.url), kinds=kinds)
    elif body.enabled is True:
        receivers.enable(call.centre, call.who, path.name, from_now=body.from_now)
    elif body.enabled is False:
        receivers.disable(call.centre, call.who, path.name, body.reason)
    return _standing(call, path.name)


@operation("DELETE", "/webhooks/{name}", act=Act.WEBHOOK_REMOVE, status=204)
def remove_webhook(call: Call, path: NamePath) -> None:
    """Send a receiver nothing any more, and delete the log of its deliveries."""
    _find(call, path.name)
    receivers.remove(call.centre, call.who, path.name)


@operation("POST", "/webhooks/{name}/rotate", act=Act.WEBHOOK_SET)
def rotate_webhook(call: Call, path: NamePath, body: Rotation) -> WebhookSecret:
    """Make another secret for a receiver."""
    _find(call, path.name)
    old_valid_ms = body.old_valid_hours * 3_600_000
    _, secret = receivers.rotate(call.centre, call.who, path.name, old_valid_ms)
    return WebhookSecret(path.name, secret)


@operation("POST", "/webhooks/{name}/test", act=Act.WEBHOOK_TEST)
def test_webhook(call: Call, path: NamePath) -> DeliveryLine:
    """Send a test now, and say what came of it."""
    _find(call, path.name)
    return _line(receivers.send_test(call.centre, call.who, path.name))


@operation("POST", "/webhooks/{name}/replay", act=Act.WEBHOOK_REPLAY)
def replay_event(call: Call, path: NamePath, body: ReplayRequest) -> DeliveryLine:
    """Send an event again now, under its old id, and say what came of it."""
    _find(call, path.name)
    return _line(receivers.replay(call.centre, call.who, path.name, body.event))


@operation("GET", "/webhooks/{name}/deliveries", view=View.PEOPLE)
def list_deliveries(call: Call, path: NamePath, query: LogQuery) -> DeliveryList:
    """List the last attempts to deliver to a receiver."""
    _find(call, path.name)
    with call.centre.store.read() as connection:
        attempts = deliveries.newest(connection, path.name, query.limit)
    return DeliveryList([_line(attempt) for attempt in attempts[::-1]])


def _find(call: Call, name: str) -> Webhook:
    with call.centre.store.read() as connection, looking_for():
        return webhooks.find(connection, name)


def _standing(call: Call, name: str) -> WebhookStanding:
    with call.centre.store.read() as connection, looking_for():
        values: dict[str, Any] = webhook_lines.values(connection, webhooks.find(connection, name))
    return WebhookStanding(**values)


def _line(delivery: Delivery) -> DeliveryLine:
    return DeliveryLine(**webhook_lines.log_values(delivery))
