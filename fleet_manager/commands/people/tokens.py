"""`user token`: tokens by which programs and displays sign in."""

from pathlib import Path

import click

from fleet_manager.access.actor import Role
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, span_option, who
from gate_agent.validator.printable import json_text

token = Group("token", help="Tokens of programs and displays: what they may, and until when.")

_ROLES = [role.value for role in Role if role is not Role.ADMINISTRATOR]


@token.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default=Role.DISPLAY.value, show_default=True)
@click.option("--station", default="", help="The only station that it acts on.")
@span_option("--valid", "valid_ms", "365d", "How long it is good, at most 400 days.")
@data_option
def add_token(data: Path, name: str, role: str, station: str, valid_ms: int) -> None:
    """Make a token and print it, this once."""
    from fleet_manager import centre
    from fleet_manager.services.people import tokens

    with centre.opened(data) as park:
        new = tokens.add_token(park, who(), name, Role(role), station=station, valid_ms=valid_ms)
    click.echo(new.text)
    click.echo(
        f"token {new.token.id} is {role}; it is not shown again, and ends with "
        f"`fleet-manager user token end {new.token.id}`",
        err=True,
    )


@token.command("list")
@json_option
@data_option
def list_tokens(data: Path, *, as_json: bool) -> None:
    """List the tokens, in park time."""
    from fleet_manager import centre
    from fleet_manager.access import tokens
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park:
        with park.store.read() as connection:
            listed = tokens.every(connection)
        text, now_ms = park.calendar.text, park.clock()
    rows = [
        {
            "token": entry.id,
            "name": entry.name,
            "role": entry.role.value,
            "station": entry.station or "-",
            "state": entry.state(now_ms),
            "expires": text(entry.expires_ms),
            "last_used": "-" if entry.used_ms is None else text(entry.used_ms),
            "made_by": entry.made_by,
        }
        for entry in listed
    ]
    if as_json:
        for row in rows:
            click.echo(json_text(row))
        return
    header = ["token", "name", "role", "station", "state", "expires", "last_used", "made_by"]
    click.echo(table(header, [list(row.values()) for row in rows]), nl=False)


@token.command("end")
@click.argument("token_id", metavar="ID")
@click.option("--why", default="", help="For the audit.")
@data_option
def end_token(data: Path, token_id: str, why: str) -> None:
    """End a token from this moment."""
    from fleet_manager import centre
    from fleet_manager.services.people import tokens

    with centre.opened(data) as park:
        tokens.end_token(park, who(), token_id, why)
    click.echo(f"token {token_id} has ended")
