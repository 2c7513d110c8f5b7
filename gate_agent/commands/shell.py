"""What all commands share: their options, and how an error is printed."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from gate_agent.errors import GateError

DEFAULT_CONFIG = Path("/etc/scenic-gate/gate.toml")
_P = ParamSpec("_P")

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The board's gate.toml.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document, for programs."
)


def report_errors(command: Callable[_P, None]) -> Callable[_P, None]:
    """Return the command, ending with one line and an exit status where it raises GateError."""

    @wraps(command)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except GateError as error:
            click.echo(error.line(), err=True)
            sys.exit(error.exit_status)

    return guarded
