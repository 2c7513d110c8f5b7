"""Draw a column of a sheet as bars: SVG with attributes of presentation alone, for pages whose
policy allows no styles. The table beside it and each bar's title have the same numbers."""

import re
from html import escape

from fleet_manager.reports.sheet import Sheet

WIDTH, HEIGHT = 800, 240
_LEFT, _BOTTOM, _TOP = 56, 24, 12
_MOST_LABELS = 16
_CHAR_WIDTH = 6.5
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def bars(sheet: Sheet, column: int = 0, *, compared: bool = False) -> str:
    """Return bars of a numeric column, empty for a sheet without rows.

    `column`: counted among the numbers of a line. `compared`: the column after it is the period to
    compare with, and gets a paler bar beside each.
    """
    if not sheet.rows:
        return ""
    at = sheet.keys + column
    series = [at, at + 1] if compared else [at]
    values = [[_number(row[place]) for place in series] for row in sheet.rows]
    high = max(1, *(value for line in values for value in line))
    low = min(0, *(value for line in values for value in line))
    scale = (HEIGHT - _BOTTOM - _TOP) / (high - low)
    zero = _TOP + high * scale
    step = (WIDTH - _LEFT) / len(sheet.rows)
    parts = [_grid(high, low, scale, zero)]
    for place, (row, line) in enumerate(zip(sheet.rows, values, strict=True)):
        name = " ".join(str(cell) for cell in row[: sheet.keys])
        x = _LEFT + place * step
        for number, value in enumerate(line):
            width = step * 0.8 / len(series)
            parts.append(
                f'<rect x="{x + step * 0.1 + number * width:.1f}" '
                f'y="{min(zero, zero - value * scale):.1f}" width="{max(0.5, width):.1f}" '
                f'height="{abs(value) * scale:.1f}" fill="currentColor" '
                f'fill-opacity="{0.35 if number else 0.8}">'
                f"<title>{escape(name)}: {escape(sheet.header[series[number]])} {value}</title>"
                "</rect>"
            )
        every = -(-len(sheet.rows) // _MOST_LABELS)
        if place % every == 0:
            label = _shortened(name, step * every)
            parts.append(_text(x + step / 2, HEIGHT - 8, "middle", label))
    title = escape(f"{sheet.title}: {sheet.header[at]}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}">{"".join(parts)}</svg>'
    )


def _grid(high: int, low: int, scale: float, zero: float) -> str:
    lines = []
    for value in sorted({low, 0, (high + 1) // 2, high}):
        y = zero - value * scale
        lines.append(
            f'<line x1="{_LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
            f'stroke-opacity="{0.6 if value == 0 else 0.2}"/>'
        )
        lines.append(_text(_LEFT - 6, y + 4, "end", f"{value:,}"))
    return "".join(lines)


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}" '
        f'fill="currentColor">{escape(text)}</text>'
    )


def _shortened(name: str, width: float) -> str:
    """Return as much of a name as fits into a width; of a day, its month and day."""
    if _DAY.fullmatch(name):
        return name[5:]
    left = width / _CHAR_WIDTH
    for at, char in enumerate(name):
        left -= 1 if char.isascii() else 2
        if left < 1:
            return f"{name[:at]}…"
    return name


def _number(cell: str | int) -> int:
    assert isinstance(cell, int)
    return cell
