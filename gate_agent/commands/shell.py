"""What all commands share: their options, and how an error is printed."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from gate_agent import __version__
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
IDENTITY = Path("/etc/scenic-gate/identity")
identity_option = click.option(
    "--identity",
    type=click.Path(path_type=Path, file_okay=False),
    default=IDENTITY,
    show_default=True,
    help="Folder of the enrolment, with the keys; gate.toml names it.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document, for programs."
)


class CommandGroup(click.Group):
    """A group whose commands all know --version, and end with one line where a traceback would
    tell a technician nothing: output that cannot be written, a file of another user, a library
    that is not installed."""

    def add_command(self, command: click.Command, name: str | None = None) -> None:
        """Add a command, and --version to it."""
        if not isinstance(command, click.Group):
            click.version_option(__version__, prog_name="gate-agent")(command)
        super().add_command(command, name)

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line. A reader that went away (`| head`) is click's to handle."""
        try:
            return super().main(*args, **options)
        except ModuleNotFoundError as error:
            name = (error.name or "").partition(".")[0]
            if name == "gate_agent" or name in sys.stdlib_module_names:
                raise
            line = GateError(
                f"the library {error.name} is not installed",
                "install scenic-gate[gate]: pip install 'scenic-gate[gate]'",
            ).line()
        except PermissionError as error:
            line = GateError(
                f"cannot open {error.filename}: Permission denied",
                "run it as: sudo -u scenic-gate gate-agent …",
            ).line()
        except OSError as error:
            line = GateError(f"cannot write the output: {error.strerror or error}").line()
            # What is left in the buffer cannot be written either, when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        click.echo(line, err=True)
        sys.exit(1)


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
