"""`counts`: how many visitors entered, left and were refused."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.csv_lines import check_form, csv_options, write_csv
from fleet_manager.terminal.headings import headings, language_option
from fleet_manager.terminal.options import (
    data_option,
    now_ms,
    one_or_more,
)
from fleet_manager.terminal.periods import Period, period_options
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet_manager.passages.counts import CountTable, GroupBy

_BY = ("park", "month", "day", "hour", "station", "gate", "product", "kind")


@click.command()
@click.option(
    "--by",
    metavar=",".join(_BY),
    default="park",
    show_default=True,
    callback=one_or_more(*_BY),
    help="A line for each of these.",
)
@period_options("today")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@csv_options
@language_option
@data_option
def counts(
    data: Path,
    by: tuple[str, ...],
    period: Period,
    language: str,
    *,
    as_json: bool,
    as_csv: bool,
    bom: bool,
) -> None:
    """Count visitors: entries, re-entries, exits, refusals.

    What is less sure has columns of its own: not_taken (granted, nobody came), unresolved (the
    gate lost power in between), forced (turned without a grant), free (the lane was open). On the
    screen, columns without a number are left out, and refusals by reason follow below.
    """
    from fleet_manager import centre
    from fleet_manager.passages.counts import GroupBy, count
    from fleet_manager.terminal.count_tables import csv_table
    from gate_agent.validator.moment import day_text

    check_form(as_json=as_json, as_csv=as_csv, bom=bom)
    groups = [GroupBy(name) for name in by if name != "park"]
    with centre.opened(data) as park, park.store.read() as connection:
        low, high = period.days(park.calendar, now_ms())
        answer = count(connection, low, high, groups)
        names = _names(connection)
    if as_json:
        click.echo(json_text(_values(park.config.park, answer)))
    elif as_csv:
        header, rows = csv_table(answer, {})
        write_csv(headings(header, language), rows, bom=bom)
    else:
        days = day_text(low) if low == high else f"{day_text(low)} to {day_text(high)}"
        click.echo(f"{park.config.name_zh} {park.config.name_en}, {days}")
        _print(answer, names, language)


def _values(park: str, answer: "CountTable") -> dict[str, object]:
    from gate_agent.validator.moment import day_text

    lines = [
        dict(zip(answer.by, line.keys, strict=True)) | line.totals.as_dict()
        for line in answer.lines
    ]
    period = {"from": day_text(answer.first_day), "to": day_text(answer.last_day)}
    total = answer.total.as_dict()
    return {"park": park, **period, "by": list(answer.by), "lines": lines, "total": total}


def _print(answer: "CountTable", names: "dict[tuple[GroupBy, str], str]", language: str) -> None:
    from fleet_manager.terminal.count_tables import reasons_table, screen_table
    from fleet_manager.terminal.text_tables import table

    header, rows = screen_table(answer, names, language)
    click.echo(table(headings(header, language), rows), nl=False)
    header, rows = reasons_table(answer, names, language)
    if rows:
        click.echo("\n" + table(headings(header, language), rows), nl=False)


def _names(connection: "Connection") -> "dict[tuple[GroupBy, str], str]":
    from fleet_manager.gates import gates
    from fleet_manager.passages.counts import GroupBy
    from fleet_manager.tickets import products

    names = {(GroupBy.STATION, row.id): (row.id, row.name_zh) for row in gates.stations(connection)}
    names |= {
        (GroupBy.PRODUCT, row.code): (row.code, row.name_zh) for row in products.every(connection)
    }
    return {key: " ".join(dict.fromkeys(both)) for key, both in names.items()}
