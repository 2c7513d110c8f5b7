"""`door`: the HTTPS server by which boards enrol themselves and fetch releases."""

import logging
from pathlib import Path

import click

from fleet_manager.terminal.options import data_option


@click.command()
@click.option("--address", default="", help="Address to listen on; all if not given.")
@data_option
def door(data: Path, address: str) -> None:
    """Let boards enrol themselves by tokens of `gate invite` and fetch releases, until told to end.

    It listens on 8443, or the `port` in section `[door]` of centre.toml.
    """
    from fleet_manager import centre
    from fleet_manager.door.server import make_server

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with centre.opened(data) as park:
        server = make_server(park, address)
        settings = park.config
        click.echo(f"door of {settings.park} at {settings.broker.host}:{settings.door_port}")
        server.run()
