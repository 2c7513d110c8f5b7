"""`metrics`: the figures of the park for Prometheus, and a dashboard for Grafana."""

from pathlib import Path

import click

from fleet_manager.terminal.options import data_option


@click.command()
@click.option("--grafana", is_flag=True, help="Print the dashboard to import into Grafana instead.")
@data_option
def metrics(data: Path, *, grafana: bool) -> None:
    """Print the figures of the park as Prometheus reads them.

    The web process serves the same at /metrics. For a node exporter, write them to its text file.
    """
    from fleet_manager import centre
    from fleet_manager.metrics import dashboard
    from fleet_manager.metrics.figures import ParkFigures

    with centre.opened(data) as park:
        text = dashboard.text(park.config) if grafana else ParkFigures(park).text().decode()
    click.echo(text.rstrip())
