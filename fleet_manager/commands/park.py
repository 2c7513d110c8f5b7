"""`init`, `serve`, `broker-cert`: the park itself."""

import logging
import signal
import sys
from pathlib import Path

import click

from fleet_manager.terminal.options import data_option, now, who


@click.command()
@click.option("--park", required=True, help="Id of the park: 1 to 20 of a-z, 0-9 and -.")
@click.option("--time-zone", required=True, help="For example Asia/Shanghai.")
@click.option("--name-zh", help="Name for people who read Chinese.")
@click.option("--name-en", help="Name for people who read English.")
@click.option(
    "--database",
    metavar="URL",
    help="postgresql+psycopg://USER@HOST/NAME, an empty one; SQLite in the folder if not given.",
)
@data_option
def init(
    data: Path,
    park: str,
    time_zone: str,
    name_zh: str | None,
    name_en: str | None,
    database: str | None,
) -> None:
    """Make the data folder of a new park: settings, keys, database.

    Whoever has its folder `keys` can make tickets. Keep it, and a copy of it, in safe places.
    """
    from fleet_manager.access import links
    from fleet_manager.services.park import ADMINISTRATOR, ROOTS, NewPark, create

    wanted = NewPark(
        park=park,
        name_zh=name_zh or park,
        name_en=name_en or park,
        time_zone=time_zone,
        database=database,
    )
    created = create(data, who(), wanted, now())
    click.echo(f"made {data}")
    click.echo(
        f"  carry the three keys in {data / ROOTS} away, each to a medium of its own: "
        "two of them tell gates which keys to trust"
    )
    click.echo(
        f"  the first administrator, {ADMINISTRATOR}, sets a password within 24 h at "
        f"{created.config.console}{links.path_of(created.link)}"
    )


@click.command()
@click.option("--verbose", is_flag=True, help="Log every connection.")
@click.option("--no-web", is_flag=True, help="Without the console: it has a unit of its own.")
@data_option
def serve(data: Path, *, verbose: bool, no_web: bool) -> None:
    """Collect passages, publish lists, answer gates and serve the console, until told to end.

    Collector and console are two processes, and each is started again if it dies. The console is
    served if centre.toml has a section `[web]`.
    """
    from fleet_manager import config
    from fleet_manager.daemon import supervisor

    supervisor.end_with_parent()
    if not no_web and config.load(data).web.served:
        _serve_both(data, verbose=verbose)
    else:
        _collect(data, verbose=verbose)


def _serve_both(data: Path, *, verbose: bool) -> None:
    from fleet_manager.daemon.supervisor import Supervisor, children

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    watch = Supervisor(children(data, verbose=verbose))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watch.stop())
    sys.exit(watch.run())


def _collect(data: Path, *, verbose: bool) -> None:
    from fleet_manager import centre
    from fleet_manager.daemon.collector import Collector
    from fleet_manager.daemon.daemon import Service
    from fleet_manager.daemon.daily_head import DailyHead
    from fleet_manager.daemon.daily_reports import DailyReports
    from fleet_manager.files import folder_lock

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    with (
        centre.opened(data) as park,
        folder_lock.locked(data, park.calendar.zone, park.clock()),
    ):
        settings = park.config

        def collector() -> Collector:
            return Collector(park.store, park.unlock(), settings.park, park.calendar)

        service = Service(collector(), settings.broker, settings.park, renew=collector)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.stop())
        rounds: list[DailyHead | DailyReports] = []
        if settings.heads is not None:
            rounds.append(DailyHead(park, settings.heads))
        if settings.reports.files:
            rounds.append(DailyReports(data))
        for daily in rounds:
            daily.start()
        click.echo(f"serving {settings.park} at {settings.broker.host}:{settings.broker.port}")
        service.run()
        for daily in rounds:
            daily.stop()


@click.command("broker-cert")
@click.option("--host", required=True, help="Name or address by which gates reach the broker.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False))
@data_option
def broker_cert(data: Path, host: str, out: Path) -> None:
    """Write ca.crt, broker.crt and broker.key for the MQTT broker."""
    from fleet_manager import centre
    from fleet_manager.services.park import write_broker_files

    with centre.opened(data) as park:
        for file in write_broker_files(park, who(), host, out):
            click.echo(file)
