"""`rules`: what the park wants of its gates, product by product."""

from pathlib import Path

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who
from gate_agent.validator.printable import json_text

rules = Group("rules", help="Rules by which gates decide, for all products or for one.")


@rules.command("show")
@json_option
@data_option
def show_rules(data: Path, *, as_json: bool) -> None:
    """Show the rules of all products, then of those that have rules of their own."""
    from fleet_manager import centre
    from fleet_manager.terminal.text_tables import table
    from fleet_manager.tickets import products
    from fleet_manager.trust import rules as room

    with centre.opened(data) as park, park.store.read() as connection:
        default, own = room.current(connection)
        codes = {product.id: product.code for product in products.every(connection)}
    lines = [{"product": room.EVERY, **room.settings_of(default)}]
    lines += [{"product": codes[number], **room.settings_of(book)} for number, book in own.items()]
    if as_json:
        for line in lines:
            click.echo(json_text(line))
        return
    click.echo(table(list(lines[0]), [list(line.values()) for line in lines]), nl=False)


@rules.command("set")
@click.argument("settings", nargs=-1, required=True, metavar="RULE=VALUE...")
@click.option("--product", "code", help="Only for this product. Default: for all.")
@data_option
def set_rules(data: Path, settings: tuple[str, ...], code: str | None) -> None:
    """Set rules; gates that are linked have them within seconds.

    \b
    fresh=5m            a ticket list vouched for so recently is fresh
    stale=24h           until then it is stale, after that too old
    too-old=admit|deny  what a gate does on a list that is too old
    passback=off|soft|hard   in again too soon: not looked at, marked, refused
    passback-time=5m    how soon is too soon
    claim=yes|no        ask the centre before the arm is released
    partition-share=N   admissions of a team ticket that one gate gives alone; 0 no limit
    identity=yes|no     holder-bound tickets need their holder's document
    """
    from fleet_manager import centre
    from fleet_manager.services import rules as acts
    from fleet_manager.trust import rules as room

    words: dict[str, str] = {}
    for setting in settings:
        name, equals, word = setting.partition("=")
        if not equals or name in words:
            raise click.UsageError(f"{setting!r} is not one RULE=VALUE")
        words[name] = word
    with centre.opened(data) as park:
        rule_book = acts.change(park, who(), code or room.EVERY, words)
    text = "  ".join(f"{name}={word}" for name, word in room.settings_of(rule_book).items())
    click.echo(f"{code or room.EVERY}: {text}")


@rules.command("reset")
@click.argument("code")
@data_option
def reset_rules(data: Path, code: str) -> None:
    """Let a product go by the rules of all again."""
    from fleet_manager import centre
    from fleet_manager.services import rules as acts
    from fleet_manager.trust.rules import settings_of

    with centre.opened(data) as park:
        now = acts.reset(park, who(), code)
    text = "  ".join(f"{name}={word}" for name, word in settings_of(now).items())
    click.echo(f"{code} goes by the rules of all again: {text}")
