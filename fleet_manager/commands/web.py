"""`web`: the console and its API."""

import logging
from pathlib import Path

import click

from fleet_manager.terminal.options import data_option


@click.command()
@click.option("--address", default="", help="Address to listen on; all if not given.")
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of web.port in centre.toml.")
@data_option
def web(data: Path, address: str, port: int | None) -> None:
    """Serve the console to browsers, until it is told to end.

    `serve` starts it beside the collector; it is a command of its own for a unit of its own.
    """
    from fleet_manager import centre
    from fleet_manager.daemon import supervisor
    from fleet_manager.web import tls
    from fleet_manager.web.outside import told_outside
    from fleet_manager.web.server import make_server

    supervisor.end_with_parent()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with centre.opened(data) as park:
        server = make_server(park, address, port)
        settings = park.config
        scheme = "https" if settings.web.tls else "http"
        place = f"{settings.web_host}:{port or settings.web.port}"
        click.echo(f"console of {settings.park} at {scheme}://{place}")
        if settings.web.tls and settings.web.certificate is None:
            click.echo(
                f"  its authority, for office computers to trust: {tls.authority_file(park)}"
            )
        with told_outside(park):
            server.run()
