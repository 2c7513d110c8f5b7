"""`database`: which version it has, the way to this program's, and whether its tables are right."""

from pathlib import Path
from typing import Any

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.options import data_option, json_option, who
from fleet_manager.wording import counted
from gate_agent.validator.printable import json_text


@click.group(cls=Group)
def database() -> None:
    """Show the version of the database, upgrade or check it; compare its sums."""


@database.command()
@json_option
@data_option
def show(data: Path, *, as_json: bool) -> None:
    """Show which version the database has and this program needs. Changes nothing."""
    shown = _shown(data)
    if as_json:
        click.echo(json_text(shown))
        return
    click.echo(f"database  {shown['database']}")
    click.echo(f"version   {shown['version'] or '-'} (this program: {shown['program']})")
    click.echo(f"state     {shown['state']}")
    for copy in shown["copies"]:
        click.echo(f"copy      {copy}")


def _shown(data: Path) -> dict[str, Any]:
    from fleet_manager import config
    from fleet_manager.database import engine
    from fleet_manager.database.migrations import copies, maintenance
    from fleet_manager.database.tables import VERSION

    url = config.load(data).database
    state, file = maintenance.examine(url)
    return {
        "database": engine.shown(url),
        "version": state.version,
        "program": VERSION,
        "state": state.fitness.value + (f": {state.reason}" if state.reason else ""),
        "copies": [] if file is None else [str(copy) for copy in copies.every(file)],
    }


@database.command()
@click.option(
    "--backup-done",
    is_flag=True,
    help="There is a backup: upgrade PostgreSQL, or SQLite without a copy of it.",
)
@data_option
def upgrade(data: Path, *, backup_done: bool) -> None:
    """Bring an old database to this program's version.

    Every command does it by itself for SQLite, and leaves a copy of the database as it was beside
    it. PostgreSQL is upgraded here alone, with --backup-done: make a backup with pg_dump first.
    """
    from fleet_manager import config
    from fleet_manager.database.migrations import maintenance
    from fleet_manager.database.tables import VERSION

    done = maintenance.upgrade(config.load(data).database, backup_done=backup_done)
    click.echo(str(done) if done else f"the database is of version {VERSION} already")


@database.command()
@json_option
@data_option
def check(data: Path, *, as_json: bool) -> None:
    """Compare the database with the tables that this program makes. Changes nothing.

    Exit status 1 if they differ.
    """
    from fleet_manager import config
    from fleet_manager.database.migrations import maintenance

    differences = maintenance.check(config.load(data).database)
    for sentence in differences:
        click.echo(json_text({"difference": sentence}) if as_json else sentence)
    if differences:
        raise SystemExit(1)
    if not as_json:
        click.echo("the tables are as this program makes them")


@database.command()
@click.option("--check", "only_check", is_flag=True, help="Compare, and change nothing.")
@json_option
@data_option
def recount(data: Path, *, only_check: bool, as_json: bool) -> None:
    """Compare the sums by day and by month with the hours that they are made of, and mend them.

    Every passage is counted by the hour, and reports of long periods read its sums. With --check
    exit status 1 if they differ.
    """
    from fleet_manager import centre
    from fleet_manager.services import recovery

    with centre.opened(data) as park:
        if only_check:
            differences = recovery.compare_sums(park)
        else:
            differences = recovery.rebuild_sums(park, who())
    for sentence in differences:
        click.echo(json_text({"difference": sentence}) if as_json else sentence)
    if only_check and differences:
        raise SystemExit(1)
    if as_json:
        return
    if differences:
        click.echo(f"{counted(len(differences), 'sum')} made again")
    else:
        click.echo("the sums by day and by month are those of their hours")
