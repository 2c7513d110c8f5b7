"""A click group that turns our errors into one line and an exit status."""

import sys
from typing import IO, Any

import click

from fleet_manager.errors import CentreConfigError, CentreError
from gate_agent.validator.errors import WireError


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


class Group(click.Group):
    """A group of commands; on its own it prints its help."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. What a user can cause ends as a Failure, everything else as it is."""
        try:
            return super().invoke(ctx)
        except CentreConfigError as error:
            raise Misconfigured(str(error), error.hint) from None
        except CentreError as error:
            raise Failure(str(error), error.hint) from None
        except WireError as error:
            raise Failure(str(error)) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise Failure(f"cannot go on: {where}{error.strerror or error}") from None
        except Exception as error:
            if not type(error).__module__.startswith("sqlalchemy"):
                raise
            first = (str(getattr(error, "orig", error)).splitlines() or ["?"])[0]
            hint = "another command is writing for long; nothing was changed: do it again"
            raise Failure(
                f"cannot use the database: {first}", hint if "locked" in first else ""
            ) from None
