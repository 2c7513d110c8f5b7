"""What all commands share: their options, and how a mistake is told."""

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


def says_what_failed(command: Callable[_P, None]) -> Callable[_P, None]:
    """A user's mistake ends in one line, never in a traceback."""

    @wraps(command)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except GateError as error:
            click.echo(error.line(), err=True)
            sys.exit(error.exit_status)

    return guarded
