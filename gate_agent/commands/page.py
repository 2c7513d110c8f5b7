"""`gate-agent page`: the links that a browser on this board opens."""

from pathlib import Path

import click

from gate_agent.commands.shell import config_option, json_option, report_errors
from gate_agent.errors import ConfigError, GateError
from gate_agent.validator.printable import json_text


@click.command()
@config_option
@json_option
@report_errors
def page(config: Path, as_json: bool) -> None:
    """Print the links of the local page: staff's screen, and a monitor for each lane.

    They hold a secret of this board: whoever has one can do what staff can do there.
    """

    from gate_agent.config.load import load
    from gate_agent.health import find_status
    from gate_agent.page.page import LINK_FILE

    settings = load(config)
    if settings.page is None:
        raise ConfigError(f"{config}: this gate has no page", "add a table [page]")
    file = find_status(settings.data).with_name(LINK_FILE)
    try:
        link = file.read_text("ascii").strip()
    except FileNotFoundError:
        raise GateError(f"cannot find {file}", "the daemon writes it when it starts") from None
    except OSError as error:
        hint = "run it as: sudo -u scenic-gate gate-agent page"
        raise GateError(f"cannot read {file}: {error.strerror}", hint) from None
    monitors = {
        lane.number: link.replace("/#", f"/monitor?lane={lane.number}#") for lane in settings.lanes
    }
    if as_json:
        click.echo(json_text({"staff": link, "monitors": monitors, "file": str(file)}))
        return
    click.echo(f"staff      {link}")
    for number, monitor in monitors.items():
        click.echo(f"monitor {number}  {monitor}")
    click.echo(f"stored in  {file}")
