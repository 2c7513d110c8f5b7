"""`till`: where tickets are sold."""

from pathlib import Path

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, names_options, who
from gate_agent.validator.printable import json_text

till = Group("till", help="Tills: windows, handhelds and machines that sell tickets.")


@till.command("add")
@click.argument("till_id", metavar="ID")
@click.option("--station", required=True, help="Where it is.")
@click.option(
    "--kind",
    type=click.Choice(["window", "handheld", "kiosk"]),
    default="window",
    show_default=True,
)
@names_options
@data_option
def add_till(
    data: Path, till_id: str, station: str, kind: str, name_zh: str | None, name_en: str | None
) -> None:
    """Add a till."""
    from fleet_manager import centre
    from fleet_manager.sales.orders.tills import Till, TillKind
    from fleet_manager.services.sales import tills

    wanted = Till(till_id, station, TillKind(kind), name_zh or till_id, name_en or till_id)
    with centre.opened(data) as park:
        tills.add(park, who(), wanted)
    click.echo(f"till {till_id} is there; a cashier opens a shift at it before selling")


@till.command("retire")
@click.argument("till_id", metavar="ID")
@click.option("--undo", is_flag=True, help="Sell there again.")
@data_option
def retire_till(data: Path, till_id: str, *, undo: bool) -> None:
    """Sell nothing at a till any more; what was sold there stays."""
    from fleet_manager import centre
    from fleet_manager.services.sales import tills

    with centre.opened(data) as park:
        tills.retire(park, who(), till_id, undo=undo)
    click.echo(f"till {till_id} is {'in use again' if undo else 'retired'}")


@till.command("list")
@json_option
@data_option
def list_tills(data: Path, *, as_json: bool) -> None:
    """List the tills."""
    from fleet_manager import centre
    from fleet_manager.sales.orders import tills
    from fleet_manager.terminal.text_tables import table
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park, park.store.read() as connection:
        listed = tills.every(connection)
    if as_json:
        for item in listed:
            line = {
                "id": item.id,
                "station": item.station,
                "kind": item.kind.value,
                "name_zh": item.name_zh,
                "name_en": item.name_en,
                "retired": None if item.retired_ms is None else utc_text(item.retired_ms),
            }
            click.echo(json_text(line))
        return
    rows = [
        [
            item.id,
            item.station,
            item.kind.value,
            item.name_zh,
            item.name_en,
            "" if item.retired_ms is None else "retired",
        ]
        for item in listed
    ]
    click.echo(table(["till", "station", "kind", "name_zh", "name_en", ""], rows), nl=False)
