"""`list add|import|export|void|suspend|restore`: codes that others sell."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.options import data_option, who
from fleet_manager.wording import counted

if TYPE_CHECKING:
    from fleet_manager.sellers.code_import import ImportResult

_CODES = click.argument("codes", metavar="CODE...", nargs=-1, required=True)


@click.command("add")
@click.argument("series")
@click.option("--owner", required=True, help="Who sells the codes.")
@click.option("--holders", is_flag=True, help="Codes may be bound to a person's document.")
@data_option
def add_series(data: Path, series: str, owner: str, *, holders: bool) -> None:
    """Make a series for the codes of another seller."""
    from fleet_manager import centre
    from fleet_manager.services import sellers

    with centre.opened(data) as park:
        sellers.add_series(park, who(), series, owner, tagged=holders)
    click.echo(f"made {series}; bring codes in with `fleet-manager list import {series} FILE`")


@click.command("set")
@click.argument("series")
@click.option("--owner", required=True, help="Who sells the codes.")
@data_option
def set_series(data: Path, series: str, owner: str) -> None:
    """Say who sells the codes of a series. Its id stays."""
    from fleet_manager import centre
    from fleet_manager.services import series as acts

    with centre.opened(data) as park:
        acts.set_owner(park, who(), series, owner)
    click.echo(f"series {series} is sold by {owner}")


@click.command("retire")
@click.argument("series")
@click.option("--undo", is_flag=True, help="Take codes in again.")
@data_option
def retire_series(data: Path, series: str, *, undo: bool) -> None:
    """Take no codes of a seller in any more. Those that are there stay as they are."""
    from fleet_manager import centre
    from fleet_manager.services import series as acts

    with centre.opened(data) as park:
        acts.retire(park, who(), series, undo=undo)
    now = "takes codes in again" if undo else "takes no codes in any more; those there stay"
    click.echo(f"series {series} {now}")


@click.command("import")
@click.argument("series")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would happen, and do nothing.")
@click.option("--complete", is_flag=True, help="Take away the codes that are not in the file.")
@click.option("--yes", is_flag=True, help="Let --complete take away any part of the series.")
@click.option(
    "--codes",
    "code_cells",
    type=click.Choice(["trimmed", "as-written"]),
    help="Cut blanks at the ends of codes, or take codes exactly as they stand.",
)
@data_option
def import_codes(
    data: Path,
    series: str,
    file: Path,
    code_cells: str | None,
    *,
    dry_run: bool,
    complete: bool,
    yes: bool,
) -> None:
    """Take in a seller's codes from a table: all of it, or nothing if there is a mistake.

    CSV or one sheet of .xlsx. Columns by the names in the first line, English or Chinese: code,
    product, from; and if wanted to, admits, zones, entry, status, document. The same file again
    changes nothing. docs/sellers.md tells more.
    """
    from fleet_manager import centre
    from fleet_manager.sellers.code_import import TooMuchTaken
    from fleet_manager.sellers.csv_table import CodeCells
    from fleet_manager.services import sellers
    from gate_agent.validator.lists.manifest import MAX_CODES

    cells = CodeCells(code_cells or CodeCells.DOUBTFUL_REFUSED.value)

    def bring(agreed: int | None) -> "ImportResult":
        with centre.opened(data) as park:
            return sellers.import_file(
                park,
                who(),
                series,
                file,
                complete=complete,
                dry_run=dry_run,
                agreed=agreed,
                code_cells=cells,
            )

    try:
        result = bring(MAX_CODES if yes else None)
    except TooMuchTaken as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty() and file.is_file()):
            raise
        click.echo(str(error), err=True)
        # Nothing is held while a person thinks: the table is read again, and more is refused.
        taken = error.result.taken_away
        click.confirm(f"take away {taken}?", abort=True, err=True)
        result = bring(taken)
    _report(file, result, dry_run=dry_run)


def _report(file: Path, result: "ImportResult", *, dry_run: bool) -> None:
    from fleet_manager.errors import CentreError
    from fleet_manager.sellers.code_import import MAX_MISTAKES
    from fleet_manager.wording import counted

    for mistake in result.mistakes:
        column = f", column {mistake.column}" if mistake.column else ""
        click.echo(f"{file}: line {mistake.line}{column}: {mistake.text}", err=True)
    if result.mistakes:
        number = counted(len(result.mistakes), "mistake")
        if len(result.mistakes) >= MAX_MISTAKES:
            number = f"{MAX_MISTAKES} or more mistakes"
        raise CentreError(f"cannot import {file}: {number}, nothing was changed")
    would = "would be " if dry_run else ""
    click.echo(
        f"{counted(result.rows, 'code')}: {result.new} {would}new, "
        f"{result.changed} {would}changed, {result.taken_away} {would}taken away"
    )
    if dry_run and result.takes_much:
        click.echo(
            f"{result.taken_away} of {counted(result.before, 'code')} of the series: "
            "this needs a yes at a terminal, or --yes"
        )


@click.command("export")
@click.argument("series")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: the screen.")
@data_option
def export_codes(data: Path, series: str, out: Path | None) -> None:
    """Write a series as CSV. The codes are not in it: the centre does not keep them."""
    from fleet_manager import centre
    from fleet_manager.files import whole_file
    from fleet_manager.sellers import code_export
    from fleet_manager.wording import counted

    with centre.opened(data) as park, park.store.read() as connection:
        if out is None:
            code_export.write(connection, series, park.calendar, sys.stdout)
            return
        with whole_file.text_file(out) as file:
            count = code_export.write(connection, series, park.calendar, file)
    click.echo(counted(count, "code"))


def _set(data: Path, series: str, codes: tuple[str, ...], status: str) -> None:
    from fleet_manager import centre
    from fleet_manager.services import sellers
    from gate_agent.validator.lists.ticket_list import TicketStatus

    listed = list(codes)
    if listed == ["-"]:  # what stands in an argument, everybody on this machine can read
        listed = _piped_codes()
    with centre.opened(data) as park:
        changed = sellers.set_status(park, who(), series, listed, TicketStatus[status])
    later = "; gates receive it with the next list" if changed else ""
    click.echo(f"{counted(changed, 'code')} changed{later}")


def _piped_codes() -> list[str]:
    """Return the codes on standard input, one a line, in any encoding that a table may have."""
    from fleet_manager.errors import CentreError
    from fleet_manager.sellers import table_text
    from fleet_manager.sellers.table_cells import bare

    try:
        with table_text.seekable(sys.stdin.buffer) as file:
            lines = table_text.lines(file, table_text.encoding_of(file))
            return [line.rstrip("\r\n") for line in lines if bare(line)]
    except table_text.TableError as error:
        raise CentreError(
            f"cannot read the codes: line {error.line} {error.text}", "nothing was changed"
        ) from None


@click.command("void")
@click.argument("series")
@_CODES
@data_option
def void_codes(data: Path, series: str, codes: tuple[str, ...]) -> None:
    """Refuse codes from now on. With - they are read from standard input, one a line."""
    _set(data, series, codes, "VOID")


@click.command("suspend")
@click.argument("series")
@_CODES
@data_option
def suspend_codes(data: Path, series: str, codes: tuple[str, ...]) -> None:
    """Refuse codes until they are restored. With - they are read from standard input."""
    _set(data, series, codes, "SUSPENDED")


@click.command("restore")
@click.argument("series")
@_CODES
@data_option
def restore_codes(data: Path, series: str, codes: tuple[str, ...]) -> None:
    """Take suspended or void codes again. With - they are read from standard input."""
    _set(data, series, codes, "VALID")


COMMANDS = (
    add_series,
    set_series,
    retire_series,
    import_codes,
    export_codes,
    void_codes,
    suspend_codes,
    restore_codes,
)
