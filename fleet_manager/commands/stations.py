"""`station`: where gates and windows are."""

from pathlib import Path

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, names_options, who
from gate_agent.validator.printable import json_text

station = Group("station", help="Stations: gates and windows on one LAN.")


@station.command("add")
@click.argument("station_id", metavar="ID")
@names_options
@data_option
def add_station(data: Path, station_id: str, name_zh: str | None, name_en: str | None) -> None:
    """Add a station."""
    from fleet_manager import centre
    from fleet_manager.gates.gates import Station
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        wanted = Station(station_id, name_zh or station_id, name_en or station_id)
        gates.add_station(park, who(), wanted)
    click.echo(f"station {station_id} is there; add its gates with `fleet-manager gate add`")


@station.command("set")
@click.argument("station_id", metavar="ID")
@names_options
@data_option
def rename_station(data: Path, station_id: str, name_zh: str | None, name_en: str | None) -> None:
    """Give a station other names. Its id stays."""
    from fleet_manager import centre
    from fleet_manager.services import gates

    if name_zh is None and name_en is None:
        raise click.UsageError("say --name-zh or --name-en")
    with centre.opened(data) as park:
        now = gates.rename_station(park, who(), station_id, name_zh, name_en)
    click.echo(f"station {now.id} is called {now.name_zh}, {now.name_en}")


@station.command("remove")
@click.argument("station_id", metavar="ID")
@data_option
def remove_station(data: Path, station_id: str) -> None:
    """Remove a station that never had a gate. A gate, also a retired one, keeps its station."""
    from fleet_manager import centre
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        gates.remove_station(park, who(), station_id)
    click.echo(f"station {station_id} is removed")


@station.command("list")
@json_option
@data_option
def list_stations(data: Path, *, as_json: bool) -> None:
    """List the stations."""
    from fleet_manager import centre
    from fleet_manager.gates import gates
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        listed = gates.stations(connection)
    if as_json:
        for entry in listed:
            line = {"id": entry.id, "name_zh": entry.name_zh, "name_en": entry.name_en}
            click.echo(json_text(line))
        return
    rows = [[entry.id, entry.name_zh, entry.name_en] for entry in listed]
    click.echo(table(["station", "name_zh", "name_en"], rows), nl=False)
