"""`product`: what tickets are sold as."""

from pathlib import Path
from typing import Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, names_options, who
from fleet_manager.terminal.words import price, read_price
from gate_agent.validator.printable import json_text

product = Group("product", help="Products: what tickets are sold as.")


@product.command("add")
@click.argument("code")
@click.option("--kind", type=click.Choice(["paid", "free", "pass"]), default="paid")
@click.option("--admits", default=1, show_default=True, help="Persons on one ticket.")
@click.option("--zone", "zones", multiple=True, type=int, help="Zones it opens. Default: 0.")
@click.option("--entry", default="once", show_default=True, help="once, daily, or 2 to 15.")
@click.option("--exit-required", is_flag=True, help="Out before in again.")
@click.option("--days", default=1, show_default=True, help="How many days it is good for.")
@names_options
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
        added = products.add(park, who(), wanted)
    click.echo(f"product {added.code} has number {added.id}")


@product.command("list")
@json_option
@data_option
def list_products(data: Path, *, as_json: bool) -> None:
    """List the products with what one ticket of each costs."""
    from fleet_manager import centre
    from fleet_manager.terminal.text_tables import table
    from fleet_manager.tickets import products
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park, park.store.read() as connection:
        listed = products.every(connection)
    lines: list[dict[str, Any]] = [
        {
            "id": item.id,
            "code": item.code,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "kind": item.kind.value,
            "admits": item.admits,
            "zones": products.zone_numbers(item.zones),
            "entry": products.policy_text(item.policy),
            "days": item.days,
            "price_cents": item.price_cents,
            "retired": None if item.retired_ms is None else utc_text(item.retired_ms),
        }
        for item in listed
    ]
    if as_json:
        for line in lines:
            click.echo(json_text(line))
        return
    header = ["id", "code", "name_zh", "name_en", "kind", "admits", "zones", "entry", "days",
              "price", "state"]  # fmt: skip
    rows = []
    for item, line in zip(listed, lines, strict=True):
        line["zones"] = ",".join(map(str, line["zones"]))
        state = "sold" if item.retired_ms is None else "retired"
        rows.append([*[line[name] for name in header[:9]], price(item.price_cents), state])
    click.echo(table(header, rows), nl=False)


@product.command("price")
@click.argument("code")
@click.argument("amount", required=False, metavar="[80.00|8000fen]")
@click.option("--none", "remove", is_flag=True, help="Take the price back.")
@data_option
def price_product(data: Path, code: str, amount: str | None, *, remove: bool) -> None:
    """Say what one ticket costs: 80.00 in yuan, or 8000fen. Without an amount, show it.

    A whole number alone is refused: it has meant fen, and people mean yuan. The ledger reckons
    with the price what conflicts cost. Nothing is sold by it.
    """
    from fleet_manager import centre
    from fleet_manager.services import products as acts
    from fleet_manager.tickets import products

    if remove and amount is not None:
        raise click.UsageError("an amount does not go with --none")
    with centre.opened(data) as park:
        if amount is None and not remove:
            with park.store.read() as connection:
                now = products.find(connection, code)
        else:
            wanted = None if amount is None else read_price(amount)
            now = acts.set_price(park, who(), code, wanted)
    costs = "has no price"
    if now.price_cents is not None:
        costs = f"costs {price(now.price_cents)} ({now.price_cents} fen)"
    click.echo(f"{code} {now.name_zh} {costs}")


@product.command("set")
@click.argument("code")
@names_options
@data_option
def rename_product(data: Path, code: str, name_zh: str | None, name_en: str | None) -> None:
    """Give a product other names. Its code and its number on tickets stay."""
    from fleet_manager import centre
    from fleet_manager.services import products

    if name_zh is None and name_en is None:
        raise click.UsageError("say --name-zh or --name-en")
    with centre.opened(data) as park:
        now = products.rename(park, who(), code, name_zh, name_en)
    click.echo(f"product {code} is called {now.name_zh}, {now.name_en}")


@product.command("retire")
@click.argument("code")
@click.option("--undo", is_flag=True, help="Sell it again.")
@data_option
def retire_product(data: Path, code: str, *, undo: bool) -> None:
    """Sell a product no more. What was sold stays valid."""
    from fleet_manager import centre
    from fleet_manager.services import products

    with centre.opened(data) as park:
        products.retire(park, who(), code, undo=undo)
    now = "is sold again" if undo else "is sold no more; its tickets stay valid"
    click.echo(f"product {code} {now}")
