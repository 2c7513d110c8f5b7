"""Text tables and CSV for a shell: columns line up, also where names are Chinese."""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence

from fleet_manager.passages.counts import CountTable, GroupBy

_NUMBER = (int, float)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def width(text: str) -> int:
    """Columns that a text takes in a terminal: East Asian wide characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns: numbers to the right, texts to the left. Ends with a line end."""
    cells = [[_plain(value) for value in row] for row in rows]
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
    """Comma-separated values (RFC 4180). A text that a spreadsheet would run is quoted with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow(
            "'" + value
            if isinstance(value, str) and len(value) > 1 and value.startswith(_FORMULA)
            else value
            for value in row
        )
    return out.getvalue()


def _plain(value: object) -> str:
    """No control character reaches the terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(value))


def counts_table(
    answer: CountTable, names: Mapping[tuple[GroupBy, str], str]
) -> tuple[list[str], list[list[object]]]:
    """Header and rows of an answer, the total last; reasons that occurred get a column each.
    `names` gives what to show for an id."""
    reasons = sorted(answer.total.denied)
    header = [
        *(by.value for by in answer.by),
        *("entries", "first_entries", "reentries", "exits", "inside", "denied"),
        *(f"denied:{reason}" for reason in reasons),
        *("not_taken", "unresolved", "forced", "free", "overridden"),
    ]
    rows: list[list[object]] = []
    total_keys = ["total", *[""] * (len(answer.by) - 1)] if answer.by else []
    lines = [
        ([names.get(key, key[1]) for key in zip(answer.by, line.keys, strict=True)], line.totals)
        for line in answer.lines
    ]
    for keys, totals in [*lines, (total_keys, answer.total)]:
        values = totals.as_dict()
        denied = totals.denied
        rows.append(
            [
                *keys,
                *(values[name] for name in header[len(keys) : len(keys) + 6]),
                *(denied.get(reason, 0) for reason in reasons),
                *(values[name] for name in header[-5:]),
            ]
        )
    return header, rows
