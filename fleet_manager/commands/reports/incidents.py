"""`incidents`: what should not happen, until somebody has looked at it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.asking import make_sure, yes_option
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_of_group, data_on_group, data_option, who
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from fleet_manager.database.incidents import IncidentCount
    from fleet_manager.park_time import Calendar

_HEADER = ("last", "incident", "gate", "times", "detail")


def _list_incidents(context: click.Context, *, every: bool, as_json: bool) -> None:
    """List what should not happen: forks, gaps, strangers, refused messages.

    What is cleared is left out until it happens again.
    """
    from fleet_manager import centre
    from fleet_manager.database import incidents as store
    from fleet_manager.terminal.text_tables import table

    if context.invoked_subcommand is not None:
        return
    data = data_of_group(context)
    with centre.opened(data) as park, park.store.read() as connection:
        seen = [count for count in store.every(connection) if every or count.is_open]
    if as_json:
        for count in seen:
            click.echo(json_text(asdict(count)))
        return
    rows = [_incident_row(count, park.calendar) for count in seen]
    click.echo(table(_HEADER, rows), nl=False)


def _incident_row(count: "IncidentCount", calendar: "Calendar") -> list[object]:
    """Return the cells of an incident: how often since it was last cleared."""
    times = count.times - count.cleared if count.is_open else count.times
    return [calendar.text(count.last_ms), count.kind.value, count.gate, times, count.words]


incidents = Group(
    "incidents",
    help=_list_incidents.__doc__,
    invoke_without_command=True,
    no_args_is_help=False,
    callback=click.pass_context(_list_incidents),
    params=[
        data_on_group(),
        click.Option(["--all", "every"], is_flag=True, help="Also those that are cleared."),
        click.Option(["--json", "as_json"], is_flag=True, help="One JSON object a line."),
    ],
)


@incidents.command("clear")
@click.argument("kind", required=False)
@click.option("--gate", help="Only those of this gate.")
@click.option("--why", required=True, help="What was found.")
@yes_option
@data_option
def clear_incidents(data: Path, kind: str | None, gate: str | None, why: str, *, yes: bool) -> None:
    """Clear incidents that somebody has looked at: of a KIND, or all. Shows them, and asks.

    They are counted on, and listed again when they happen again.
    """
    from fleet_manager import centre
    from fleet_manager.database import incidents as store
    from fleet_manager.incident import Incident
    from fleet_manager.services import incidents as acts
    from fleet_manager.terminal.text_tables import table

    kinds = [incident.value for incident in Incident]
    if kind is not None and kind not in kinds:
        raise click.UsageError(f"{kind!r} is not one of {', '.join(kinds)}")
    wanted = None if kind is None else Incident(kind)
    with centre.opened(data) as park:
        with park.store.read() as connection:
            seen = store.open_now(connection, wanted, gate)
        if seen:
            rows = [_incident_row(count, park.calendar) for count in seen]
            question = f"clear {counted(len(seen), 'incident')}?"
            make_sure(table(_HEADER, rows).splitlines(), question, yes=yes)
        acts.clear(park, who(), seen, why)
    click.echo(f"{counted(len(seen), 'incident')} cleared")
