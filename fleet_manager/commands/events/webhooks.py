"""`webhook`: receivers of events outside of the centre."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.asking import make_sure, yes_option
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, span_option, who
from gate_agent.validator.printable import json_text, printable

if TYPE_CHECKING:
    from fleet_manager.events.deliveries import Delivery
    from fleet_manager.events.event_types import EventType
    from fleet_manager.park_time import Calendar

webhook = Group(
    "webhook",
    help="Receivers of events: passages, incidents, limits, days. Standard Webhooks 1.0, signed.",
)
_events_option = click.option(
    "--events",
    metavar="TYPE,...",
    help="What it wants: passages, incident, occupancy, day, report, audit; all if not given.",
)
_old_option = span_option(
    "--old-valid", "old_valid_ms", "24h", "How long the old secret is good as well; 0h: not at all."
)


@webhook.command("add")
@click.argument("name")
@click.argument("url")
@_events_option
@data_option
def add_webhook(data: Path, name: str, url: str, events: str | None) -> None:
    """Send events to an address from now on, and print the secret that signs them.

    Its host must be allowed in centre.toml: [webhooks] hosts. The secret is shown only now.
    """
    from fleet_manager import centre
    from fleet_manager.services.webhooks import receivers

    with centre.opened(data) as park:
        _, secret = receivers.add(park, who(), name, url, _types(events))
    click.echo(secret)
    click.echo(f"events are sent to {name}; try it: `fleet-manager webhook test {name}`", err=True)


@webhook.command("list")
@json_option
@data_option
def list_webhooks(data: Path, *, as_json: bool) -> None:
    """List the receivers: how they stand, and how many events wait for them."""
    from fleet_manager import centre
    from fleet_manager.events import webhook_lines, webhooks
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        lines = [webhook_lines.values(connection, entry) for entry in webhooks.every(connection)]
    if as_json:
        for line in lines:
            click.echo(json_text(line))
        return
    header = ["name", "state", "waiting", "delivered", "failed", "events", "url", "why"]
    rows = [
        [" ".join(line[key]) if key == "events" else printable(str(line[key])) for key in header]
        for line in lines
    ]
    click.echo(table(header, rows), nl=False)


@webhook.command("set")
@click.argument("name")
@click.option("--url", help="Another address.")
@_events_option
@click.option("--enable", is_flag=True, help="Send again at once what waits.")
@click.option("--from-now", is_flag=True, help="With --enable: leave out what waits.")
@click.option("--disable", metavar="WHY", help="Send nothing until it is enabled.")
@click.option("--rotate", is_flag=True, help="Make another secret, and print it.")
@_old_option
@data_option
def set_webhook(
    data: Path,
    name: str,
    url: str | None,
    events: str | None,
    disable: str | None,
    old_valid_ms: int,
    *,
    enable: bool,
    from_now: bool,
    rotate: bool,
) -> None:
    """Change a receiver: one of --url and --events, --enable, --disable, --rotate."""
    from fleet_manager import centre
    from fleet_manager.events import webhook_lines
    from fleet_manager.services.webhooks import receivers

    wishes = (url is not None or events is not None, enable, disable is not None, rotate)
    if sum(wishes) != 1 or (from_now and not enable):
        raise click.UsageError(
            "say one of --url and --events, --enable [--from-now], --disable, --rotate"
        )
    with centre.opened(data) as park:
        if rotate:
            _, secret = receivers.rotate(park, who(), name, old_valid_ms)
            click.echo(secret)
            return
        if enable:
            now = receivers.enable(park, who(), name, from_now=from_now)
        elif disable is not None:
            now = receivers.disable(park, who(), name, disable)
        else:
            kinds = None if events is None else _types(events)
            now = receivers.change(park, who(), name, url=url, kinds=kinds)
        with park.store.read() as connection:
            waiting = webhook_lines.values(connection, now)["waiting"]
    click.echo(f"{now.name} is {now.state}, {waiting} events wait for it: {now.url}")


@webhook.command("remove")
@click.argument("name")
@yes_option
@data_option
def remove_webhook(data: Path, name: str, *, yes: bool) -> None:
    """Send a receiver nothing any more, and delete the log of its deliveries."""
    from fleet_manager import centre
    from fleet_manager.events import webhook_lines, webhooks
    from fleet_manager.services.webhooks import receivers

    with centre.opened(data) as park:
        with park.store.read() as connection:
            facts = webhook_lines.values(connection, webhooks.find(connection, name))
        make_sure(
            [f"{facts['delivered']} delivered, {facts['waiting']} wait"], f"remove {name}?", yes=yes
        )
        receivers.remove(park, who(), name)
    click.echo(f"{name} is removed")


@webhook.command("test")
@click.argument("name")
@data_option
def test_webhook(data: Path, name: str) -> None:
    """Send a test to a receiver now, also to a disabled one. It changes nothing of its standing."""
    from fleet_manager import centre
    from fleet_manager.services.webhooks import receivers

    with centre.opened(data) as park:
        _report(receivers.send_test(park, who(), name))


@webhook.command("replay")
@click.argument("name")
@click.argument("event")
@data_option
def replay_event(data: Path, name: str, event: str) -> None:
    """Send an event again now, under its old id: a receiver that has it can leave it out.

    EVENT is an id of `webhook log`. It changes nothing of the receiver's standing.
    """
    from fleet_manager import centre
    from fleet_manager.services.webhooks import receivers

    with centre.opened(data) as park:
        _report(receivers.replay(park, who(), name, event))


@webhook.command("log")
@click.argument("name")
@click.option("--last", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
@data_option
def log_webhook(data: Path, name: str, last: int, *, as_json: bool) -> None:
    """List the last attempts to deliver, of the last 30 days at most."""
    from fleet_manager import centre
    from fleet_manager.events import deliveries, webhook_lines, webhooks
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        webhooks.find(connection, name)
        lines = deliveries.newest(connection, name, last)
        if as_json:
            for line in lines:
                click.echo(json_text(webhook_lines.log_values(line)))
            return
        calendar = park.calendar
    header = ["at", "event", "type", "kind", "result", "status", "ms", "why"]
    click.echo(table(header, [_log_row(line, calendar) for line in lines]), nl=False)


def _log_row(line: "Delivery", calendar: "Calendar") -> list[object]:
    return [
        calendar.text(line.at_ms),
        line.event,
        line.type,
        line.kind,
        line.result,
        line.status or "",
        line.took_ms,
        printable(line.detail),
    ]


def _report(delivery: "Delivery") -> None:
    """Print what came of an attempt. Raises CentreError for a failure."""
    from fleet_manager.errors import CentreError

    if delivery.detail:
        raise CentreError(
            f"cannot deliver to {delivery.webhook}: {delivery.detail}",
            f"see `fleet-manager webhook log {delivery.webhook}`",
        )
    click.echo(f"delivered to {delivery.webhook}: {delivery.status}, {delivery.took_ms} ms")


def _types(events: str | None) -> "tuple[EventType, ...]":
    from fleet_manager.events.event_types import read_types

    words = (events or "").split(",")
    return read_types(tuple(word.strip() for word in words if word.strip()))
