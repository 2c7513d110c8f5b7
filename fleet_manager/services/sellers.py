"""Acts on codes that others sell: add a series, import codes, change their status."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreError
from fleet_manager.sellers import code_import, sellers
from fleet_manager.sellers.code_import import ImportResult, StagedCodes
from fleet_manager.sellers.csv_table import CodeCells, CsvRow, Mistake, SellerTable
from fleet_manager.services.act import performed, refusals
from fleet_manager.tickets import products
from fleet_manager.wording import counted
from gate_agent.validator.lists.manifest import MAX_CODES
from gate_agent.validator.lists.ticket_list import TicketStatus

_ACTS = {
    TicketStatus.VOID: Act.CODES_VOID,
    TicketStatus.SUSPENDED: Act.CODES_SUSPEND,
    TicketStatus.VALID: Act.CODES_RESTORE,
}


def add_series(centre: Centre, who: Actor, series: str, owner: str, *, tagged: bool) -> None:
    """Make a series for the codes of another seller. `tagged`: codes may be bound to a person's
    document. Raises CentreError."""
    with performed(centre, who, Act.SERIES_ADD, f"series {series}") as deed:
        sellers.add(deed.connection, series, owner, tagged=tagged)
        deed.after = {"owner": owner, "holders": tagged}


def import_file(
    centre: Centre,
    who: Actor,
    series: str,
    file: Path,
    *,
    complete: bool = False,
    dry_run: bool = False,
    agreed: int | None = None,
    code_cells: CodeCells = CodeCells.DOUBTFUL_REFUSED,
) -> ImportResult:
    """Take in the codes of a table: all of it, or nothing if there is a mistake.

    `complete`: codes that are not in the file are taken away; `agreed`: up to how many, where it
    is a large part of the series. Raises TooMuchTaken for more, CentreError for what cannot be
    read or a series that is not there; mistakes in rows come back in the result.
    """
    pepper = centre.unlock().pepper
    with refusals(centre, who, Act.CODES_IMPORT, f"series {series}"):
        with centre.store.read() as connection:
            seller = sellers.find_series(connection, series)
            sold = products.every(connection)
        table = SellerTable(
            seller.salt,
            pepper,
            sold,
            centre.calendar,
            tagged=seller.tagged,
            code_cells=code_cells,
        )
        try:
            with file.open("rb") as data:
                retired = {kind.id: kind.code for kind in sold if kind.retired_ms is not None}
                staged = _stage(centre.store, series, table.read(data), retired)
        except OSError as error:
            raise CentreError(f"cannot read {file}: {error.strerror or error}") from None
    if staged.mistakes:
        return staged.refused()
    with performed(centre, who, Act.CODES_IMPORT, f"series {series}") as deed:
        result = code_import.merge(
            deed.connection, staged, complete=complete, dry_run=dry_run, agreed=agreed
        )
        deed.after = {
            "file": file.name,
            "rows": result.rows,
            "new": result.new,
            "changed": result.changed,
            "taken_away": result.taken_away,
            "complete": complete,
            "dry_run": dry_run,
        }
    return result


def take_in(
    database: Store,
    series: str,
    rows: Iterable[CsvRow | Mistake],
    *,
    complete: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Take in codes that a program brings, such as those that a pretix sold.

    `complete`: codes that are not among the rows are taken away, however many. Codes of a retired
    product are taken in too: their visitors have paid, and nobody reads this. Raises CentreError.
    """
    staged = _stage(database, series, rows)
    if staged.mistakes:
        return staged.refused()
    with database.write() as connection:
        return code_import.merge(
            connection, staged, complete=complete, dry_run=dry_run, agreed=MAX_CODES
        )


def _stage(
    database: Store,
    series: str,
    rows: Iterable[CsvRow | Mistake],
    retired: Mapping[int, str] = MappingProxyType({}),
) -> StagedCodes:
    with database.read() as connection:
        return code_import.stage(connection, series, rows, retired)


def set_status(
    centre: Centre, who: Actor, series: str, codes: Sequence[str], status: TicketStatus
) -> int:
    """Void, suspend or restore (VALID) codes, and return how many changed.

    A code that is not known as it is written is looked for without what copying adds: blanks,
    quotation marks, commas behind it. Raises CentreError if it is not known so either; then
    nothing changed.
    """
    with performed(centre, who, _ACTS[status], f"series {series}") as deed:
        changed, unknown = sellers.set_status(deed.connection, series, codes, status)
        if unknown:
            places = ", ".join(str(place + 1) for place in unknown[:20])
            raise CentreError(
                f"cannot find {len(unknown)} of {counted(len(codes), 'code')} in {series}: "
                f"number {places}",
                "nothing was changed",
            )
        deed.after = {"codes": len(codes), "changed": changed}
    return changed
