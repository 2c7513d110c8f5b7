"""Comma-separated values (RFC 4180) line by line, for spreadsheets and for programs."""

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from gate_agent.validator.printable import safe_cell

_Command = TypeVar("_Command", bound=Callable[..., Any])


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


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, bom: bool = False
) -> None:
    """Write lines to standard output as they come: no table is too long for memory."""
    writer = csv.writer(_Echo())
    if bom:
        click.echo("\ufeff", nl=False)
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    sys.stdout.flush()


class _Echo:
    """A file for the writer that is click's output."""

    def write(self, line: str) -> None:
        sys.stdout.write(line)
