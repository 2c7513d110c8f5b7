"""`list`: the ticket lists that gates decide by."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who

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
        made = lists.make(park, who())
    for one in made:
        click.echo(f"{one.series} {one.version}: {one.count} tickets")


def _lines(park: "Centre") -> list[dict[str, Any]]:
    """What `series` and `show` say of each series."""
    from fleet_manager.lists import versions
    from gate_agent.validator.moment import utc_text

    with park.store.read() as connection:
        found = [
            (series, kind, versions.newest(connection, series))
            for series, kind in versions.every(connection).items()
        ]
    return [
        {
            "series": series,
            "kind": kind.name.lower(),
            "version": None if newest is None else newest.version,
            "as_of": None if newest is None else utc_text(newest.as_of_ms),
            "tickets": None if newest is None else newest.count,
        }
        for series, kind, newest in found
    ]


@list_group.command("series")
@json_option
@data_option
def list_series(data: Path, *, as_json: bool) -> None:
    """List the series, and the version of each that gates should have."""
    from fleet_manager import centre
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park:
        lines = _lines(park)
    if as_json:
        for line in lines:
            click.echo(json.dumps(line))
        return
    header = list(lines[0])
    click.echo(table(header, [[line[name] or "-" for name in header] for line in lines]), nl=False)


@list_group.command("show")
@click.argument("series", default="main")
@json_option
@data_option
def show_list(data: Path, series: str, *, as_json: bool) -> None:
    """Show one series: the park's own tickets, or another."""
    from fleet_manager import centre
    from fleet_manager.errors import CentreError

    with centre.opened(data) as park:
        found = [line for line in _lines(park) if line["series"] == series]
    if not found:
        raise CentreError(f"cannot find series {series!r}", "see `fleet-manager list series`")
    if found[0]["version"] is None:
        raise CentreError("cannot show a list: there is none yet", "run `fleet-manager list make`")
    if as_json:
        click.echo(json.dumps(found[0]))
        return
    for name, value in found[0].items():
        click.echo(f"{name:8} {value}")
