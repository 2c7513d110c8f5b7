"""`ticket list`: what was sold."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.csv_lines import check_form, csv_options, write_csv
from fleet_manager.terminal.headings import headings, language_option, word
from fleet_manager.terminal.options import data_option, day_option, json_option, now_ms
from fleet_manager.terminal.periods import Period, period_options
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet_manager.park_time import Calendar
    from fleet_manager.tickets.sold import SoldTicket
    from fleet_manager.tickets.sold_list import Sellers, SoldFilter

_COLUMNS = ("serial", "printed number", "sold", "product", "persons", "valid from", "until",
            "status", "by")  # fmt: skip


@click.command("list")
@period_options("all")
@day_option("--valid-on", "valid_on", "Only tickets that are good on this day.")
@click.option("--product", "code", help="Code of a product.")
@click.option("--status", type=click.Choice(["valid", "void", "suspended"]))
@click.option("--by", "seller", help="Who sold them, as `fleet-manager audit list` says it.")
@click.option("--group", type=int, help="Number of a group.")
@click.option("--last", "most", type=click.IntRange(1), help="At most so many, the newest.")
@json_option
@csv_options
@language_option
@data_option
def list_tickets(
    data: Path,
    period: Period,
    language: str,
    *,
    as_json: bool,
    as_csv: bool,
    bom: bool,
    **asked: Any,
) -> None:
    """List tickets that were sold on these days, oldest first. Park time; UTC in JSON."""
    from fleet_manager import centre
    from fleet_manager.tickets import sold_list

    check_form(as_json=as_json, as_csv=as_csv, bom=bom)
    with centre.opened(data) as park, park.store.read() as connection:
        wanted = _filter(connection, park.calendar, period, asked)
        sellers = sold_list.Sellers(connection)
        lines = _Lines.of(connection, park.calendar, park.unlock().pepper, sellers, language)
        sold_tickets = sold_list.find(connection, wanted, sellers)
        if as_json:
            for sold in sold_tickets:
                click.echo(json_text(lines.values(sold)))
        elif as_csv:
            write_csv(headings(_COLUMNS, language), map(lines.cells, sold_tickets), bom=bom)
        else:
            _print(map(lines.cells, sold_tickets), language)


def _filter(
    connection: "Connection", calendar: "Calendar", period: Period, asked: dict[str, Any]
) -> "SoldFilter":
    from fleet_manager.tickets import products
    from fleet_manager.tickets.sold_list import SoldFilter
    from gate_agent.validator.lists.ticket_list import TicketStatus

    code, status, valid_on = asked["code"], asked["status"], asked["valid_on"]
    return SoldFilter(
        sold_s=period.window_s(calendar, now_ms()) if period.is_named else None,
        valid_s=None if valid_on is None else calendar.window(valid_on, 1),
        product=None if code is None else products.find(connection, code).id,
        status=None if status is None else TicketStatus[status.upper()],
        group=asked["group"],
        seller=asked["seller"],
        last=asked["most"],
    )


@dataclass(frozen=True, slots=True)
class _Lines:
    """How tickets are shown. `names`: of products by number. `pepper`: for the printed number."""

    calendar: "Calendar"
    names: dict[int, str]
    sellers: "Sellers"
    pepper: bytes
    language: str

    @classmethod
    def of(
        cls,
        connection: "Connection",
        calendar: "Calendar",
        pepper: bytes,
        sellers: "Sellers",
        language: str,
    ) -> "_Lines":
        from fleet_manager.tickets import products

        names = {product.id: product.code for product in products.every(connection)}
        return cls(calendar, names, sellers, pepper, language)

    def cells(self, sold: "SoldTicket") -> list[object]:
        """Return the cells of _COLUMNS, in park time."""
        from gate_agent.validator.tickets.manual_code import manual_code, printed

        ticket = sold.ticket
        return [
            ticket.serial,
            printed(manual_code(self.pepper, ticket)),
            self.calendar.text(ticket.issued_at * 1000),
            self.names[ticket.product],
            ticket.admits,
            self.calendar.text(ticket.not_before * 1000)[:16],
            self.calendar.text(ticket.expires_at * 1000)[:16],
            word(sold.status.name.lower(), self.language),
            self.sellers.of(ticket.serial),
        ]

    def values(self, sold: "SoldTicket") -> dict[str, object]:
        """Return a ticket for programs, times in UTC."""
        from gate_agent.validator.moment import utc_text
        from gate_agent.validator.tickets.manual_code import manual_code

        ticket = sold.ticket
        return {
            "serial": ticket.serial,
            "number": manual_code(self.pepper, ticket),
            "sold": utc_text(ticket.issued_at * 1000),
            "product": self.names[ticket.product],
            "admits": ticket.admits,
            "from": utc_text(ticket.not_before * 1000),
            "until": utc_text(ticket.expires_at * 1000),
            "status": sold.status.name.lower(),
            "print": ticket.issue,
            "group": ticket.group,
            "holder": ticket.holder_tag is not None,
            "extra": sold.extra,
            "by": self.sellers.of(ticket.serial) or None,
        }


def _print(rows: Iterator[list[object]], language: str) -> None:
    from fleet_manager.terminal.text_tables import table

    shown = list(rows)
    click.echo(table(headings(_COLUMNS, language), shown), nl=False)
    persons = sum(int(str(row[4])) for row in shown)
    click.echo(f"{counted(len(shown), 'ticket')}, {counted(persons, 'person')}")
