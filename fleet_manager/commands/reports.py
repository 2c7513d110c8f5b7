"""`counts`, `incidents`: what the centre knows."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.options import data_option, day_option, json_option, now_ms, one_or_more

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet_manager.passages.counts import GroupBy

_BY = ("park", "day", "hour", "station", "gate", "product")


@click.command()
@click.option(
    "--by",
    metavar=",".join(_BY),
    default="park",
    show_default=True,
    callback=one_or_more(*_BY),
    help="A line for each of these.",
)
@day_option("--day", "day", "One day, by the park's clock. Default: today.")
@day_option("--from", "first", "From this day on.")
@day_option("--to", "last", "Up to this day, which is included.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values.")
@data_option
def counts(
    data: Path,
    by: tuple[str, ...],
    day: date | None,
    first: date | None,
    last: date | None,
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Count visitors: entries, re-entries, exits, refusals.

    What is less sure has columns of its own: not_taken (granted, nobody came), unresolved (the
    gate lost power in between), forced (turned without a grant), free (the lane was open).
    """
    from fleet_manager import centre
    from fleet_manager.passages.counts import GroupBy, count
    from fleet_manager.terminal.text_tables import counts_table, csv_text, table
    from gate_agent.validator.moment import day_text

    if day is not None and (first is not None or last is not None):
        raise click.UsageError("--day does not go with --from and --to")
    if as_json and as_csv:
        raise click.UsageError("--json does not go with --csv")
    groups = [GroupBy(one) for one in by if one != "park"]
    with centre.opened(data) as park, park.store.read() as connection:
        today = park.calendar.day(now_ms())
        low = (day or first or last or date.fromordinal(today)).toordinal()
        high = (day or last or date.fromordinal(max(today, low))).toordinal()
        if high < low:
            raise click.UsageError("--to is before --from")
        answer = count(connection, low, high, groups)
        names = _names(connection)
    if as_json:
        lines = [
            dict(zip(answer.by, line.keys, strict=True)) | line.totals.as_dict()
            for line in answer.lines
        ]
        period = {"from": day_text(low), "to": day_text(high), "by": list(answer.by)}
        total = answer.total.as_dict()
        click.echo(
            json.dumps(
                {"park": park.config.park, **period, "lines": lines, "total": total},
                ensure_ascii=False,
            )
        )
    elif as_csv:
        click.echo(csv_text(*counts_table(answer, {})), nl=False)
    else:
        days = day_text(low) if low == high else f"{day_text(low)} to {day_text(high)}"
        click.echo(f"{park.config.name_zh} {park.config.name_en}, {days}")
        click.echo(table(*counts_table(answer, names)), nl=False)


def _names(connection: "Connection") -> "dict[tuple[GroupBy, str], str]":
    from fleet_manager.gates import gates
    from fleet_manager.passages.counts import GroupBy
    from fleet_manager.tickets import products

    names = {(GroupBy.STATION, one.id): (one.id, one.name_zh) for one in gates.stations(connection)}
    names |= {
        (GroupBy.PRODUCT, one.code): (one.code, one.name_zh) for one in products.every(connection)
    }
    return {key: " ".join(dict.fromkeys(both)) for key, both in names.items()}


@click.command()
@json_option
@data_option
def incidents(data: Path, *, as_json: bool) -> None:
    """List what should not happen: forks, gaps, strangers, refused messages."""
    from dataclasses import asdict

    from fleet_manager import centre
    from fleet_manager.database import incidents as store
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park, park.store.read() as connection:
        seen = store.every(connection)
    if as_json:
        for one in seen:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
        return
    rows = [
        [utc_text(one.last_ms), one.kind.value, one.gate, one.times, one.detail] for one in seen
    ]
    click.echo(table(["last", "incident", "gate", "times", "detail"], rows), nl=False)
