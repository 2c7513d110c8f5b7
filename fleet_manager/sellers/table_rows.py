"""The rows of a seller's table: of CSV, however it separates its cells, or of an .xlsx workbook."""

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from fleet_manager.sellers import table_text
from fleet_manager.sellers.table_cells import bare, column_of
from fleet_manager.sellers.table_text import TableError

Row = tuple[int, list[str]]
"""(line from 1, cells)."""

_SEPARATORS = ",;\t|，；"
_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=([^\r\n])"?[\r\n]*', re.IGNORECASE)
"""With which Excel says how cells are separated."""
_NO_SEPARATORS = "\"'=\0\x1a"
_NOT_CSV = {
    "unexpected end of data": "opens a quotation mark that is never closed",
    "field larger than field limit": "has a cell that is too long: is a quotation mark not closed?",
    "expected after": 'has text behind a closing quotation mark: write " inside of a cell as ""',
}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"


def table_rows(file: BinaryIO) -> tuple[str, Iterator[Row]]:
    """Return (encoding, rows) of a seekable file; rows without any text are left out. The encoding
    is `xlsx` for a workbook. Raises TableError, also while rows are read."""
    head = file.read(512)
    if head.startswith(_OLD_EXCEL):
        raise TableError(
            1, "is an old Excel workbook (.xls), or one with a password: save it as CSV UTF-8"
        )
    if head.startswith(_ZIP):
        from fleet_manager.sellers.xlsx_rows import xlsx_rows

        return "xlsx", xlsx_rows(file)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise TableError(1, "is a web page or XML, whatever its name says: save it as CSV UTF-8")
    file.seek(0)
    encoding = table_text.encoding_of(file)
    return encoding, _csv_rows(table_text.lines(file, encoding))


def _csv_rows(lines: Iterator[str]) -> Iterator[Row]:
    before, first = 0, ""
    for first in lines:
        if bare(first.strip(_SEPARATORS + "\r\n ")):
            break
        before += 1
    separator = _separator(first)
    named = _SEPARATOR_LINE.fullmatch(first)
    if named:
        separator, first = named[1], ""
        before += 1
        if separator.isalnum() or separator in _NO_SEPARATORS:
            raise TableError(before, f"cannot separate cells by {separator!r}")
    yield from _parsed(chain([first] if first else (), lines), separator, before)


def _parsed(lines: Iterator[str], separator: str, before: int) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            said = str(error)
            plain = [text for part, text in _NOT_CSV.items() if part in said]
            raise TableError(line, plain[0] if plain else f"is not CSV: {said}") from None
        if any(map(bare, cells)):
            yield line, cells


def _separator(header: str) -> str:
    """Return the separator that finds most names of columns in the header."""

    def names(separator: str) -> int:
        return sum(bool(column_of(cell.strip().strip('"'))) for cell in header.split(separator))

    return max(_SEPARATORS, key=names)  # the first of equals
