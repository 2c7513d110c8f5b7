"""`ticket draw|reprint|void|suspend|restore|…`: what happens to a ticket after its sale.

A ticket is named by serial, by the number printed below its code, or by the code.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.commands.tickets.handing import (
    prints_command,
    serials_of,
    ticket_argument,
    tickets_argument,
)
from fleet_manager.commands.tickets.sell import read_holder
from fleet_manager.terminal.asking import make_sure, why_option, yes_option
from fleet_manager.terminal.options import data_option, who
from fleet_manager.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet_manager.centre import Centre
    from fleet_manager.services.tickets import Print, StatusChange


@prints_command("draw")
def draw_tickets(park: "Centre", serials: list[int]) -> "Sequence[Print]":
    """Print the codes of tickets once more, exactly as they are."""
    from fleet_manager.services import tickets

    return tickets.draw(park, who(), serials)


@prints_command("reprint")
def reprint_tickets(park: "Centre", serials: list[int]) -> "Sequence[Print]":
    """Make new codes for lost tickets; the older prints are refused from the next list on."""
    from fleet_manager.services import tickets

    return tickets.reprint(park, who(), serials)


def _say(change: "StatusChange", state: str) -> None:
    changed = len(change.changed)
    text = f"{counted(changed, 'ticket')} {'is' if changed == 1 else 'are'} {state} now"
    if change.already:
        text += f", {change.already} {'was' if change.already == 1 else 'were'} so already"
    click.echo(f"{text}; gates learn it with the next list" if changed else text)


def _facts(park: "Centre", serials: "Sequence[int]") -> list[str]:
    """Return a line for each ticket: product, persons, last day, status and what was used."""
    from fleet_manager.passages.usage import history_of
    from fleet_manager.tickets import products, sold

    with park.store.read() as connection:
        names = {
            product.id: f"{product.code} {product.name_zh}"
            for product in products.every(connection)
        }
        lines = []
        for serial in serials:
            sold_ticket = sold.find(connection, serial)
            ticket, used = sold_ticket.ticket, history_of(connection, sold_ticket.ticket.id).entered
            last_day = park.calendar.date_of(ticket.expires_at * 1000 - 1)
            lines.append(
                f"ticket {serial}: {names[ticket.product]}, {counted(ticket.admits, 'person')}, "
                f"until {last_day}, {sold_ticket.status.name.lower()}, "
                + (f"{used} entered" if used else "not used")
            )
    return lines


@click.command("void")
@tickets_argument
@why_option
@yes_option
@data_option
def void_tickets(data: Path, named: tuple[str, ...], why: str, *, yes: bool) -> None:
    """Cancel tickets for ever. Shows them, and asks."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        serials = serials_of(park, named)
        question = f"void {counted(len(serials), 'ticket')} for ever?"
        make_sure(_facts(park, serials), question, yes=yes)
        _say(tickets.void(park, who(), serials, why), "void")


@click.command("suspend")
@tickets_argument
@why_option
@data_option
def suspend_tickets(data: Path, named: tuple[str, ...], why: str) -> None:
    """Refuse tickets until they are restored."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        _say(tickets.suspend(park, who(), serials_of(park, named), why), "suspended")


@click.command("restore")
@tickets_argument
@why_option
@data_option
def restore_tickets(data: Path, named: tuple[str, ...], why: str) -> None:
    """Take suspended tickets again."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        _say(tickets.restore(park, who(), serials_of(park, named), why), "valid")


@click.command("add-entries")
@ticket_argument
@click.argument("count", type=int)
@data_option
def add_entries(data: Path, named: str, count: int) -> None:
    """Give a ticket entries on top of what it says: for somebody who was counted and not let in."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        [serial] = serials_of(park, [named])
        total = tickets.add_entries(park, who(), serial, count)
    click.echo(
        f"ticket {serial} has {counted(total, 'entry', 'entries')} on top now; "
        "gates learn it with the next list"
    )


@click.command("pass-on")
@ticket_argument
@click.argument("holder", metavar="TYPE:NUMBER")
@data_option
def pass_on(data: Path, named: str, holder: str) -> None:
    """Make a ticket for another person. With - for the number it is read from standard input."""
    from fleet_manager import centre
    from fleet_manager.services import tickets

    document = read_holder(holder)
    with centre.opened(data) as park:
        [serial] = serials_of(park, [named])
        tickets.pass_on(park, who(), serial, document)
    click.echo(f"ticket {serial} is passed on; gates learn it with the next list")


COMMANDS = (
    draw_tickets,
    reprint_tickets,
    void_tickets,
    suspend_tickets,
    restore_tickets,
    add_entries,
    pass_on,
)
