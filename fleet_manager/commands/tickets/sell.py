"""`ticket issue`: selling."""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from fleet_manager.commands.tickets.handing import check_out, hand_out, picture_options
from fleet_manager.terminal.asking import make_sure, yes_option
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, day_option, json_option, who

ticket = Group("ticket", help="Tickets: sell, find, void, suspend, restore, reprint, draw.")


@ticket.command("issue")
@click.option("--product", "code", required=True, help="Code of the product.")
@click.option("--count", default=1, show_default=True, help="How many tickets.")
@click.option("--admits", type=int, help="Persons on each. Default: the product's.")
@click.option("--group", is_flag=True, help="The tickets share a group number.")
@day_option("--from", "first", "First day. Default: today.")
@click.option("--days", type=int, help="How many days. Default: the product's.")
@day_option("--to", "last", "Last day, instead of --days.")
@click.option("--zone", "zones", multiple=True, type=int, help="Default: the product's.")
@click.option("--entry", help="once, daily, or 2 to 15. Default: the product's.")
@click.option("--exit-required", is_flag=True, help="With --entry: out before in again.")
@click.option(
    "--holder",
    metavar="TYPE:NUMBER",
    help="The one person it is for. With - for the number it is read from standard input.",
)
@picture_options
@yes_option
@json_option
@data_option
def issue_tickets(
    data: Path,
    code: str,
    count: int,
    admits: int | None,
    first: date | None,
    days: int | None,
    last: date | None,
    zones: tuple[int, ...],
    entry: str | None,
    holder: str | None,
    out: Path | None,
    formats: tuple[str, ...],
    level: str,
    *,
    group: bool,
    exit_required: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Sell tickets. Prints serial, printed number and code of each; --out also draws pictures."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    if days is not None and last is not None:
        raise click.UsageError("--days does not go with --to")
    if exit_required and entry is None:
        raise click.UsageError("--exit-required needs --entry")
    if days is not None and days < 1:
        raise click.UsageError("a ticket must be good for at least a day")
    request = tickets.SaleRequest(
        product=code,
        count=count,
        first_day=first,
        last_day=last,
        days=days,
        admits=admits,
        zones=zones,
        entry=entry,
        exit_required=exit_required,
        group=group,
        holder=None if holder is None else read_holder(holder),
    )
    if request.unusual:
        make_sure([], f"sell {request.unusual}?", yes=yes)
    request = replace(request, sure=yes or bool(request.unusual))
    check_out(out)
    with centre.opened(data) as park:
        prints = tickets.issue(park, who(), request)
    hand_out(prints, out, formats, level, as_json=as_json)


def read_holder(text: str) -> tuple[str, str]:
    """Return (document type, number) of `TYPE:NUMBER`; the number `-` is read from standard input.

    Raises click's usage error for a text without a type or a colon.
    """
    document, colon, number = text.partition(":")
    if not colon or not document:
        raise click.UsageError("a holder must be TYPE:NUMBER")
    if number == "-":  # what stands in an argument, everybody on this machine can read
        number = sys.stdin.readline().strip()
    return document, number
