"""Sellers' codes 渠道票码: series, tables with a preview, and what becomes of single codes."""

import tempfile
from io import BytesIO, StringIO
from pathlib import Path

from fleet_manager.access.rights import Act, View
from fleet_manager.sellers import code_export, sellers
from fleet_manager.sellers.code_import import MAX_MISTAKES, ImportResult, TooMuchTaken
from fleet_manager.sellers.csv_table import Mistake
from fleet_manager.sellers.table_rows import Row, table_rows
from fleet_manager.sellers.table_text import TableError
from fleet_manager.services import sellers as acts
from fleet_manager.services import series as series_acts
from fleet_manager.web.ask import Answer, Ask, BadField, Download, Redirect, Upload, show
from fleet_manager.web.inputs.held_files import HeldFiles
from fleet_manager.web.registry import act, page
from gate_agent.validator.lists.ticket_list import TicketStatus

HELD = HeldFiles()
FIRST_ROWS = 10
MOST_CODES = 1000


@page("/tickets/series", View.TICKETS)
def every(ask: Ask) -> Answer:
    """Show all series."""
    with ask.centre.store.read() as connection:
        lines = sellers.every(connection)
    return show("series.html", lines=lines)


@page("/tickets/series/export", View.TICKETS)
def export(ask: Ask) -> Answer:
    """Offer a series as a table; codes are not in it, as the centre does not keep them."""
    series = ask.query.get("series")
    out = StringIO()
    with ask.centre.store.read() as connection:
        sellers.find_series(connection, series)
        code_export.write(connection, series, ask.centre.calendar, out)
    return Download(f"{series}.csv", "text/csv; charset=utf-8", out.getvalue().encode("utf-8-sig"))


@act("/tickets/series/add", Act.SERIES_ADD)
def add(ask: Ask) -> Answer:
    """Make a series for another seller's codes."""
    series = ask.form.get("series")
    owner = ask.form.get("owner")
    if not owner:
        raise BadField("cannot make a series without its seller: say who sells the codes")
    acts.add_series(ask.centre, ask.who, series, owner, tagged=bool(ask.form.get("holders")))
    return Redirect("/tickets/series", notice=ask.t("series.added", series=series))


@act("/tickets/series/set", Act.SERIES_SET)
def change(ask: Ask) -> Answer:
    """Say who sells the codes of a series."""
    series = ask.form.get("series")
    series_acts.set_owner(ask.centre, ask.who, series, ask.form.get("owner"))
    return Redirect("/tickets/series", notice=ask.t("series.changed", series=series))


@act("/tickets/series/retire", Act.SERIES_RETIRE)
def retire(ask: Ask) -> Answer:
    """Take no codes of a series in any more, or again."""
    series, undo = ask.form.get("series"), bool(ask.form.get("undo"))
    series_acts.retire(ask.centre, ask.who, series, undo=undo)
    return Redirect("/tickets/series", notice=ask.t("series.changed", series=series))


@act("/tickets/series/preview", Act.CODES_IMPORT)
def preview(ask: Ask) -> Answer:
    """Read a table and show what it would change, and its mistakes where they stand."""
    file = ask.files.get("file")
    if file is None or not file.data:
        raise BadField("cannot read a table: choose a file, CSV or XLSX")
    return _preview(ask, file)


@act("/tickets/series/import", Act.CODES_IMPORT)
def take_in(ask: Ask) -> Answer:
    """Take in the table that was previewed: all of it, or nothing."""
    file = HELD.get(ask.who.name, ask.form.get("held"))
    if file is None:
        raise BadField("cannot find that table any more: choose the file again")
    series = ask.form.get("series")
    agreed = ask.form.number("agreed", 0, high=10**9)
    try:
        result = _import(ask, file, dry_run=False, agreed=agreed)
    except TooMuchTaken:
        return _preview(ask, file)  # the series has changed since; the numbers are shown anew
    if result.mistakes:
        return _preview(ask, file)
    notice = ask.t(
        "series.taken_in", new=result.new, changed=result.changed, taken_away=result.taken_away
    )
    return Redirect("/tickets/series", notice=f"{series}: {notice}")


@act("/tickets/series/codes", Act.CODES_VOID, Act.CODES_SUSPEND, Act.CODES_RESTORE)
def set_codes(ask: Ask) -> Answer:
    """Void, suspend or restore codes, one a line."""
    what = ask.form.one_of("what", ("void", "suspend", "restore"))
    status = {"void": TicketStatus.VOID, "suspend": TicketStatus.SUSPENDED,
              "restore": TicketStatus.VALID}[what]  # fmt: skip
    codes = [line.strip() for line in ask.form.raw("codes").splitlines() if line.strip()]
    if not 1 <= len(codes) <= MOST_CODES:
        raise BadField(f"cannot change {len(codes)} codes: must be 1 to {MOST_CODES}, one a line")
    changed = acts.set_status(ask.centre, ask.who, ask.form.get("series"), codes, status)
    return Redirect("/tickets/series", notice=ask.t("series.codes_changed", count=changed))


def _preview(ask: Ask, file: Upload) -> Answer:
    result = _import(ask, file, dry_run=True, agreed=None)
    rows = _rows(file, {mistake.line for mistake in result.mistakes})
    return show(
        "series_preview.html",
        status=422 if result.mistakes else 200,
        series=ask.form.get("series"),
        complete=bool(ask.form.get("complete")),
        file=file.name,
        held=HELD.put(ask.who.name, file),
        result=result,
        many=len(result.mistakes) >= MAX_MISTAKES,
        header=rows[0][1] if rows else [],
        rows=[_marked(row, result.mistakes, rows[0][1]) for row in rows[1:]],
        whole=[mistake for mistake in result.mistakes if not mistake.column],
    )


def _import(ask: Ask, file: Upload, *, dry_run: bool, agreed: int | None) -> ImportResult:
    suffix = ".xlsx" if file.data.startswith(b"PK\x03\x04") else ".csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"upload{suffix}")
        path.write_bytes(file.data)
        return acts.import_file(
            ask.centre,
            ask.who,
            ask.form.get("series"),
            path,
            complete=bool(ask.form.get("complete")),
            dry_run=dry_run,
            agreed=agreed,
        )


def _rows(file: Upload, wanted: set[int]) -> list[Row]:
    """Return the header, the first rows and those with mistakes."""
    chosen: list[Row] = []
    try:
        _, rows = table_rows(BytesIO(file.data))
        for line, cells in rows:
            if len(chosen) <= FIRST_ROWS or line in wanted:
                chosen.append((line, cells))
    except TableError:
        pass  # it is among the mistakes already
    return chosen


def _marked(row: Row, mistakes: tuple[Mistake, ...], header: list[str]) -> dict[str, object]:
    line, cells = row
    of_row = {mistake.column: mistake.text for mistake in mistakes if mistake.line == line}
    names = [*header, *[""] * len(cells)]
    return {
        "line": line,
        "cells": [(cell[:80], of_row.get(names[at].strip(), "")) for at, cell in enumerate(cells)],
        "text": "; ".join(
            f"{column}: {text}" if column else text for column, text in of_row.items()
        ),
    }
