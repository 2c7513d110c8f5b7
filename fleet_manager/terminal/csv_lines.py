"""Comma-separated values (RFC 4180) line by line, for spreadsheets and for programs."""

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EXACT_DIGITS = 15
"""Excel makes a rounded number of a longer row of digits."""


def csv_options(command: _Command) -> _Command:
    """Add --csv and --bom to a command: the parameters `as_csv` and `bom`."""
    bom = click.option(
        "--bom", is_flag=True, help="With --csv: begin with the mark by which Excel knows UTF-8."
    )
    return click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values.")(
        bom(command)
    )


def check_form(*, as_json: bool, as_csv: bool, bom: bool) -> None:
    """Raise click's usage error for forms of output that do not go together."""
    if as_json and as_csv:
        raise click.UsageError("--json does not go with --csv")
    if bom and not as_csv:
        raise click.UsageError("--bom needs --csv")


def safe(value: object) -> object:
    """Return a cell that a spreadsheet neither runs nor rounds: such a text begins with '."""
    if not isinstance(value, str) or len(value) < 2:
        return value
    long_number = value.isascii() and value.isdecimal() and len(value) > _EXACT_DIGITS
    return "'" + value if value.startswith(_FORMULA) or long_number else value


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, bom: bool = False
) -> None:
    """Write lines to standard output as they come: no table is too long for memory."""
    writer = csv.writer(_Echo())
    if bom:
        click.echo("\ufeff", nl=False)
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
    sys.stdout.flush()


class _Echo:
    """A file for the writer that is click's output."""

    def write(self, line: str) -> None:
        sys.stdout.write(line)
