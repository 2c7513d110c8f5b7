"""`gate-agent update`: bring this board to the release that the centre wishes."""

import sys
from functools import partial
from pathlib import Path

import click

from gate_agent.commands.shell import config_option, report_errors
from gate_agent.release.running import UPDATE_FOLDER
from gate_agent.release.store import ROOT


@click.command()
@config_option
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=UPDATE_FOLDER,
    show_default=True,
    help="Where it keeps what it has fetched, and how far it has come.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT,
    show_default=True,
    help="Where releases are installed.",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8443, show_default=True, help="Of the door."
)
@click.option(
    "--watch",
    "watch_s",
    type=click.IntRange(10, 3000),
    metavar="SECONDS",
    default=300,
    show_default=True,
    help="So long a new release has to be well before it is kept.",
)
@click.option(
    "--night",
    metavar="HOURS",
    default="1-5",
    envvar="NIGHT",
    show_default=True,
    show_envvar=True,
    help="When the park lets nobody in, in hours of its time; 22-5 is over midnight.",
)
@click.option("--once", is_flag=True, help="Look once; do not wait for the gate to be at rest.")
@click.option(
    "--restart",
    is_flag=True,
    help="Fetch nothing: start the daemon from the installed release when the gate is at rest.",
)
@report_errors
def update(
    config: Path,
    folder: Path,
    root: Path,
    port: int,
    watch_s: int,
    night: str,
    *,
    once: bool,
    restart: bool,
) -> None:
    """Bring this board to the release that the centre wishes, and back if that is unwell.

    gate-update.timer runs it as root every five minutes. It fetches only what this board has not
    got, switches when nobody is at the gate, and watches the daemon for five minutes. Exit status
    1 if something could not be done: the next run tries again.
    """
    from gate_agent.release.manifest import ReleaseError
    from gate_agent.update.rest import parse_night
    from gate_agent.update.site import this_board
    from gate_agent.update.update import Updater

    if restart:
        click.echo(_restart(config, root))
        return
    try:
        hours = parse_night(night)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--night") from None
    try:
        site = this_board(config, folder, root, port, watch_s=watch_s, night=hours)
        click.echo(Updater(site).run(patient=not once))
    except ReleaseError as error:
        click.echo(f"gate-agent: cannot update: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        reason = error.strerror or str(error)
        click.echo(f"gate-agent: cannot update: {error.filename or folder}: {reason}", err=True)
        sys.exit(1)


def _restart(config: Path, root: Path) -> str:
    """Start the daemon from the release that is installed; return in words what was done."""
    from gate_agent.config.load import load
    from gate_agent.release.store import ReleaseStore
    from gate_agent.update.machine import SystemdBoard
    from gate_agent.update.restart import restart_at_rest

    store, say = ReleaseStore(root), partial(click.echo, err=True)
    return restart_at_rest(SystemdBoard(), load(config).data, lambda: store.current, say)
