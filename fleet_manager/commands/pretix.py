"""`pretix connect|items|map|sync|status`: tickets that a pretix sells."""

import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, day_option, json_option, who
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from fleet_manager.services.pretix.rounds import SyncResult

pretix = Group("pretix", help="Tickets that a pretix sells: take them in, and report who came.")


@pretix.command("connect")
@click.argument("series")
@click.argument("url")
@click.argument("event")
@click.option("--token", help="Initialization token of a new device; asked for if left out.")
@click.option("--signed", is_flag=True, help="Gates check pretix's own signature; no list of all.")
@click.option("--check-in-list", type=int, help="Number of the check-in list; needed if several.")
@day_option("--from", "first", "First day of tickets that name none; default: the event's.")
@day_option("--to", "last", "Last day of those tickets; default: the event's.")
@data_option
def connect_event(
    data: Path,
    series: str,
    url: str,
    event: str,
    token: str | None,
    *,
    signed: bool,
    check_in_list: int | None,
    first: date | None,
    last: date | None,
) -> None:
    """Connect the event EVENT (its short name) of the pretix at URL, as a new series of codes.

    Make a device in pretix first: Organizer, Devices. It may see this event alone.
    """
    from fleet_manager import centre
    from fleet_manager.services.pretix.connecting import EventConnection, connect

    secret = token or click.prompt("Initialization token", hide_input=True)
    with centre.opened(data) as park:
        source = connect(
            park,
            who(),
            EventConnection(
                series=series,
                url=url,
                slug=event,
                token=secret,
                signed=signed,
                check_in_list=check_in_list,
                first=first,
                last=last,
            ),
        )
    click.echo(
        f"connected {source.organizer}/{source.event}; its products: `pretix items {series}`"
    )


@pretix.command("items")
@click.argument("series")
@json_option
@data_option
def list_items(data: Path, series: str, *, as_json: bool) -> None:
    """List what pretix sells, and what each is here."""
    from fleet_manager import centre
    from fleet_manager.pretix import sources
    from fleet_manager.terminal.text_tables import table
    from fleet_manager.tickets import products

    with centre.opened(data) as park:
        with park.store.read() as connection:
            source = sources.find(connection, series)
            mapping = sources.mapping(connection, series)
            here = {product.id: product for product in products.every(connection)}
        items = sources.event_of(source, park.config.keys).items()
    rows = []
    for item in items:
        number = f"{item.item}/{item.variation}" if item.variation else str(item.item)
        product = mapping.get((item.item, item.variation), mapping.get((item.item, 0)))
        code = "" if product is None else here[product].code
        if as_json:
            click.echo(json_text({"item": number, "name": item.name, "product": code}))
        elif product is not None and here[product].retired_ms is not None:
            code += " (retired)"
        rows.append([number, item.name, code])
    if not as_json:
        click.echo(table(["item", "name", "product"], rows), nl=False)


@pretix.command("map")
@click.argument("series")
@click.argument("item")
@click.argument("product", required=False)
@data_option
def map_item(data: Path, series: str, item: str, product: str | None) -> None:
    """Say what ITEM of pretix (or ITEM/VARIATION) is here. Without PRODUCT it is nothing here."""
    from fleet_manager import centre
    from fleet_manager.errors import CentreError
    from fleet_manager.services.pretix import connecting

    number, slash, variation = item.partition("/")
    if not number.isdecimal() or bool(slash) != variation.isdecimal():
        raise CentreError(f"cannot use {item!r}: must be like 12 or 12/3", "see `pretix items`")
    with centre.opened(data) as park:
        place = (int(number), int(variation or 0))
        connecting.map_item(park, who(), series, place, product)
    click.echo(f"{item} is {product or 'nothing'} here; all orders are asked for again")


@pretix.command("sync")
@click.argument("series", required=False)
@click.option("--every", "seconds", type=click.IntRange(5), help="Go on for ever, so often.")
@data_option
def sync(data: Path, series: str | None, seconds: int | None) -> None:
    """Take in what was sold, and report who came in. Without SERIES: every connected event.

    With --every a fault is said once and tried again; only one sync runs for a data folder.
    """
    from fleet_manager import centre
    from fleet_manager.services.pretix.rounds import Rounds, alone

    with centre.opened(data) as park, alone(park.config.folder):
        rounds = Rounds(park, series, _show)
        while True:
            good = rounds.run()
            if seconds is None:
                if not good:
                    raise SystemExit(1)
                return
            time.sleep(seconds)


def _show(result: "SyncResult") -> None:
    """Print what a round did with one pretix, or with none."""
    from fleet_manager.wording import counted

    name = f"{result.series}: " if result.series else ""
    if result.pulled is None or result.pushed is None:
        hint = f"\n  {result.hint}" if result.hint else ""
        said = f"{result.fault}{hint}" if result.fault else "the database can be used again"
        click.echo(f"{name}{said}", err=bool(result.fault))
        return
    pulled, pushed = result.pulled, result.pushed
    parts = [
        f"{counted(pulled.tickets, 'ticket')}, {counted(pulled.new, 'code')} new, "
        f"{pulled.changed} changed",
        f"{counted(pushed.reported, 'passage')} reported",
    ]
    if pulled.unmapped:
        parts.append(f"{counted(pulled.unmapped, 'ticket')} of products that are nothing here")
    if pushed.refused:
        parts.append(f"{pushed.refused} refused: see `pretix status`")
    if pushed.stopped:
        parts.append(f"stopped: {pushed.stopped}")
    click.echo(f"{name}{'; '.join(parts)}")


@pretix.command("status")
@json_option
@data_option
def status(data: Path, *, as_json: bool) -> None:
    """Show every connected event, passages to be reported, and those that pretix did not take.

    Times are the park's; in JSON they are UTC.
    """
    from fleet_manager import centre
    from fleet_manager.pretix import sources
    from fleet_manager.services.pretix import push
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park, park.store.read() as connection:
        connected = sources.every(connection)
        refused = {source.series: push.refusals(connection, source.series) for source in connected}
        waiting = {source.series: push.waiting(connection, source.series) for source in connected}
    rows: list[dict[str, object]] = [
        {
            "series": source.series,
            "event": f"{source.organizer}/{source.event}",
            "signed": source.signed,
            "pulled": utc_text(source.pulled_ms) if source.pulled_ms else None,
            "unmapped": source.unmapped,
            "waiting": waiting[source.series],
        }
        for source in connected
    ]
    if as_json:
        for row in rows:
            line = row | {"refused": [asdict(passage) for passage in refused[str(row["series"])]]}
            click.echo(json_text(line))
        return
    text = park.calendar.text
    shown = [
        [
            source.series,
            row["event"],
            source.signed,
            text(source.pulled_ms) if source.pulled_ms else "",
            source.unmapped,
            waiting[source.series],
            len(refused[source.series]),
        ]
        for source, row in zip(connected, rows, strict=True)
    ]
    header = ["series", "event", "signed", "pulled", "unmapped", "waiting", "refused"]
    click.echo(table(header, shown), nl=False)
    for series, passages in refused.items():
        for passage in passages:
            when = text(passage.wall_ms)
            click.echo(f"{series}: {passage.gate} record {passage.seq}, {when}: {passage.reason}")
