"""`gate`: enrolling boards, and what each last said."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet_manager.terminal.asking import make_sure, why_option, yes_option
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import (
    data_option,
    json_option,
    now_ms,
    read_time,
    span_option,
    who,
)
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text, printable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet_manager.gates.gates import EnrolledGate
    from fleet_manager.park_time import Calendar

gate = Group("gate", help="Gates: one board, one certificate, one journal.")

LINKED_MS = 600_000
"""A gate that was heard so recently works: its board is not replaced without a question."""

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


@gate.command("invite")
@click.argument("gate_id", metavar="ID")
@click.option("--station", "station_id", help="Id of its station, for a new gate.")
@click.option(
    "--replace",
    "replaces",
    is_flag=True,
    help="The gate exists: another board takes its place, and the old one is refused from then on.",
)
@span_option("--valid", "valid_ms", "2h", "How long the token is good: 30min, 2h, 3d.")
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help="SVG or PNG file to write."
)
@data_option
def invite(
    data: Path,
    gate_id: str,
    station_id: str | None,
    valid_ms: int,
    picture: Path | None,
    *,
    replaces: bool,
) -> None:
    """Print a one-time token by which the board of a gate enrols itself.

    The board draws its own keys: `gate-agent enrol TOKEN`. The gate counts from then on. A newer
    token for the same gate ends the older one. `fleet-manager door` must run.
    """
    from fleet_manager import centre
    from fleet_manager.files import whole_file
    from fleet_manager.services.boards import enrolment
    from fleet_manager.tickets.pictures import Format, draw

    if replaces == bool(station_id):
        raise click.UsageError("give --station for a new gate, or --replace for one that exists")
    with centre.opened(data) as park:
        token = enrolment.invite(
            park, who(), gate_id, station_id, valid_ms=valid_ms, replaces=replaces
        )
    if picture is not None:
        kind = Format.PNG if picture.suffix == ".png" else Format.SVG
        whole_file.write_bytes(picture, draw(token.to_text(), kind))
    click.echo(token.to_text())


@gate.command("replace")
@click.argument("gate_id", metavar="ID")
@_out_option
@why_option
@yes_option
@data_option
def replace(data: Path, gate_id: str, out: Path, why: str, *, yes: bool) -> None:
    """Write a new bundle for a gate whose board is stolen, broken or refused.

    From then on the centre takes nothing from the old board. Its records up to there stay. Asks if
    the gate was heard in the last ten minutes: then its board works.
    """
    from fleet_manager import centre
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        with park.store.read() as connection:
            facts = _if_it_works(connection, gate_id, park.calendar)
        if facts:
            make_sure(facts, f"refuse the board of {gate_id} from now on?", yes=yes)
        files = gates.replace(park, who(), gate_id, out, why)
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


@gate.command("set")
@click.argument("gate_id", metavar="ID")
@click.option("--label", required=True, help="What people call it; '' for nothing.")
@data_option
def set_gate(data: Path, gate_id: str, label: str) -> None:
    """Say what people call a gate. Its id and its station stay: they are in its records."""
    from fleet_manager import centre
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        gates.set_label(park, who(), gate_id, label)
    click.echo(f"gate {gate_id} is called {label}" if label else f"gate {gate_id} has no label")


@gate.command("retire")
@click.argument("gate_id", metavar="ID")
@why_option
@yes_option
@data_option
def retire(data: Path, gate_id: str, why: str, *, yes: bool) -> None:
    """Take nothing from a gate any more, for ever. Its records and counts stay.

    Its id is not given out again. Asks first.
    """
    from fleet_manager import centre
    from fleet_manager.services import gates

    with centre.opened(data) as park:
        with park.store.read() as connection:
            facts = _facts(connection, gate_id, park.calendar)
        make_sure(facts, f"retire gate {gate_id} for ever?", yes=yes)
        gates.retire(park, who(), gate_id, why)
    click.echo(f"gate {gate_id} is retired: nothing is taken from its board any more")


@gate.command("disown")
@click.argument("gate_id", metavar="ID")
@click.option("--since", metavar="TIME", help="When its board was last in good hands.")
@click.option("--until", metavar="TIME", help="When it was replaced, if it was already.")
@click.option("--undo", is_flag=True, help="Let all its records count again.")
@why_option
@yes_option
@data_option
def disown(
    data: Path,
    gate_id: str,
    since: str | None,
    until: str | None,
    why: str,
    *,
    undo: bool,
    yes: bool,
) -> None:
    """Let what a stolen gate recorded count for nothing, and refuse its key.

    TIME, as 2026-11-30T23:15, is the park's. What counts is when records arrived here, by the
    centre's clock: the gate itself can write any time. Tickets that it used up are good again. Its
    records stay and are shown as disowned. Says how many they are, and asks.
    """
    from fleet_manager import centre
    from fleet_manager.services import gates

    if undo == (since is not None) or (undo and until is not None):
        raise click.UsageError("give --since TIME, or --undo")
    with centre.opened(data) as park:
        if since is None:
            make_sure((), f"let all records of gate {gate_id} count again?", yes=yes)
            records = gates.own_again(park, who(), gate_id, why)
            click.echo(f"{counted(records, 'record')} of gate {gate_id} count again")
            return
        since_ms = read_time(since, park.calendar)
        until_ms = None if until is None else read_time(until, park.calendar)
        planned = gates.preview_disowning(park, gate_id, since_ms, until_ms)
        facts = [
            f"{counted(planned.records, 'record')} of gate {gate_id} arrived since then, by which "
            f"{counted(planned.passages, 'person')} went through",
            "its key is refused until `gate replace`" if planned.refused else "its key stays",
        ]
        make_sure(facts, "let these records count for nothing?", yes=yes)
        done = gates.disown(park, who(), gate_id, since_ms, why, until_ms=until_ms)
    click.echo(f"{counted(done.records, 'record')} of gate {gate_id} count for nothing")


def _if_it_works(connection: "Connection", gate_id: str, calendar: "Calendar") -> list[str]:
    """Return what is known of a gate that was heard just now, nothing of another one."""
    from fleet_manager.gates import gates

    seen_ms = gates.find_in_use(connection, gate_id).seen_ms
    if seen_ms is None or now_ms() - seen_ms > LINKED_MS:
        return []
    return _facts(connection, gate_id, calendar)


def _facts(connection: "Connection", gate_id: str, calendar: "Calendar") -> list[str]:
    from fleet_manager.gates import gates

    enrolled = gates.find_in_use(connection, gate_id)
    lines = [f"gate {gate_id} {enrolled.label}".rstrip() + f", station {enrolled.station}"]
    lines.append(
        "never heard"
        if enrolled.seen_ms is None
        else f"last heard {calendar.text(enrolled.seen_ms)}, "
        f"{max(0, now_ms() - enrolled.seen_ms) // 1000} s ago"
    )
    waiting = _state(enrolled).get("waiting")
    if waiting:
        lines.append(f"{waiting} of its records have not arrived: they would be lost")
    return lines


def _state(enrolled: "EnrolledGate") -> dict[str, Any]:
    state: dict[str, Any] = json.loads(enrolled.state) if enrolled.state else {}
    return state


@gate.command("list")
@click.option("--retired", is_flag=True, help="Also gates that are retired.")
@json_option
@data_option
def list_gates(data: Path, *, retired: bool, as_json: bool) -> None:
    """List the gates and what each last said of itself, in park time."""
    from fleet_manager import centre
    from fleet_manager.gates import gates
    from fleet_manager.terminal import gate_lines
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        enrolled_gates = gates.every(connection, retired=retired)
        lines = [gate_lines.read(connection, enrolled, now_ms()) for enrolled in enrolled_gates]
    if as_json:
        for line in lines:
            click.echo(json_text(gate_lines.values(line)))
        return
    rows = [gate_lines.row(line, park.calendar) for line in lines]
    click.echo(table(gate_lines.HEADER, rows), nl=False)


@gate.command("show")
@click.argument("gate_id", metavar="ID")
@json_option
@data_option
def show_gate(data: Path, gate_id: str, *, as_json: bool) -> None:
    """Show everything known of a gate, in park time."""
    from fleet_manager import centre
    from fleet_manager.gates import gates
    from fleet_manager.passages import boot_clocks
    from fleet_manager.terminal import gate_lines

    with centre.opened(data) as park, park.store.read() as connection:
        line = gate_lines.read(connection, gates.find(connection, gate_id), now_ms())
        boots = boot_clocks.every(connection, gate_id)
    if as_json:
        whole = gate_lines.values(line) | {"boots": [*map(gate_lines.boot_values, boots)]}
        click.echo(json_text(whole, indent=1))
        return
    for name, value in gate_lines.sheet(line, boots, park.calendar):
        click.echo(f"{name:12} {printable(str(value))}")
