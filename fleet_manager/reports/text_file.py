"""Write sheets as text: aligned tables for a terminal, and CSV for spreadsheets and programs."""

import csv
import io
from collections.abc import Iterator, Sequence

from fleet_manager.reports.sheet import Cell, Sheet
from fleet_manager.terminal.text_tables import table
from gate_agent.validator.printable import printable, safe_cell

BOM = "\ufeff"
"""By which Excel knows UTF-8."""


def terminal_text(sheets: Sequence[Sheet]) -> str:
    """Return tables for a terminal, with what stands above and below them.

    A terminal is narrow: columns that are 0 in every line are left out.
    """
    parts = []
    for at, sheet in enumerate(sheets):
        above = [sheet.title, *sheet.about] if at == 0 else [sheet.name]
        parts.append("\n".join(map(printable, above)) + "\n\n")
        parts.append(table(*_narrow(sheet)) + "\n")
    parts.append("\n".join(map(printable, sheets[-1].notes)) + "\n")
    return "".join(parts)


def _narrow(sheet: Sheet) -> tuple[list[str], list[list[Cell]]]:
    lines = [*sheet.rows, sheet.total]
    kept = [at for at in range(len(sheet.header)) if any(line[at] for line in lines)]
    return [sheet.header[at] for at in kept], [[line[at] for at in kept] for line in lines]


def csv_lines(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Give lines of comma-separated values (RFC 4180) with a byte order mark.

    A text that a spreadsheet would run begins with '. Tables are followed by an empty line, the
    last one by what stands above and below it: the first line of a file is a header.
    """
    pen = _Pen()
    writer = csv.writer(pen)
    pen.text.write(BOM)
    for at, sheet in enumerate(sheets):
        if at:
            writer.writerow([])
        for row in (sheet.header, *sheet.rows, sheet.total):
            writer.writerow([safe_cell(cell) for cell in row])
            yield pen.take()
    writer.writerow([])
    for line in (sheets[0].title, *sheets[0].about, *sheets[-1].notes):
        writer.writerow([safe_cell(line)])
    yield pen.take()


class _Pen:
    """A file for the writer whose text is taken line by line."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def write(self, line: str) -> None:
        self.text.write(line)

    def take(self) -> str:
        text = self.text.getvalue()
        self.text.seek(0)
        self.text.truncate()
        return text
