"""The commands of the simulator: `hardware-sim demo | gate | …`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gate_agent import __version__
from hardware_sim.park import attackers as names

if TYPE_CHECKING:
    from gate_agent.config.settings import CameraSettings
    from hardware_sim.devices.camera import SocketFrames


class _Group(click.Group):
    """Commands whose libraries come with the extra `sim`."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command; say what to install where a library is missing. A missing module of our
        own is a fault of ours, and is raised."""
        try:
            return super().invoke(context)
        except ModuleNotFoundError as error:
            name = (error.name or "").partition(".")[0]
            if name in ("", "hardware_sim", "gate_agent", "fleet_manager"):
                raise
            raise click.ClickException(
                f"this installation of scenic-gate has no {name}: "
                "install the simulator: pip install 'scenic-gate[sim]'"
            ) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hardware-sim")
def main() -> None:
    """Run a whole park without hardware: for a first look, for training, for tests.

    Shell completion: eval "$(_HARDWARE_SIM_COMPLETE=bash_source hardware-sim)"; zsh and fish alike.
    """


@main.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/demo"),
    show_default=True,
    help="Made anew; logs and databases stay there afterwards.",
)
@click.option("--seed", default=1, show_default=True, help="Of the crowd.")
@click.option(
    "--visitors",
    type=click.IntRange(20, 5000),
    default=160,
    show_default=True,
    help="How many single tickets are sold; others come on top.",
)
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help="Also draw an SVG."
)
@click.option("--stay", is_flag=True, help="Keep the park and its console until Ctrl-C.")
def demo(folder: Path, seed: int, visitors: int, picture: Path | None, *, stay: bool) -> None:
    """Open a small park, let a few hundred visitors in, and compare the books."""
    from rich.console import Console

    from hardware_sim.broker import BrokerError
    from hardware_sim.demo.processes import DemoError
    from hardware_sim.demo.story import run

    console = Console(highlight=False)
    try:
        status = run(folder.absolute(), seed, visitors, console, picture, stay=stay)
    except (DemoError, BrokerError) as error:
        click.echo(f"hardware-sim: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("hardware-sim: stopped by hand", err=True)
        sys.exit(130)
    sys.exit(status)


@main.command()
@click.option("--seed", type=int, default=None, help="Run this one seed.")
@click.option(
    "--seeds", type=click.IntRange(1, 1_000_000), default=None, help="Run so many seeds, from 1."
)
@click.option("--first", default=1, show_default=True, help="Where --seeds begins.")
@click.option("--good-day", is_flag=True, help="Without faults.")
@click.option("--large", is_flag=True, help="A good day of 12 hours, 40 gates and 20,000 persons.")
@click.option("--restore", is_flag=True, help="A backup of the centre is put back at noon.")
@click.option(
    "--attack",
    "attackers",
    type=click.Choice((*names.EVERY, "none")),
    multiple=True,
    default=sorted(names.ON),
    show_default=True,
    help="Who attacks, beside the faults; may be said again.",
)
@click.option("--stop", is_flag=True, help="End at the first violation.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a seed, then a summary.")
@click.option("--compiled", is_flag=True, help="As machine code, made the first time: faster.")
def park(
    seed: int | None,
    seeds: int | None,
    first: int,
    *,
    good_day: bool,
    large: bool,
    restore: bool,
    attackers: tuple[str, ...],
    stop: bool,
    as_json: bool,
    compiled: bool,
) -> None:
    """Attack a simulated park with faults drawn from a seed, and check what must hold.

    Real gate and centre cores run in one thread over virtual time; the same seed gives the same
    events and the same hash on any machine. Exit status 1 if anything was violated.
    """
    if (seed is None) == (seeds is None):
        raise click.UsageError("say --seed N or --seeds N")
    if large and restore:
        raise click.UsageError("--large is a day without faults: leave --restore out")
    if compiled:
        _as_machine_code(sys.argv[1:])
    from hardware_sim.park.campaign import campaign, plan_of

    chosen = range(first, first + seeds) if seeds is not None else range(seed or 0, (seed or 0) + 1)
    chosen_attackers = set(attackers) - {"none"}
    plan = plan_of(good_day=good_day, large=large, restore=restore, attacks=chosen_attackers)
    sys.exit(campaign(chosen, plan, stop=stop, as_json=as_json, say=click.echo))


def _as_machine_code(arguments: list[str]) -> None:
    """Start the same command again where it is compiled. Does not return."""
    from hardware_sim.park.compiled import CompileError, compiled

    try:
        folder = compiled(lambda text: click.echo(f"hardware-sim: {text}", err=True))
    except CompileError as error:
        click.echo(f"hardware-sim: {error}", err=True)
        sys.exit(1)
    os.chdir(folder)
    rest = [word for word in arguments if word != "--compiled"]
    os.execv(sys.executable, [sys.executable, "-m", "hardware_sim", *rest])  # noqa: S606


_FOLDER = click.Path(path_type=Path, file_okay=False)


@main.command()
@click.option(
    "--scenario", help="A file of orders, or a shipped one (see docs/training.md): first-hour."
)
@click.option("--panel", is_flag=True, help="Open the control panel: a page for a browser here.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of the panel; 0: any.")
@click.option("--namespaces", is_flag=True, help="A network of its own for each gate; needs root.")
@click.option("--dir", "folder", type=_FOLDER, default=Path("build/live"), show_default=True)
def live(scenario: str | None, folder: Path, port: int, *, panel: bool, namespaces: bool) -> None:
    """Open a park of real processes to break and mend by hand, or by a scenario.

    Two turnstiles and a handheld with a real broker and centre: swipe, push, jam, cut, kill,
    freeze, fill. Without --scenario orders are typed; with --panel they are clicked on as well.
    With --namespaces every packet between gates and centre can be lost, late or doubled.
    """
    from rich.console import Console

    from gate_agent.errors import DriverFault
    from hardware_sim.broker import BrokerError
    from hardware_sim.demo.processes import DemoError
    from hardware_sim.live import console
    from hardware_sim.live.script import ScriptError
    from hardware_sim.live.waiting import Failed

    if scenario is not None and panel:
        raise click.UsageError("--panel is for orders by hand, not for a --scenario")
    if port and not panel:
        raise click.UsageError("--port is the panel's: say --panel as well")
    screen = Console(highlight=False)
    try:
        if scenario is None:
            status = console.train(
                folder.absolute(), screen, port if panel else None, namespaces=namespaces
            )
        else:
            status = console.play(
                folder.absolute(), console.scenario(scenario), screen, namespaces=namespaces
            )
    except (DemoError, BrokerError, ScriptError, Failed, DriverFault) as error:
        click.echo(f"hardware-sim: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("hardware-sim: stopped by hand", err=True)
        sys.exit(130)
    sys.exit(status)


@main.command()
@click.option("--count", type=click.IntRange(1, 100_000), default=50, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Of who is killed, and when.")
@click.option("--dir", "folder", type=_FOLDER, default=Path("build/kills"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
def kills(count: int, seed: int, folder: Path, as_json: bool) -> None:
    """Kill gates, centre and broker with -9 at random points, then compare the books.

    Exit status 1 if anything was lost or doubled.
    """
    from hardware_sim.broker import BrokerError
    from hardware_sim.demo.processes import DemoError
    from hardware_sim.live.kills import run

    try:
        verdict = run(folder.absolute(), count, seed, lambda text: click.echo(text, err=True))
    except (DemoError, BrokerError) as error:
        click.echo(f"hardware-sim: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(verdict.to_json())
    else:
        click.echo(
            f"{verdict.kills} kills, {verdict.visitors} visitors, {verdict.records} records in "
            f"{verdict.seconds:.0f} s: {verdict.lost} lost, {verdict.doubled} doubled"
        )
    sys.exit(1 if verdict.lost or verdict.doubled else 0)


@main.command()
@click.option("--config", type=click.Path(path_type=Path), required=True, help="A gate.toml.")
@click.option(
    "--pins", type=click.Path(path_type=Path), required=True, help="Socket of the pins' world."
)
@click.option("--clock", type=click.Path(path_type=Path), metavar="FILE", help="See below.")
def gate(config: Path, pins: Path, clock: Path | None) -> None:
    """Run a gate whose pins and cameras are in another process of the simulator.

    FILE of --clock holds by how many seconds the board's clock is wrong: while it is not 0, no time
    service has set it.
    """
    import logging

    from gate_agent.clock import SYSTEM
    from gate_agent.config.load import load
    from gate_agent.daemon import Daemon
    from gate_agent.errors import GateError
    from hardware_sim.board_clock import BoardClock
    from hardware_sim.devices.lines import lines_at
    from hardware_sim.devices.pins import PinServer

    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    try:
        settings = load(config)
        server = PinServer(pins)
        server.start()
        try:
            time = SYSTEM if clock is None else BoardClock(clock).source()
            lines = str(lines_at(pins))
            Daemon(settings, server.factory, _socket_frames, lines, time, config=config).run()
        finally:
            server.stop()
    except GateError as error:
        click.echo(f"hardware-sim: {error}; {error.hint}", err=True)
        sys.exit(1)


def _socket_frames(settings: "CameraSettings") -> "SocketFrames":
    from hardware_sim.devices.camera import SocketFrames

    return SocketFrames(Path(settings.device))


if __name__ == "__main__":
    main()
