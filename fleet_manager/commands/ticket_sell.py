"""`ticket issue`: selling, and handing out what was sold."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, day_option, json_option, one_or_more, who

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet_manager.services.tickets import Print

ticket = Group("ticket", help="Tickets: issue, show, void, suspend, restore, reprint, draw.")

OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the QR pictures.",
)
FORMAT = click.option(
    "--format",
    "formats",
    metavar="png,svg",
    default="png",
    show_default=True,
    callback=one_or_more("png", "svg"),
    help="Kinds of pictures.",
)
LEVEL = click.option(
    "--level",
    type=click.Choice(["l", "m", "q"], case_sensitive=False),
    default="m",
    show_default=True,
    help="Error correction of the QR code; m or q on paper.",
)


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
@OUT
@FORMAT
@LEVEL
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
    as_json: bool,
) -> None:
    """Sell tickets. Prints the code of each; --out also draws the pictures."""
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
    with centre.opened(data) as park:
        prints = tickets.issue(park, who(), request)
    hand_out(prints, out, formats, level, as_json=as_json)


def read_holder(text: str) -> tuple[str, str]:
    """TYPE:NUMBER. Raises click's usage error."""
    document, colon, number = text.partition(":")
    if not colon or not document:
        raise click.UsageError("a holder must be TYPE:NUMBER")
    if number == "-":  # what stands in an argument, everybody on this machine can read
        number = sys.stdin.readline().strip()
    return document, number


def hand_out(
    prints: "Sequence[Print]",
    out: Path | None,
    formats: tuple[str, ...],
    level: str,
    *,
    as_json: bool,
) -> None:
    """Print codes and write pictures of tickets that are sold already."""
    first, last = prints[0].ticket.serial, prints[-1].ticket.serial
    for handed in prints:
        ticket = handed.ticket
        files = [] if out is None else _draw(handed, out, formats, level, (first, last))
        if as_json:
            values = {
                "serial": ticket.serial,
                "code": handed.code,
                "number": handed.number.replace(" ", ""),
                "group": ticket.group,
                "issue": ticket.issue,
            }
            click.echo(json.dumps({**values, "files": files}, ensure_ascii=False))
        else:
            click.echo("  ".join([str(ticket.serial), handed.code, *files]))


def _draw(
    handed: "Print", out: Path, formats: tuple[str, ...], level: str, sold: tuple[int, int]
) -> list[str]:
    from fleet_manager.errors import CentreError
    from fleet_manager.tickets.pictures import Format, Level, draw

    files = []
    for kind in formats:
        file = out / f"ticket-{handed.ticket.serial:06}.{kind}"
        try:
            out.mkdir(parents=True, exist_ok=True)
            picture = draw(handed.code, Format(kind), Level(level.lower()), number=handed.number)
            file.write_bytes(picture)
        except OSError as error:
            raise CentreError(
                f"cannot write {file}: {error.strerror or error}",
                f"tickets {sold[0]} to {sold[1]} are issued: "
                "draw them with `fleet-manager ticket draw`",
            ) from None
        files.append(str(file))
    return files
