"""Write sheets as an Excel workbook: numbers as numbers, ids as texts, totals as sums."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from fleet_manager.reports.sheet import Cell, Sheet
from gate_agent.validator.printable import printable

_NO_NAME = re.compile(r"[\[\]:*?/\\']")
_NAME_CHARS = 31
_WIDTH, _KEY_WIDTH = 12, 24


def write(sheets: Sequence[Sheet], out: Path | IO[bytes]) -> None:
    """Write a workbook with a worksheet for each sheet. Memory does not grow with the rows."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = Workbook(out, options)
    bold = book.add_format({"bold": True})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    number = book.add_format({"num_format": "#,##0"})
    last = book.add_format({"bold": True, "top": 1, "num_format": "#,##0"})
    for sheet in sheets:
        page = book.add_worksheet(_NO_NAME.sub(" ", sheet.name)[:_NAME_CHARS])
        page.set_column(0, sheet.keys - 1, _KEY_WIDTH)
        page.set_column(sheet.keys, len(sheet.header) - 1, _WIDTH)
        top = 2 + len(sheet.about)
        _print_setup(page, sheet, top)
        page.write_string(0, 0, printable(sheet.title), bold)
        for at, line in enumerate(sheet.about, 1):
            page.write_string(at, 0, printable(line))
        for column, name in enumerate(sheet.header):
            page.write_string(top, column, name, head)
        for row, cells in enumerate(sheet.rows, top + 1):
            _write_row(page, row, cells, number)
        end = top + 1 + len(sheet.rows)
        _write_total(page, end, sheet, top + 1, last)
        for at, note in enumerate(sheet.notes, end + 2):
            page.write_string(at, 0, printable(note))
    book.close()


def _print_setup(page: Worksheet, sheet: Sheet, top: int) -> None:
    page.freeze_panes(top + 1, sheet.keys)
    page.repeat_rows(top)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)


def _write_row(page: Worksheet, row: int, cells: Sequence[Cell], style: object) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            page.write_string(row, column, printable(cell))
        else:
            page.write_number(row, column, cell, style)


def _write_total(page: Worksheet, row: int, sheet: Sheet, first: int, style: object) -> None:
    """Write the total as formulas with their values, for programs that compute nothing."""
    for column, cell in enumerate(sheet.total):
        if isinstance(cell, str):
            page.write_string(row, column, cell, style)
        elif sheet.rows:
            above = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(row - 1, column)}"
            page.write_formula(row, column, f"=SUM({above})", style, cell)
        else:
            page.write_number(row, column, cell, style)
