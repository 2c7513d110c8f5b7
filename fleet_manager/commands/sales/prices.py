"""`price`: what tickets cost."""

from datetime import date
from pathlib import Path

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, names_options, who
from gate_agent.validator.printable import json_text

price = Group("price", help="Prices: by season, kind of day and channel; time slots; quotas.")
_DAY = click.DateTime(["%Y-%m-%d"])


@price.command("set")
@click.argument("product")
@click.argument("amounts", nargs=-1, required=True, metavar="[CHANNEL/SEASON/DAY=]AMOUNT...")
@click.option("--from", "from_day", type=_DAY, help="First visiting day. Default: today.")
@click.option("--eligibility", default="", help="Who may have it: `price eligibility`.")
@click.option("--entry", metavar="HH:MM-HH:MM", help="When it lets in, such as 18:00-01:00.")
@click.option(
    "--refund-until", type=int, default=0, show_default=True, help="Days before its day; -1: never."
)
@click.option("--refund-fee", type=int, default=0, show_default=True, help="Percent that is kept.")
@click.option("--share", "shares", multiple=True, metavar="PLACE:MERCHANT=AMOUNT")
@data_option
def set_price(
    data: Path,
    product: str,
    amounts: tuple[str, ...],
    from_day: date | None,
    eligibility: str,
    entry: str | None,
    refund_until: int,
    refund_fee: int,
    shares: tuple[str, ...],
) -> None:
    """Set new prices of a product; what was sold keeps its own.

    `120` is for everybody, `//weekend=140` for weekends, `/peak=150` for a season, `kiosk=115` for
    a channel. The price that says most holds.
    """
    from fleet_manager import centre
    from fleet_manager.commands.sales import price_words
    from fleet_manager.sales.prices.agreement import RefundPolicy
    from fleet_manager.services.sales import prices
    from fleet_manager.services.sales.prices import NewPrices

    hours = price_words.read_hours(entry)
    with centre.opened(data) as park:
        version = prices.set_prices(
            park,
            who(),
            NewPrices(
                product=product,
                prices=tuple(price_words.read_amount(text) for text in amounts),
                from_day=price_words.day_of(from_day) or park.calendar.date_of(park.clock()),
                eligibility=eligibility,
                entry_from=hours[0],
                entry_to=hours[1],
                refund=RefundPolicy(
                    until_days=None if refund_until < 0 else refund_until, fee_percent=refund_fee
                ),
                components=price_words.read_shares(shares),
            ),
        )
    click.echo(f"product {product} has version {version} of its prices")


@price.command("season")
@click.argument("code")
@click.argument("first", type=_DAY)
@click.argument("last", type=_DAY)
@names_options
@data_option
def add_season(
    data: Path, code: str, first: date, last: date, name_zh: str | None, name_en: str | None
) -> None:
    """Add a season, from its first day to its last."""
    from fleet_manager import centre
    from fleet_manager.sales.prices.catalogue import Season
    from fleet_manager.services.sales import prices

    season = Season(code, first.toordinal(), last.toordinal(), name_zh or code, name_en or code)
    with centre.opened(data) as park:
        prices.set_season(park, who(), season)
    click.echo(f"season {code} is from {first:%Y-%m-%d} to {last:%Y-%m-%d}")


@price.command("day")
@click.argument("day", type=_DAY)
@click.argument("kind", type=click.Choice(["weekday", "weekend", "holiday", "usual"]))
@data_option
def set_day(data: Path, day: date, kind: str) -> None:
    """Say what kind of day a day is: a holiday, or a workday at a weekend."""
    from fleet_manager import centre
    from fleet_manager.commands.sales import price_words
    from fleet_manager.services.sales import prices

    with centre.opened(data) as park:
        when = price_words.day_of(day)
        assert when is not None
        prices.set_day(park, who(), when, "" if kind == "usual" else kind)
    click.echo(f"{day:%Y-%m-%d} is a {kind} day" if kind == "usual" else f"{day:%Y-%m-%d}: {kind}")


@price.command("eligibility")
@click.argument("code")
@click.option("--document-zh", required=True, help="What is looked at, such as 学生证.")
@click.option("--document-en", required=True, help="What is looked at, such as student card.")
@click.option("--at", "places", type=click.Choice(["sale", "gate", "both"]), default="sale")
@names_options
@data_option
def set_eligibility(
    data: Path,
    code: str,
    document_zh: str,
    document_en: str,
    places: str,
    name_zh: str | None,
    name_en: str | None,
) -> None:
    """Say who may have a cheaper ticket, and by which document."""
    from fleet_manager import centre
    from fleet_manager.sales.prices.catalogue import Eligibility
    from fleet_manager.services.sales import prices

    rule = Eligibility(
        code=code,
        name_zh=name_zh or code,
        name_en=name_en or code,
        document_zh=document_zh,
        document_en=document_en,
        at_sale=places != "gate",
        at_gate=places != "sale",
    )
    with centre.opened(data) as park:
        prices.set_eligibility(park, who(), rule)
    click.echo(f"eligibility {code}: {document_zh}, {document_en}")


@price.command("slots")
@click.argument("product")
@click.argument("slots", nargs=-1, metavar="HH:MM-HH:MM=PERSONS...")
@data_option
def set_slots(data: Path, product: str, slots: tuple[str, ...]) -> None:
    """Give a product time slots, such as `09:00-10:00=200`; none takes them away."""
    from fleet_manager import centre
    from fleet_manager.commands.sales import price_words
    from fleet_manager.services.sales import prices

    wanted = tuple(price_words.read_slot(text) for text in slots)
    with centre.opened(data) as park:
        prices.set_slots(park, who(), product, wanted)
    click.echo(f"product {product} has {len(wanted)} time slots")


@price.command("quota")
@click.argument("product")
@click.argument("persons")
@click.option("--day", type=_DAY, help="One day only. Default: every day.")
@data_option
def set_quota(data: Path, product: str, persons: str, day: date | None) -> None:
    """Say how many persons a product takes on a day; `none` is as many as come."""
    from fleet_manager import centre
    from fleet_manager.commands.sales import price_words
    from fleet_manager.services.sales import prices

    most = price_words.read_count(persons)
    with centre.opened(data) as park:
        prices.set_quota(park, who(), product, price_words.day_of(day), most)
    click.echo(f"product {product} takes {'as many as come' if most is None else most}")


@price.command("list")
@click.option("--day", type=_DAY, help="Visiting day. Default: today.")
@json_option
@data_option
def list_prices(data: Path, day: date | None, *, as_json: bool) -> None:
    """List what each product costs on a day, by channel."""
    from fleet_manager import centre
    from fleet_manager.commands.sales import price_words
    from fleet_manager.sales.prices import catalogue
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        goods = catalogue.current(connection)
        when = price_words.day_of(day) or park.calendar.date_of(park.clock())
    lines = price_words.prices_on(goods, when.toordinal())
    if as_json:
        for line in lines:
            click.echo(json_text(line))
        return
    heads = list(lines[0]) if lines else ["product"]
    rows = [["" if value is None else str(value) for value in line.values()] for line in lines]
    click.echo(table(heads, rows), nl=False)
