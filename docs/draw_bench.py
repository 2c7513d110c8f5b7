"""Draws docs/bench/curves.svg from docs/bench/curves.json; `./run bench curves` measures, `./run
docs` draws."""

import json
import math
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "bench" / "curves.json"
WIDTH, HEIGHT = 1000, 430
TOP, BOTTOM, PANEL = 84, 350, 380
INK, PAPER, GRID = "#1b2733", "#ffffff", "#d9dee4"
OURS, PLAIN, FLOOR = "#1667b7", "#c2571a", "#6b7785"
FONT = "font-family='Helvetica, Arial, Noto Sans CJK SC, sans-serif'"

Series = tuple[str, Sequence[float], str, str]
"""Name, values, colour, dashes."""


def text(x: float, y: float, words: str, more: str = "") -> str:
    """Draw a line of words."""
    return f"<text x='{x:.1f}' y='{y:.1f}' font-size='13' {more}>{escape(words)}</text>"


def panel(
    left: int,
    *,
    title: str,
    below: str,
    marks: Sequence[str],
    grid: Sequence[float],
    unit: Callable[[float], str],
    series: Sequence[Series],
) -> list[str]:
    """Draw a diagram with a logarithmic scale from the first to the last line of `grid`."""
    low, high = math.log(grid[0]), math.log(grid[-1])

    def at_y(value: float) -> float:
        return BOTTOM - (math.log(value) - low) / (high - low) * (BOTTOM - TOP)

    def at_x(number: int) -> float:
        return left + 16 + number * (PANEL - 32) / (len(marks) - 1)

    parts = [text(left, 30, title, "font-weight='bold'")]
    for value in grid:
        y = at_y(value)
        parts.append(f"<path d='M{left},{y:.1f} h{PANEL}' stroke='{GRID}'/>")
        parts.append(text(left - 8, y + 4, unit(value), "text-anchor='end'"))
    for number, mark in enumerate(marks):
        parts.append(text(at_x(number), BOTTOM + 20, mark, "text-anchor='middle'"))
    parts.append(text(left + PANEL / 2, BOTTOM + 42, below, "text-anchor='middle'"))
    key_x = left
    for name, values, colour, dashes in series:
        points = " ".join(f"{at_x(n):.1f},{at_y(value):.1f}" for n, value in enumerate(values))
        look = f"fill='none' stroke='{colour}' stroke-width='2.4' stroke-dasharray='{dashes}'"
        parts.append(f"<polyline points='{points}' {look}/>")
        parts.append(f"<path d='M{key_x},54 h24' {look}/>")
        parts.append(text(key_x + 30, 58, name))
        key_x += 48 + round(7.0 * len(name))
    return parts


def plain(value: float) -> str:
    """Return a number as short as it can be."""
    return f"{value:g}"


def draw(data: Path = DATA) -> str:
    """Draw the whole picture."""
    measured: dict[str, Any] = json.loads(data.read_text("utf-8"))
    scan, sync = measured["scan"], measured["sync"]
    parts = panel(
        60,
        title="From the code to the relay, durable commit included (ms)",
        below=f"percentile of {scan['scans']} visitors",
        marks=[plain(share) for share in scan["shares"]],
        grid=(0.2, 0.5, 1, 2, 5, 10, 20, 50),
        unit=plain,
        series=(
            ("this gate", scan["ours"], OURS, ""),
            ("a plain script", scan["plain"], PLAIN, "7 4"),
            ("one check and one commit", scan["floor"], FLOOR, "2 3"),
        ),
    )
    parts += panel(
        580,
        title="After a cut: records a second that arrive at the centre",
        below="round trip of the link, ms",
        marks=[str(ms) for ms in sync["round_trips_ms"]],
        grid=(50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000),
        unit=lambda value: f"{value:,.0f}",
        series=(
            ("committed at the centre", sync["ours"], OURS, ""),
            ("a message a record", sync["plain"], PLAIN, "7 4"),
        ),
    )
    parts.append(
        text(60, HEIGHT - 12, f"{measured['at'][:10]}, {measured['machine']}", f"fill='{FLOOR}'")
    )
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' {FONT}"
    back = f"<rect width='{WIDTH}' height='{HEIGHT}' rx='10' fill='{PAPER}'/>"
    return "\n".join([f"{head} fill='{INK}'>", back, *parts, "</svg>", ""])
