"""`ledger`, `ticket forgive` and `product price`: what several gates let in more than once."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who

if TYPE_CHECKING:
    from fleet_manager.station.ledger import Case

ledger = Group("ledger", help="Tickets that several gates let in more often than they may.")

_STATE = click.option(
    "--state", type=click.Choice(["open", "resolved", "all"]), default="open", show_default=True
)
_BY = click.option("--by", required=True, help="Who decides it.")
_WHY = click.option("--why", required=True, help="What was found, or why it is so.")


def _cases(data: Path, state: str, serial: int | None = None) -> "list[Case]":
    from fleet_manager import centre
    from fleet_manager.station import ledger as book

    with centre.opened(data) as park, park.store.read() as connection:
        return book.cases(connection, None if state == "all" else state, serial)


def _line(case: "Case") -> dict[str, Any]:
    from gate_agent.validator.moment import day_text, utc_text

    first, last = case.records[0], case.records[-1]
    return {
        "day": day_text(case.day),
        "serial": case.serial,
        "reason": case.reason.key,
        "first_gate": first["gate"],
        "first_at": utc_text(first["wall_ms"]),
        "last_gate": last["gate"],
        "last_at": utc_text(last["wall_ms"]),
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
    """List the conflicts and what they come to.

    `order` is unsure where the clocks of the two gates cannot tell who was first.
    """
    from fleet_manager.station.ledger import exposure
    from fleet_manager.terminal.text_tables import table

    found = _cases(data, state)
    lines = [_line(case) for case in found]
    if as_json:
        for line in lines:
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    header = ["day", "serial", "reason", "first", "at", "last", "at", "order", "too_many", "cents",
              "state"]  # fmt: skip
    rows = [["-" if value is None else value for value in [*line.values()][:11]] for line in lines]
    click.echo(table(header, rows), nl=False)
    sums = exposure(found)
    unpriced = f", {sums.unpriced} without a price" if sums.unpriced else ""
    click.echo(
        f"{sums.cases} conflicts, {sums.persons} persons too many, {sums.cents} cents{unpriced}"
    )


@ledger.command("show")
@click.argument("serial", type=int)
@json_option
@data_option
def show_case(data: Path, serial: int, *, as_json: bool) -> None:
    """Show every record of the conflicts of one ticket."""
    from fleet_manager.errors import CentreError
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    found = _cases(data, "all", serial)
    if not found:
        raise CentreError(
            f"cannot show a conflict of ticket {serial}: there is none",
            "see `fleet-manager ledger list --state all`",
        )
    for case in found:
        line = _line(case)
        if as_json:
            click.echo(json.dumps(line | {"records": case.records}, ensure_ascii=False))
            continue
        for name, value in line.items():
            click.echo(f"{name:10} {'-' if value is None else value}")
        rows = [
            [utc_text(one["wall_ms"]), one["clock"], one["gate"], one["seq"], one["persons"],
             one["too_many"], one["alone"]]
            for one in case.records
        ]  # fmt: skip
        header = ["at", "clock", "gate", "record", "persons", "too_many", "alone"]
        click.echo(table(header, rows), nl=False)


@ledger.command("resolve")
@click.argument("serial", type=int)
@_BY
@_WHY
@data_option
def resolve_case(data: Path, serial: int, by: str, why: str) -> None:
    """Close the open conflicts of a ticket. What is found later opens them again."""
    from fleet_manager import centre
    from fleet_manager.services import ledger as acts

    with centre.opened(data) as park:
        closed = acts.resolve(park, who(), serial, by, why)
    click.echo(f"{closed} resolved")


@ledger.command("export")
@_STATE
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv")
@data_option
def export_cases(data: Path, state: str, form: str) -> None:
    """Write the conflicts for another program: one line each, all their records in JSON."""
    from fleet_manager.terminal.text_tables import csv_text

    found = _cases(data, state)
    if form == "json":
        lines = [_line(case) | {"records": case.records} for case in found]
        click.echo(json.dumps(lines, ensure_ascii=False, indent=1))
        return
    rows = [["" if value is None else value for value in _line(case).values()] for case in found]
    header = [
        "day", "serial", "reason", "first_gate", "first_at", "last_gate", "last_at", "order",
        "too_many", "cents", "state", "by", "why",
    ]  # fmt: skip
    click.echo(csv_text(header, rows), nl=False)


@click.command("forgive")
@click.argument("serial", type=int)
@_BY
@_WHY
@data_option
def forgive_ticket(data: Path, serial: int, by: str, why: str) -> None:
    """Let a ticket in again in spite of anti-passback.

    As if everybody on it had gone out: it gives no admission back. Gates that can be reached hear
    of it within a second.
    """
    from fleet_manager import centre
    from fleet_manager.services import tickets

    with centre.opened(data) as park:
        persons = tickets.forgive(park, who(), serial, by, why)
    click.echo(f"ticket {serial} is forgiven for {persons}")
