"""`gate-agent check`: the sheet that a technician goes through on site."""

import os
import sys
from pathlib import Path

import click

from gate_agent.commands.shell import config_option, json_option, report_errors
from gate_agent.signs import Words
from gate_agent.validator.printable import json_text


class _Technician:
    """Implements `gate_agent.checks.row.Technician` at a terminal. Questions go to standard error:
    standard output holds the sheet alone."""

    def __init__(self, language: str) -> None:
        self._language = language

    def confirm(self, question: Words) -> bool:
        text: str = getattr(question, self._language)
        return click.confirm(text, default=False, err=True)

    def instruct(self, what: Words) -> None:
        click.echo(f">>> {getattr(what, self._language)}", err=True)


@click.command()
@config_option
@json_option
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    help="Of the sheet and its questions; from the environment's LANG if not given.",
)
@click.option("--no-input", is_flag=True, help="Ask nothing and move nothing.")
@click.option("--camera", is_flag=True, help="The cameras alone, for whoever mounts them.")
@report_errors
def check(config: Path, as_json: bool, language: str | None, no_input: bool, camera: bool) -> None:
    """Test this gate's parts one by one and print a pass/fail sheet. Exit status 1 on a fault.

    A person at the gate shows a code, lets the arm be released, and says what lamps and sounds
    did. While the daemon runs, its own status is taken for the devices that it holds.
    """
    from gate_agent.checks import sheet
    from gate_agent.checks.row import CheckState, CheckVisit
    from gate_agent.config.load import load
    from gate_agent.drivers.pins.factory import open_factory

    settings = load(config)
    language = language or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")
    person = None if no_input or not sys.stdin.isatty() else _Technician(language)
    factories: list[object] = []

    def pins() -> object:
        if not factories:
            factories.append(open_factory(settings.pins))
        return factories[0]

    visit = CheckVisit(settings, pins, person, sheet.running(settings))
    rows = []
    for row in sheet.rows(visit, sheet.CAMERAS if camera else sheet.CHECKS):
        rows.append(row)
        if not as_json:
            click.echo("\n".join(sheet.lines(row, language)))
    if as_json:
        click.echo(json_text(sheet.document(rows)))
    else:
        click.echo(sheet.last_line(rows, language))
    sys.exit(1 if any(row.state is CheckState.FAIL for row in rows) else 0)
