"""`list add|import|export|void|suspend|restore`: codes that others sell."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet_manager.terminal.options import data_option, who
from fleet_manager.terminal.words import counted

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
@data_option
def import_codes(data: Path, series: str, file: Path, *, dry_run: bool, complete: bool) -> None:
    """Take in a seller's codes from a CSV file: all of it, or nothing if there is a mistake.

    Columns by the names in the first line: code, product, from; and if wanted to, admits, zones,
    entry, status, document. The same file again changes nothing. docs/sellers.md tells more.
    """
    from fleet_manager import centre
    from fleet_manager.services import sellers

    with centre.opened(data) as park:
        outcome = sellers.import_file(park, who(), series, file, complete=complete, dry_run=dry_run)
    _report(file, outcome, dry_run=dry_run)


def _report(file: Path, outcome: "ImportResult", *, dry_run: bool) -> None:
    from fleet_manager.errors import CentreError
    from fleet_manager.sellers.code_import import MAX_MISTAKES

    for one in outcome.mistakes:
        column = f", column {one.column}" if one.column else ""
        click.echo(f"{file}: line {one.line}{column}: {one.text}", err=True)
    if outcome.mistakes:
        more = " or more" if len(outcome.mistakes) >= MAX_MISTAKES else ""
        mistakes = "mistake" if len(outcome.mistakes) == 1 else "mistakes"
        raise CentreError(
            f"cannot import {file}: {len(outcome.mistakes)}{more} {mistakes}, nothing was changed"
        )
    would = "would be " if dry_run else ""
    click.echo(
        f"{counted(outcome.rows, 'code')}: {outcome.new} {would}new, "
        f"{outcome.changed} {would}changed, {outcome.taken_away} {would}taken away"
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

    wanted = list(codes)
    if wanted == ["-"]:  # what stands in an argument, everybody on this machine can read
        wanted = [line.strip() for line in sys.stdin if line.strip()]
    with centre.opened(data) as park:
        changed = sellers.set_status(park, who(), series, wanted, TicketStatus[status])
    later = "; gates learn it with the next list" if changed else ""
    click.echo(f"{counted(changed, 'code')} changed{later}")


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
