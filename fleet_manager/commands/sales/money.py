"""`money`: whether the books agree; `shift`: drawers and closing sheets."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from fleet_manager.terminal.group import Failure, Group
from fleet_manager.terminal.options import data_option, json_option, who
from fleet_manager.terminal.periods import Period, period_options
from gate_agent.validator.printable import json_text

money = Group("money", help="Money: accounts, and whether the books agree.")
shift = Group("shift", help="Shifts: drawers of tills and their closing sheets.")
COMMANDS = (money, shift)


@money.command("check")
@data_option
def check_money(data: Path) -> None:
    """Add everything up again; what does not agree ends with status 1."""
    from fleet_manager import centre
    from fleet_manager.sales.money import shares
    from fleet_manager.sales.money.checking import check_all

    wrong = 0
    with centre.opened(data) as park, park.store.read() as connection:
        for checked in check_all(connection):
            wrong += len(checked.wrong)
            word = "WRONG" if checked.wrong else "ok"
            click.echo(f"{word:5}  {checked.name} ({checked.count})")
            for line in checked.wrong:
                click.echo(f"       {line}")
        waiting = sum(upto - after for _, after, upto in shares.behind(connection))
    click.echo(f"{waiting} records of gates are not in the ledger yet")
    if wrong:
        raise Failure("the books do not agree", "keep the database as it is, and ask who knows it")


@money.command("balances")
@json_option
@data_option
def show_balances(data: Path, *, as_json: bool) -> None:
    """Show every account: what was added, taken, and is left."""
    from fleet_manager import centre
    from fleet_manager.sales.money import ledger
    from fleet_manager.terminal.text_tables import table
    from fleet_manager.terminal.words import price

    with centre.opened(data) as park, park.store.read() as connection:
        balances = ledger.balances(connection)
    if as_json:
        for name, balance in balances.items():
            line = {"account": name, "debit_fen": balance.debit_fen}
            click.echo(json_text({**line, "credit_fen": balance.credit_fen}))
        return
    rows = [
        [name, price(balance.debit_fen), price(balance.credit_fen), f"{balance.fen / 100:.2f}"]
        for name, balance in balances.items()
    ]
    click.echo(table(["account", "debit", "credit", "left"], rows), nl=False)


@shift.command("open")
@click.argument("till")
@click.option("--float", "float_text", default="0.00", show_default=True, metavar="AMOUNT")
@data_option
def open_shift(data: Path, till: str, float_text: str) -> None:
    """Begin a shift of yours at a till, with this much cash in its drawer."""
    from fleet_manager import centre
    from fleet_manager.services.sales import shifts
    from fleet_manager.terminal.words import read_price

    with centre.opened(data) as park:
        opened = shifts.open_shift(park, who(), till, read_price(float_text))
    click.echo(f"shift {opened.id} is open")


@shift.command("close")
@click.argument("till")
@click.argument("counted", metavar="AMOUNT")
@click.option("--reason", default="", help="Why it does not fit.")
@data_option
def close_shift(data: Path, till: str, counted: str, reason: str) -> None:
    """Count the cash in a drawer, and end its shift. What must be there is said afterwards."""
    from fleet_manager import centre
    from fleet_manager.services.sales import shifts
    from fleet_manager.terminal.words import price, read_price

    with centre.opened(data) as park:
        closed = shifts.close_shift(park, who(), till, read_price(counted), reason)
    if closed is None:
        raise Failure("it does not fit: count once more", "then say --reason if it still does not")
    click.echo(
        f"shift {closed.id} is closed: {price(closed.expected_fen)} had to be there, "
        f"{price(closed.counted_fen)} were"
    )


@shift.command("list")
@click.argument("till", default="")
@json_option
@data_option
def list_shifts(data: Path, till: str, *, as_json: bool) -> None:
    """List shifts, the newest first."""
    from fleet_manager import centre
    from fleet_manager.sales.money import shifts
    from fleet_manager.terminal.text_tables import table
    from fleet_manager.terminal.words import price

    with centre.opened(data) as park, park.store.read() as connection:
        listed = shifts.listed(connection, till, 200)
        calendar = park.calendar
    if as_json:
        for item in listed:
            sheet = None if item.sheet is None else json.loads(item.sheet)
            line = {"shift": item.id, "till": item.till, "cashier": item.cashier, "sheet": sheet}
            click.echo(json_text(line))
        return
    rows = [
        [
            item.id,
            item.cashier,
            calendar.text(item.opened_ms)[:16],
            "open" if item.closed_ms is None else calendar.text(item.closed_ms)[:16],
            price(item.expected_fen),
            price(item.counted_fen),
        ]
        for item in listed
    ]
    heads = ["shift", "cashier", "opened", "closed", "must be", "counted"]
    click.echo(table(heads, rows), nl=False)


@money.command("sales")
@click.option(
    "--by",
    type=click.Choice(
        ["day", "month", "year", "hour", "station", "till", "cashier", "product", "payment"]
    ),
    default="day",
    show_default=True,
)
@period_options("today")
@json_option
@data_option
def show_sales(data: Path, by: str, period: Period, *, as_json: bool) -> None:
    """Show what was sold: orders, tickets, persons, money, and what was given back of it."""
    from fleet_manager import centre
    from fleet_manager.sales.money.takings import TakingsBy, takings
    from fleet_manager.terminal.text_tables import table
    from fleet_manager.terminal.words import price

    with centre.opened(data) as park, park.store.read() as connection:
        days = period.days(park.calendar, park.clock())
        lines = takings(connection, park.calendar, *days, TakingsBy(by))
    if as_json:
        for line in lines:
            sums = asdict(line)
            click.echo(json_text({by: sums.pop("key"), **sums}))
        return
    rows = [
        [
            line.key,
            str(line.orders),
            str(line.tickets),
            str(line.persons),
            price(line.fen),
            price(line.refunded_fen),
            price(line.left_fen),
        ]
        for line in lines
    ]
    heads = [by, "orders", "tickets", "persons", "sold", "paid back", "left"]
    click.echo(table(heads, rows), nl=False)
