"""`till`: where tickets are sold, and selling there from a shell."""

import secrets
from pathlib import Path

import click

from fleet_manager.commands.tickets.handing import check_out, hand_out, picture_options
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, names_options, who
from gate_agent.validator.printable import json_text

till = Group("till", help="Tills: windows, handhelds and machines that sell tickets.")


@till.command("add")
@click.argument("till_id", metavar="ID")
@click.option("--station", required=True, help="Where it is.")
@click.option(
    "--kind",
    type=click.Choice(["window", "handheld", "kiosk"]),
    default="window",
    show_default=True,
)
@names_options
@data_option
def add_till(
    data: Path, till_id: str, station: str, kind: str, name_zh: str | None, name_en: str | None
) -> None:
    """Add a till."""
    from fleet_manager import centre
    from fleet_manager.sales.orders.tills import Till, TillKind
    from fleet_manager.services.sales import tills

    wanted = Till(till_id, station, TillKind(kind), name_zh or till_id, name_en or till_id)
    with centre.opened(data) as park:
        tills.add(park, who(), wanted)
    click.echo(f"till {till_id} is there; a cashier opens a shift at it before selling")


@till.command("retire")
@click.argument("till_id", metavar="ID")
@click.option("--undo", is_flag=True, help="Sell there again.")
@data_option
def retire_till(data: Path, till_id: str, *, undo: bool) -> None:
    """Sell nothing at a till any more; what was sold there stays."""
    from fleet_manager import centre
    from fleet_manager.services.sales import tills

    with centre.opened(data) as park:
        tills.retire(park, who(), till_id, undo=undo)
    click.echo(f"till {till_id} is {'in use again' if undo else 'retired'}")


@till.command("list")
@json_option
@data_option
def list_tills(data: Path, *, as_json: bool) -> None:
    """List the tills."""
    from fleet_manager import centre
    from fleet_manager.sales.orders import tills
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park, park.store.read() as connection:
        listed = tills.every(connection)
    if as_json:
        for item in listed:
            line = {
                "id": item.id,
                "station": item.station,
                "kind": item.kind.value,
                "name_zh": item.name_zh,
                "name_en": item.name_en,
                "retired": None if item.retired_ms is None else utc_text(item.retired_ms),
            }
            click.echo(json_text(line))
        return
    rows = [
        [
            item.id,
            item.station,
            item.kind.value,
            item.name_zh,
            item.name_en,
            "" if item.retired_ms is None else "retired",
        ]
        for item in listed
    ]
    click.echo(table(["till", "station", "kind", "name_zh", "name_en", ""], rows), nl=False)


@till.command("sell")
@click.argument("till_id", metavar="ID")
@click.argument("goods", nargs=-1, required=True, metavar="PRODUCT=PERSONS...")
@click.option("--given", metavar="AMOUNT", help="Cash from the customer. Default: what is due.")
@click.option("--card", metavar="REFERENCE", default="", help="Paid by card: of the slip.")
@click.option("--together", is_flag=True, help="One ticket for all persons of a product.")
@click.option("--key", help="Of this sale: sold once, however often it is asked for.")
@picture_options
@json_option
@data_option
def sell_at_till(
    data: Path,
    till_id: str,
    goods: tuple[str, ...],
    given: str | None,
    card: str,
    key: str | None,
    out: Path | None,
    formats: tuple[str, ...],
    level: str,
    *,
    together: bool,
    as_json: bool,
) -> None:
    """Sell tickets for today at a till whose shift is yours, and hand them out."""
    from fleet_manager import centre
    from fleet_manager.commands.sales.price_words import read_goods
    from fleet_manager.sales.orders.basket import Basket, WantedLine
    from fleet_manager.services.sales import orders
    from fleet_manager.services.sales.orders import PaidBy
    from fleet_manager.terminal.words import price, read_price

    check_out(out)
    paid = PaidBy(given_fen=None if given is None else read_price(given))
    if card:
        paid = PaidBy(channel=orders.CARD, reference=card)
    with centre.opened(data) as park:
        today = park.calendar.date_of(park.clock())
        lines = tuple(
            WantedLine(product=code, persons=persons, day=today, together=together)
            for code, persons in map(read_goods, goods)
        )
        basket = Basket(intent=key or secrets.token_hex(16), till=till_id, lines=lines)
        sale = orders.sell(park, who(), basket, paid)
    change = f", change {price(sale.change_fen)}" if sale.change_fen else ""
    total = price(sale.order.total_fen)
    click.echo(f"order {sale.order.no}: {total}{change}", err=as_json)
    hand_out(list(sale.prints), out, formats, level, as_json=as_json)
