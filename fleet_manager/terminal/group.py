"""A click group that turns our errors into one line and an exit status."""

import errno
import sys
from pathlib import Path
from typing import IO, Any

import click

from fleet_manager.errors import CentreConfigError, CentreError
from fleet_manager.files.folder_lock import FolderInUse
from gate_agent.validator.errors import WireError

_EXTRA = "pip install 'scenic-gate[manager]'"
_HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class Failure(click.ClickException):
    """One line, and one with what to do, on standard error."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it."""
        click.echo(f"fleet-manager: {self.format_message()}", file=file or sys.stderr)
        if self.hint:
            click.echo(f"  {self.hint}", file=file or sys.stderr)


class Misconfigured(Failure):
    """Exit status 78."""

    exit_code = CentreConfigError.exit_status


class InUse(Failure):
    """Exit status 75."""

    exit_code = FolderInUse.exit_status


_KINDS = {kind.exit_code: kind for kind in (Misconfigured, InUse)}


class Group(click.Group):
    """A group of commands; on its own it prints its help."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("context_settings", _HELP_NAMES)
        super().__init__(*arguments, **options)

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the program. Output that cannot be written, also that of `--help`, ends as one line
        and status 1. A character that the terminal does not know is shown by its number,
        `\\u897f`, as JSON writes it: nothing is lost to a program that reads it."""
        for stream in (sys.stdout, sys.stderr):
            # Captured output of a test is no text file of the system's.
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None and stream.errors == "strict":
                reconfigure(errors="backslashreplace")
        try:
            return super().main(*arguments, **options)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            _say_at_end(f"fleet-manager: cannot write the output: {error.strerror or error}")
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. What a user can cause ends as a Failure, everything else as it is."""
        try:
            return super().invoke(ctx)
        except CentreError as error:
            kind = _KINDS.get(error.exit_status, Failure)
            raise kind(str(error), error.hint) from None
        except WireError as error:
            raise Failure(str(error)) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _of_system(error) from None
        except ModuleNotFoundError as error:
            raise _of_module(error) from None
        except Exception as error:
            if not type(error).__module__.startswith("sqlalchemy"):
                raise
            raise _of_database(error) from None


def _of_system(error: OSError) -> Failure:
    from fleet_manager.files import ownership

    where = f"{error.filename}: " if error.filename else ""
    hint = ""
    if isinstance(error, PermissionError) and error.filename:
        hint = ownership.advice(Path(error.filename))
    return Failure(f"cannot go on: {where}{error.strerror or error}", hint)


def _of_module(error: ModuleNotFoundError) -> Failure:
    """Return what to install. A module of our own that is missing is a fault of ours."""
    name = (error.name or "").partition(".")[0]
    if name in ("", "fleet_manager", "gate_agent"):
        raise error
    return Failure(
        f"cannot run here: this installation of scenic-gate has no {name}",
        f"install the management centre: {_EXTRA}",
    )


def _of_database(error: Exception) -> Failure:
    first = (str(getattr(error, "orig", error)).splitlines() or ["?"])[0]
    hint = ""
    if "locked" in first:
        hint = "another process writes to it for long: try again in a minute"
    return Failure(f"cannot use the database: {first}", hint)


def _say_at_end(line: str) -> None:
    """Print a last line where standard output is broken, and let nothing try it again."""
    try:
        print(line, file=sys.stderr)
        sys.stdout.close()
    except OSError:
        pass
