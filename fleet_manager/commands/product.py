"""`product`: what tickets are sold as."""

import json
from pathlib import Path
from typing import Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who

product = Group("product", help="Products: what tickets are sold as.")


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
    from fleet_manager.services import products
    from fleet_manager.tickets.products import ProductKind

    wanted = products.NewProduct(
        code=code,
        kind=ProductKind(kind),
        admits=admits,
        zones=zones or (0,),
        entry=entry,
        exit_required=exit_required,
        days=days,
        name_zh=name_zh,
        name_en=name_en,
        number=number,
    )
    with centre.opened(data) as park:
        made = products.add(park, who(), wanted)
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


@product.command("price")
@click.argument("code")
@click.argument("cents", type=int, required=False)
@data_option
def price_product(data: Path, code: str, cents: int | None) -> None:
    """Say what one ticket costs, in fen or cents; without CENTS take the price back.

    The ledger reckons with it what conflicts cost. Nothing is sold by it.
    """
    from fleet_manager import centre
    from fleet_manager.services import products

    with centre.opened(data) as park:
        product = products.set_price(park, who(), code, cents)
    price = "no price" if product.price_cents is None else f"{product.price_cents / 100:.2f}"
    click.echo(f"{code}: {price}")
