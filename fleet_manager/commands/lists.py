"""`list`: the ticket lists that gates decide by."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from fleet_manager.centre import Centre

list_group = Group("list", help="The ticket lists that gates decide by.")


@list_group.command("make")
@data_option
def make_list(data: Path) -> None:
    """Make new versions now, where something has changed. `serve` does so by itself."""
    from fleet_manager import centre
    from fleet_manager.services import lists

    with centre.opened(data) as park:
        new_versions = lists.make(park, who())
    for new in new_versions:
        click.echo(f"{new.series} {new.version}: {counted(new.count, 'ticket')}")
    if not new_versions:
        click.echo("nothing has changed: no version was made")


def _lines(park: "Centre", *, as_json: bool) -> list[dict[str, Any]]:
    """Return what `series` and `show` say of each series, in JSON with times in UTC."""
    from fleet_manager.lists import versions
    from fleet_manager.sellers import sellers
    from gate_agent.validator.moment import utc_text

    text = utc_text if as_json else park.calendar.text
    with park.store.read() as connection:
        series_rows = [
            (series, kind, versions.newest(connection, series))
            for series, kind in versions.every(connection).items()
        ]
        owners = {seller.series: seller for seller in sellers.every(connection)}
    return [
        {
            "series": series,
            "kind": kind.name.lower(),
            "version": None if newest is None else newest.version,
            "as_of": None if newest is None else text(newest.as_of_ms),
            "tickets": None if newest is None else newest.count,
            "owner": owners[series].owner if series in owners else park.config.park,
            "retired": owners[series].retired_ms is not None if series in owners else False,
        }
        for series, kind, newest in series_rows
    ]


@list_group.command("series")
@json_option
@data_option
def list_series(data: Path, *, as_json: bool) -> None:
    """List the series, and the version of each that gates should have."""
    from fleet_manager import centre
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park:
        lines = _lines(park, as_json=as_json)
    if as_json:
        for line in lines:
            click.echo(json_text(line))
        return
    header = list(lines[0])
    rows = [[_cell(line[name]) for name in header] for line in lines]
    click.echo(table(header, rows), nl=False)


@list_group.command("show")
@click.argument("series", default="main")
@json_option
@data_option
def show_list(data: Path, series: str, *, as_json: bool) -> None:
    """Show one series: the park's own tickets, or another."""
    from fleet_manager import centre
    from fleet_manager.errors import CentreError

    with centre.opened(data) as park:
        lines = [line for line in _lines(park, as_json=as_json) if line["series"] == series]
    if not lines:
        raise CentreError(f"cannot find series {series!r}", "see `fleet-manager list series`")
    if lines[0]["version"] is None:
        raise CentreError("cannot show a list: there is none yet", "run `fleet-manager list make`")
    if as_json:
        click.echo(json_text(lines[0]))
        return
    for name, value in lines[0].items():
        click.echo(f"{name:8} {_cell(value)}")


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else value
