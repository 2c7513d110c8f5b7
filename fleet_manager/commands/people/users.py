"""`user`: who signs in at the console, as what, and where."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.access.actor import Role
from fleet_manager.commands.people.tokens import token
from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text

if TYPE_CHECKING:
    from fleet_manager.access.users import User
    from fleet_manager.centre import Centre

user = Group("user", help="People who sign in at the console; tokens of programs and displays.")

user.add_command(token)

_ROLES = [role.value for role in Role if role is not Role.DISPLAY]
_STATION = click.option("--station", help="The only station that they act on; '' for the park.")
_LANGUAGE = click.option(
    "--language", type=click.Choice(["zh", "en", ""]), help="Of the console; '' as the browser's."
)


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), required=True)
@click.option("--shown", help="As people write the name: 张丽. NAME if not given.")
@_STATION
@_LANGUAGE
@data_option
def add_user(
    data: Path, name: str, role: str, shown: str | None, station: str | None, language: str | None
) -> None:
    """Add a user and print the one-time link by which they set their password.

    NAME: 1 to 32 of a-z, 0-9 and . - _; it is never given to another person.
    """
    from fleet_manager import centre
    from fleet_manager.services.people import users
    from fleet_manager.services.people.users import NewUser

    wanted = NewUser(
        name=name,
        shown=shown or name,
        role=Role(role),
        station=station or "",
        language=language or "",
    )
    with centre.opened(data) as park:
        invited = users.add_user(park, who(), wanted)
        click.echo(f"user {name} is there; within 24 h they set their password at")
        _print_link(park, invited.secret)


@user.command("list")
@json_option
@data_option
def list_users(data: Path, *, as_json: bool) -> None:
    """List the users."""
    from fleet_manager import centre
    from fleet_manager.access import users
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park, park.store.read() as connection:
        listed = users.every(connection)
    if as_json:
        for entry in listed:
            click.echo(json_text(_values(entry)))
        return
    header = ["user", "shown", "role", "station", "state", "second factor"]
    rows = [
        [
            entry.name,
            entry.shown,
            entry.role.value,
            entry.station or "-",
            _state(entry),
            "yes" if entry.has_second_factor else "no",
        ]
        for entry in listed
    ]
    click.echo(table(header, rows), nl=False)


@user.command("set")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES))
@click.option("--shown", help="As people write the name.")
@_STATION
@_LANGUAGE
@data_option
def set_user(
    data: Path,
    name: str,
    role: str | None,
    shown: str | None,
    station: str | None,
    language: str | None,
) -> None:
    """Change a user. Another role or station ends their sessions, and counts from then on."""
    from fleet_manager import centre
    from fleet_manager.services.people import users
    from fleet_manager.services.people.users import UserChange

    change = UserChange(
        shown=shown, role=None if role is None else Role(role), station=station, language=language
    )
    with centre.opened(data) as park:
        now = users.set_user(park, who(), name, change)
    where = f"of station {now.station}" if now.station else "of the whole park"
    click.echo(f"user {now.name} ({now.shown}) is {now.role.value} {where}")


@user.command("disable")
@click.argument("name")
@click.option("--why", default="", help="For the audit.")
@data_option
def disable(data: Path, name: str, why: str) -> None:
    """Let a user in no more, from this moment. Their name stays in the audit."""
    from fleet_manager import centre
    from fleet_manager.services.people import users

    with centre.opened(data) as park:
        users.disable(park, who(), name, why)
    click.echo(f"user {name} is disabled; their sessions have ended")


@user.command("enable")
@click.argument("name")
@click.option("--why", default="", help="For the audit.")
@data_option
def enable(data: Path, name: str, why: str) -> None:
    """Let a disabled user in again."""
    from fleet_manager import centre
    from fleet_manager.services.people import users

    with centre.opened(data) as park:
        users.enable(park, who(), name, why)
    click.echo(f"user {name} may sign in again")


@user.command("reset")
@click.argument("name")
@click.option(
    "--second-factor", is_flag=True, help="Take the second factor away too: the phone is lost."
)
@data_option
def reset(data: Path, name: str, *, second_factor: bool) -> None:
    """Print a one-time link by which a user sets another password; the old one ends now."""
    from fleet_manager import centre
    from fleet_manager.services.people import users

    with centre.opened(data) as park:
        invited = users.reset_link(park, who(), name, also_second_factor=second_factor)
        click.echo(f"the password of user {name} has ended; within 24 h they set another at")
        _print_link(park, invited.secret)


@user.command("link")
@click.argument("name")
@data_option
def link(data: Path, name: str) -> None:
    """Print a one-time link by which a user signs in without a password, within 24 h."""
    from fleet_manager import centre
    from fleet_manager.services.people import users

    with centre.opened(data) as park:
        _print_link(park, users.entry_link(park, who(), name).secret)


@user.command("sessions")
@click.argument("name")
@click.option("--end", is_flag=True, help="End all of them.")
@data_option
def list_sessions(data: Path, name: str, *, end: bool) -> None:
    """List where a user is signed in, in park time."""
    from fleet_manager import centre
    from fleet_manager.access import sessions, users
    from fleet_manager.services.people import users as acts
    from fleet_manager.terminal.text_tables import table

    with centre.opened(data) as park:
        if end:
            ended = acts.end_sessions(park, who(), name)
            click.echo(f"{counted(ended, 'session')} of user {name} ended")
            return
        with park.store.read() as connection:
            number = users.find_named(connection, name).id
            listed = sessions.every(connection, park.clock(), number)
        text = park.calendar.text
    header = ["since", "last seen", "ends", "address", "browser"]
    rows = [
        [
            text(entry.made_ms),
            text(entry.seen_ms),
            text(entry.ends_ms),
            entry.address,
            entry.agent,
        ]
        for entry in listed
    ]
    click.echo(table(header, rows), nl=False)


def _print_link(park: "Centre", secret: str) -> None:
    from fleet_manager.access import links

    click.echo(f"  {park.config.console}{links.path_of(secret)}")


def _state(entry: "User") -> str:
    if entry.disabled_ms is not None:
        return "disabled"
    return "invited" if entry.invited else "active"


def _values(entry: "User") -> dict[str, object]:
    return {
        "name": entry.name,
        "shown": entry.shown,
        "role": entry.role.value,
        "station": entry.station,
        "language": entry.language,
        "state": _state(entry),
        "second_factor": entry.has_second_factor,
    }
