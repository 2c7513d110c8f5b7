"""`ledger` and `ticket forgive`: what several gates let in more than once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.commands.tickets.handing import serials_of, ticket_argument
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who
from fleet_manager.terminal.words import price
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet_manager.centre import Centre
    from fleet_manager.station.ledger import Case

ledger = Group("ledger", help="Tickets that several gates let in more often than they may.")

_STATE = click.option(
    "--state", type=click.Choice(["open", "resolved", "all"]), default="open", show_default=True
)
_BY = click.option("--by", required=True, help="Who decides it.")
_WHY = click.option("--why", required=True, help="What was found, or why it is so.")


def _cases(park: "Centre", state: str, named: str | None = None) -> "list[Case]":
    from fleet_manager.station import ledger as book

    serial = None if named is None else serials_of(park, [named])[0]
    with park.store.read() as connection:
        return book.cases(connection, None if state == "all" else state, serial)


def _line(case: "Case", text: "Callable[[int], str]") -> dict[str, Any]:
    """Return a conflict; `text` writes an instant down."""
    from gate_agent.validator.moment import day_text

    first, last = case.records[0], case.records[-1]
    return {
        "day": day_text(case.day),
        "serial": case.serial,
        "reason": case.reason.key,
        "first_gate": first["gate"],
        "first_at": text(first["wall_ms"]),
        "last_gate": last["gate"],
        "last_at": text(last["wall_ms"]),
        "order": "sure" if case.sure else "unsure",
        "too_many": case.persons,
        "cents": case.cents,
        "state": case.state,
        "by": case.by,
        "why": case.why,
    }


@ledger.command("list")
@_STATE
@json_option
@data_option
def list_cases(data: Path, state: str, *, as_json: bool) -> None:
    """List the conflicts and what they come to, in park time.

    `order` is unsure where the clocks of the two gates cannot tell who was first.
    """
    from fleet_manager import centre
    from fleet_manager.station.ledger import exposure
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park:
        cases = _cases(park, state)
    if as_json:
        for case in cases:
            click.echo(json_text(_line(case, utc_text)))
        return
    header = ["day", "serial", "reason", "first", "at", "last", "at", "order", "too_many", "cost",
              "state"]  # fmt: skip
    lines = [_line(case, park.calendar.text) for case in cases]
    for line in lines:
        line["cents"] = price(line["cents"])
    click.echo(table(header, [[*line.values()][:11] for line in lines]), nl=False)
    sums = exposure(cases)
    unpriced = f", {counted(sums.unpriced, 'person')} without a price" if sums.unpriced else ""
    click.echo(
        f"{counted(sums.cases, 'conflict')}, {counted(sums.persons, 'person')} too many, "
        f"{price(sums.cents)}{unpriced}"
    )


@ledger.command("show")
@ticket_argument
@json_option
@data_option
def show_case(data: Path, named: str, *, as_json: bool) -> None:
    """Show every record of the conflicts of one ticket, in park time."""
    from fleet_manager import centre
    from fleet_manager.errors import CentreError
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park:
        cases = _cases(park, "all", named)
    if not cases:
        raise CentreError(
            f"cannot show a conflict of ticket {named}: there is none",
            "see `fleet-manager ledger list --state all`",
        )
    text = park.calendar.text
    for case in cases:
        if as_json:
            line = _line(case, utc_text) | {"records": case.records}
            click.echo(json_text(line))
            continue
        sheet = _line(case, text)
        sheet["cost"] = price(sheet.pop("cents"))
        for name, value in sheet.items():
            shown = "-" if value in (None, "") else printable(str(value))
            click.echo(f"{name:10} {shown}")
        rows = [
            [text(record["wall_ms"]), record["clock"], record["gate"], record["seq"],
             record["persons"], record["too_many"], record["alone"]]
            for record in case.records
        ]  # fmt: skip
        header = ["at", "clock", "gate", "record", "persons", "too_many", "alone"]
        click.echo(table(header, rows), nl=False)


@ledger.command("resolve")
@ticket_argument
@_BY
@_WHY
@data_option
def resolve_case(data: Path, named: str, by: str, why: str) -> None:
    """Close the open conflicts of a ticket. What is found later opens them again."""
    from fleet_manager import centre
    from fleet_manager.services import ledger as acts

    with centre.opened(data) as park:
        [serial] = serials_of(park, [named])
        closed = acts.resolve(park, who(), serial, by, why)
    click.echo(f"{counted(closed, 'conflict')} of ticket {serial} resolved")


@ledger.command("export")
@_STATE
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv")
@data_option
def export_cases(data: Path, state: str, form: str) -> None:
    """Write the conflicts for another program, in UTC: one line each, all their records in JSON."""
    from fleet_manager import centre
    from fleet_manager.terminal.text_tables import csv_text
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park:
        cases = _cases(park, state)
    if form == "json":
        lines = [_line(case, utc_text) | {"records": case.records} for case in cases]
        click.echo(json_text(lines, indent=1))
        return
    rows = [
        ["" if value is None else value for value in _line(case, utc_text).values()]
        for case in cases
    ]
    header = [
        "day", "serial", "reason", "first_gate", "first_at", "last_gate", "last_at", "order",
        "too_many", "cents", "state", "by", "why",
    ]  # fmt: skip
    click.echo(csv_text(header, rows), nl=False)


@click.command("forgive")
@ticket_argument
@_BY
@_WHY
@data_option
def forgive_ticket(data: Path, named: str, by: str, why: str) -> None:
    """Let a ticket in again in spite of anti-passback.

    As if everybody on it had gone out: it gives no admission back. Gates that can be reached hear
    of it within a second.
    """
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        [serial] = serials_of(park, [named])
        persons = tickets.forgive(park, who(), serial, by, why)
    click.echo(f"ticket {serial} is forgiven for {counted(persons, 'person')}")
