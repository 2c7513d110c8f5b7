"""`product` and `ticket`: selling, looking up, taking back."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, day_option, json_option, now_ms, one_or_more

if TYPE_CHECKING:
    from fleet_manager.tickets.issue import Issuer
    from gate_agent.validator.tickets.ticket import Ticket

product = Group("product", help="Products: what tickets are sold as.")
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


@product.command("add")
@click.argument("code")
@click.option("--kind", type=click.Choice(["paid", "free", "pass"]), default="paid")
@click.option("--admits", default=1, show_default=True, help="Persons on one ticket.")
@click.option("--zone", "zones", multiple=True, type=int, help="Zones it opens. Default: 0.")
@click.option("--entry", default="once", show_default=True, help="once, daily, or 2 to 15.")
@click.option("--exit-required", is_flag=True, help="Out before in again.")
@click.option("--days", default=1, show_default=True, help="How many days it is good for.")
@click.option("--name-zh", help="Name for people who read Chinese.")
@click.option("--name-en", help="Name for people who read English.")
@click.option("--id", "number", type=int, help="Number on the ticket. Default: the next.")
@data_option
def add_product(
    data: Path,
    code: str,
    kind: str,
    admits: int,
    zones: tuple[int, ...],
    entry: str,
    days: int,
    name_zh: str | None,
    name_en: str | None,
    number: int | None,
    *,
    exit_required: bool,
) -> None:
    """Add a product."""
    from fleet_manager import centre
    from fleet_manager.tickets import products

    with centre.opened(data) as park, park.store.write() as connection:
        made = products.Product(
            id=products.next_id(connection) if number is None else number,
            code=code,
            name_zh=name_zh or code,
            name_en=name_en or code,
            kind=products.ProductKind(kind),
            admits=admits,
            zones=products.zone_mask(zones or (0,)),
            policy=products.read_policy(entry, exit_required=exit_required),
            days=days,
        )
        products.add(connection, made)
    click.echo(f"product {made.code} has number {made.id}")


@product.command("list")
@json_option
@data_option
def list_products(data: Path, *, as_json: bool) -> None:
    """List the products."""
    from fleet_manager import centre
    from fleet_manager.terminal.text_tables import table
    from fleet_manager.tickets import products

    with centre.opened(data) as park, park.store.read() as connection:
        found = products.every(connection)
    lines: list[dict[str, Any]] = [
        {
            "id": one.id,
            "code": one.code,
            "name_zh": one.name_zh,
            "name_en": one.name_en,
            "kind": one.kind.value,
            "admits": one.admits,
            "zones": products.zone_numbers(one.zones),
            "entry": products.policy_text(one.policy),
            "days": one.days,
        }
        for one in found
    ]
    if as_json:
        for line in lines:
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    header = ["id", "code", "name_zh", "name_en", "kind", "admits", "zones", "entry", "days"]
    rows = [[*line.values()] for line in lines]
    for row in rows:
        row[6] = ",".join(map(str, row[6]))
    click.echo(table(header, rows), nl=False)


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
    from fleet_manager.tickets import products
    from fleet_manager.tickets.issue import TicketOrder

    if days is not None and last is not None:
        raise click.UsageError("--days does not go with --to")
    if exit_required and entry is None:
        raise click.UsageError("--exit-required needs --entry")
    with centre.opened(data) as park:
        begin = first or date.fromordinal(park.calendar.day(now_ms()))
        if last is not None:
            days = (last - begin).days + 1
        if days is not None and days < 1:
            raise click.UsageError("a ticket must be good for at least a day")
        order = TicketOrder(
            product=code,
            first_day=begin,
            count=count,
            days=days,
            admits=admits,
            zones=products.zone_mask(zones) if zones else None,
            policy=products.read_policy(entry, exit_required=exit_required) if entry else None,
            group=group,
            holder=None if holder is None else read_holder(holder),
        )
        issuer = park.issuer()
        with park.store.write() as connection:
            sold = issuer.sell(connection, order, now_ms())
        hand_out(issuer, sold, out, formats, level, as_json=as_json)


def read_holder(text: str) -> tuple[str, str]:
    """TYPE:NUMBER. Raises click's usage error."""
    document, colon, number = text.partition(":")
    if not colon or not document:
        raise click.UsageError("a holder must be TYPE:NUMBER")
    if number == "-":  # what stands in an argument, everybody on this machine can read
        number = sys.stdin.readline().strip()
    return document, number


def hand_out(
    issuer: "Issuer",
    sold: "list[Ticket]",
    out: Path | None,
    formats: tuple[str, ...],
    level: str,
    *,
    as_json: bool,
) -> None:
    """Print codes and write pictures of tickets that are sold already."""
    from fleet_manager.errors import CentreError
    from fleet_manager.tickets.pictures import Format, Level, draw
    from gate_agent.validator.tickets.manual_code import printed

    for one in sold:
        code, number = issuer.code(one), printed(issuer.number(one))
        files = []
        for kind in formats if out is not None else ():
            assert out is not None
            file = out / f"ticket-{one.serial:06}.{kind}"
            try:
                out.mkdir(parents=True, exist_ok=True)
                file.write_bytes(draw(code, Format(kind), Level(level.lower()), number=number))
            except OSError as error:
                raise CentreError(
                    f"cannot write {file}: {error.strerror or error}",
                    f"tickets {sold[0].serial} to {sold[-1].serial} are issued: "
                    "draw them with `fleet-manager ticket draw`",
                ) from None
            files.append(str(file))
        if as_json:
            values = {
                "serial": one.serial,
                "code": code,
                "number": number.replace(" ", ""),
                "group": one.group,
                "issue": one.issue,
            }
            click.echo(json.dumps({**values, "files": files}, ensure_ascii=False))
        else:
            click.echo("  ".join([str(one.serial), code, *files]))
