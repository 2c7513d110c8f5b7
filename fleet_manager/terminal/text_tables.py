"""Text tables and CSV for a shell: columns line up, also where names are Chinese."""

import csv
import io
import unicodedata
from collections.abc import Sequence

from gate_agent.validator.printable import printable, safe_cell

_NUMBER = (int, float)


def width(text: str) -> int:
    """Return how many columns a text takes in a terminal: East Asian wide characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return lines of aligned columns: numbers to the right, texts to the left."""
    cells = [[printable(str(value)) for value in row] for row in rows]
    widths = [
        max(width(name), *(width(row[at]) for row in cells)) if cells else width(name)
        for at, name in enumerate(header)
    ]
    right = [
        bool(rows) and all(isinstance(row[at], _NUMBER) for row in rows)
        for at in range(len(header))
    ]
    lines = [
        "  ".join(
            " " * (widths[at] - width(cell)) + cell
            if right[at]
            else cell + " " * (widths[at] - width(cell))
            for at, cell in enumerate(line)
        ).rstrip()
        for line in [list(header), *cells]
    ]
    return "\n".join(lines) + "\n"


def csv_text(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return comma-separated values (RFC 4180); a text a spreadsheet would run begins with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    return out.getvalue()
