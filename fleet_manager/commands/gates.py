"""`station` and `gate`: where the gates are, and enrolling them."""

import json
from pathlib import Path
from typing import Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, now_ms, who

station = Group("station", help="Stations: gates and windows on one LAN.")
TWO_BOARDS_MS = 3_600_000
"""So long after it was last seen, `gate list` says that two boards speak for a gate."""

gate = Group("gate", help="Gates: one board, one certificate, one journal.")


@station.command("add")
@click.argument("station_id", metavar="ID")
@click.option("--name-zh", help="Name for people who read Chinese.")
@click.option("--name-en", help="Name for people who read English.")
@data_option
def add_station(data: Path, station_id: str, name_zh: str | None, name_en: str | None) -> None:
    """Add a station."""
    from fleet_manager import centre
    from fleet_manager.gates.gates import Station
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        gates.add_station(
            park, who(), Station(station_id, name_zh or station_id, name_en or station_id)
        )
    click.echo(f"station {station_id} is there; add its gates with `fleet-manager gate add`")


@station.command("list")
@json_option
@data_option
def list_stations(data: Path, *, as_json: bool) -> None:
    """List the stations."""
    from fleet_manager import centre
    from fleet_manager.gates import gates
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        found = gates.stations(connection)
    if as_json:
        for one in found:
            line = {"id": one.id, "name_zh": one.name_zh, "name_en": one.name_en}
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    rows = [[one.id, one.name_zh, one.name_en] for one in found]
    click.echo(table(["station", "name_zh", "name_en"], rows), nl=False)


_out_option = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for what goes on the board.",
)


@gate.command("add")
@click.argument("gate_id", metavar="ID")
@click.option("--station", "station_id", required=True, help="Id of its station.")
@_out_option
@data_option
def add_gate(data: Path, gate_id: str, station_id: str, out: Path) -> None:
    """Enrol a gate and write its bundle.

    The bundle holds the only copy of the board's private key: carry it over, then delete it.
    """
    from fleet_manager import centre
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        files = gates.add(park, who(), gate_id, station_id, out)
    for file in files:
        click.echo(file)


@gate.command("replace")
@click.argument("gate_id", metavar="ID")
@_out_option
@data_option
def replace(data: Path, gate_id: str, out: Path) -> None:
    """Write a new bundle for a gate whose board is stolen, broken or refused.

    From then on the centre takes nothing from the old board. Its records up to there stay.
    """
    from fleet_manager import centre
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        files = gates.replace(park, who(), gate_id, out)
    for file in files:
        click.echo(file)


@gate.command("renew")
@click.argument("gate_ids", metavar="ID...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All gates.")
@click.option(
    "--again",
    is_flag=True,
    help="Forget the key that a gate has drawn already: its card was replaced before it was used.",
)
@data_option
def renew(data: Path, gate_ids: tuple[str, ...], *, every: bool, again: bool) -> None:
    """Order a new key, certificate and link secret for gates; nobody has to go there.

    Linked gates have them within seconds, others when they come back. `gate list` shows it.
    """
    from fleet_manager import centre
    from fleet_manager.services import gates

    if every == bool(gate_ids):
        raise click.UsageError("give the ids of gates, or --all")
    with centre.opened(data) as park:
        wanted = gates.renew(park, who(), None if every else gate_ids, forget=again)
    click.echo(f"ordered for {', '.join(wanted) or 'no gate: there is none'}")


def _gates(data: Path) -> list[dict[str, Any]]:
    from fleet_manager import centre
    from fleet_manager.database import incidents
    from fleet_manager.gates import gates, key_renewals
    from gate_agent.validator.moment import utc_text

    with centre.opened(data) as park, park.store.read() as connection:
        found = gates.every(connection)
        keys = key_renewals.every(connection, now_ms())
        doubled = incidents.last_seen(connection, incidents.Incident.TWO_BOARDS)
    return [
        {
            "gate": one.id,
            "station": one.station,
            "seen": None if one.seen_ms is None else utc_text(one.seen_ms),
            "software": one.software,
            "lists": one.lists,
            "key_since": utc_text(keys[one.id].since_ms),
            "key_renewal": keys[one.id].stage,
            "two_boards": _recently(doubled.get(one.id)),
            "state": json.loads(one.state) if one.state else None,
        }
        for one in found
    ]


def _recently(last_ms: int | None) -> str | None:
    """Return when two boards last spoke for a gate, None if that was long ago or never."""
    from gate_agent.validator.moment import utc_text

    if last_ms is None or now_ms() - last_ms > TWO_BOARDS_MS:
        return None
    return utc_text(last_ms)


@gate.command("list")
@json_option
@data_option
def list_gates(data: Path, *, as_json: bool) -> None:
    """List the gates and what each last said of itself."""
    from fleet_manager.terminal.text_tables import table

    found = _gates(data)
    if as_json:
        for one in found:
            click.echo(json.dumps(one, ensure_ascii=False))
        return
    header = ["gate", "station", "seen", "key", "lists", "waiting", "lanes", "faults"]
    rows = []
    for one in found:
        state = one["state"] or {"waiting": "", "lanes": [], "faults": []}
        lanes = " ".join(f"{number}:{mode}/{phase}" for number, mode, phase in state["lanes"])
        lists = " ".join(f"{series}:{version}" for series, version in one["lists"].items())
        known = [one["gate"], one["station"], one["seen"] or "never", _key(one), lists]
        faults = list(state["faults"])
        if one["two_boards"]:
            faults.insert(0, f"two boards speak for this gate, last {one['two_boards']}")
        rows.append([*known, state["waiting"], lanes, "; ".join(faults)])
    click.echo(table(header, rows), nl=False)


def _key(one: dict[str, Any]) -> str:
    """Since when the gate has its key, and what becomes of it."""
    return " ".join(filter(None, (one["key_since"][:10], one["key_renewal"])))


@gate.command("show")
@click.argument("gate_id", metavar="ID")
@data_option
def show_gate(data: Path, gate_id: str) -> None:
    """Show everything known of a gate, as JSON."""
    from fleet_manager import centre
    from fleet_manager.gates import gates
    from fleet_manager.passages import boot_clocks
    from gate_agent.validator.moment import utc_text

    for one in _gates(data):
        if one["gate"] == gate_id:
            with centre.opened(data) as park, park.store.read() as connection:
                one["boots"] = [
                    {
                        "boot": f"{boot.boot:08x}",
                        "timed_by": boot.basis.name.lower(),
                        "began": utc_text(boot.offset_ms) if boot.offset_ms else None,
                        "records": boot.records,
                    }
                    for boot in boot_clocks.every(connection, gate_id)
                ]
            click.echo(json.dumps(one, ensure_ascii=False, indent=1))
            return
    raise gates.no_gate(gate_id)
