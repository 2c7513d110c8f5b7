"""The rows of the first sheet of an .xlsx workbook, as a CSV of it would hold them.

openpyxl reads it cell by cell (its read-only mode). A workbook is a zip: what it unpacks to is
bounded before anything is unpacked, and no cell is computed.
"""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from fleet_manager.sellers.table_cells import bare
from fleet_manager.sellers.table_text import TableError

MAX_UNPACKED_BYTES = 1 << 28
MAX_CELLS = 1 << 25
"""Empty ones count: a file may name the last column of a row and nothing before it."""
MAX_ROWS = 1 << 20
_EXACT_END = 10**15
_CURE = "save the sheet as CSV UTF-8"


def xlsx_rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Return (line, cells) of each row that has text. Raises TableError, also while reading."""
    _check_size(file)
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise TableError(
            1, f"is an Excel workbook, and openpyxl is not installed: {_CURE}"
        ) from None
    # It warns of every ornament of a sheet that it passes over.
    warnings.filterwarnings("ignore", module="openpyxl")
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except Exception as error:  # noqa: BLE001 - the library raises whatever a damaged file causes
        raise _damaged(error) from None
    if len(sheets) != 1:
        names = ", ".join(repr(sheet.title) for sheet in sheets[:5])
        raise TableError(1, f"must have one sheet, and has {len(sheets)} ({names}): {_CURE}")
    return _rows(sheets[0])


def _check_size(file: BinaryIO) -> None:
    """Raise TableError for a zip that is no workbook, or that unpacks to too much."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(error) from None
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise TableError(1, f"is a zip and no .xlsx workbook: {_CURE}")
    # zipfile reads no more of a part than its directory declares.
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise TableError(1, f"unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB: {_CURE}")


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    rows = sheet.iter_rows()
    line = read = 0
    while True:
        line += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - as above
            raise _damaged(error, line) from None
        read += len(row)
        if line > MAX_ROWS or read > MAX_CELLS:
            raise TableError(line, f"is not a sheet of codes: it is too large; {_CURE}")
        cells = [_text(cell) for cell in row]
        if any(map(bare, cells)):
            yield line, cells


def _text(cell: Any) -> str:
    """Return what a cell shows, but a day as 2026-11-23."""
    match cell.value:
        case None:
            return ""
        case str() as text:
            return text
        case bool() as value:
            return str(value).upper()
        case int() | float() as number:
            return _number(number, cell.number_format)
        case datetime() as moment:
            midnight = moment.time() == time()
            return moment.date().isoformat() if midnight else moment.isoformat(" ")
        case date() as day:
            return day.isoformat()
        case other:
            return str(other)


def _number(number: float, shape: str) -> str:
    """Return a number as Excel shows it: `shape` 00000000 keeps its leading zeros; what has more
    than 15 digits is rounded already, and shown so."""
    if number != int(number):
        return repr(number)
    if abs(number) >= _EXACT_END:
        return f"{number:.5E}"
    text = str(int(number))
    return text.zfill(len(shape)) if shape.strip("0") == "" else text


def _damaged(error: Exception, line: int = 1) -> TableError:
    why = str(error).split("\n")[0][:80] or type(error).__name__
    return TableError(line, f"is a workbook that cannot be read ({why}): {_CURE}")
