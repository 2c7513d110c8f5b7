"""Questions before acts that cannot be taken back, and where nobody can be asked."""

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from fleet_manager.terminal.group import Failure

_Command = TypeVar("_Command", bound=Callable[..., Any])


def yes_option(command: _Command) -> _Command:
    """Add --yes to a command: the parameter `yes`."""
    return click.option(
        "--yes", is_flag=True, help="Do not ask: for programs, and for who has looked already."
    )(command)


def why_option(command: _Command) -> _Command:
    """Add --why TEXT to a command: the parameter `why`, "" if nobody says."""
    return click.option("--why", default="", help="Why it is done, for the audit.")(command)


def make_sure(facts: Iterable[str], question: str, *, yes: bool) -> None:
    """Show the facts and go on only if somebody says yes, or said so with --yes.

    Where no terminal is, nobody is asked: raises Failure, which says what to pass.
    """
    lines = list(facts)
    for line in lines:
        click.echo(line)
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure(
            f"not done: {question}", "nobody can be asked here: pass --yes if it is meant so"
        )
    if not click.confirm(question):
        raise Failure("not done: nothing was changed")
