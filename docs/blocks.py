"""Fills the blocks of a page that are made from the code.

A block begins with `<!-- made: NAME -->` and ends with `<!-- end -->`. A fact that is text replaces
what is between them. A fact of rows replaces the first cells of each row of the table between them:
the header and the other cells are written by hand and stay with their row.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from docs.facts import FACTS, Fact, Row

BLOCK = re.compile(r"<!-- made: ([a-z-]+) -->(.*?)<!-- end -->", re.S)


def fill(text: str, language: str, twin: str = "", facts: Mapping[str, Fact] | None = None) -> str:
    """Return the page with its blocks as the code has it. `twin`: the English page, whose cells
    stand in for what is not translated yet. Raises KeyError for a block of an unknown name."""
    others = {match[1]: match[2] for match in BLOCK.finditer(twin)}

    def block(match: re.Match[str]) -> str:
        name, body = match[1], match[2]
        fact = facts[name] if facts is not None else FACTS[name](language)
        if not isinstance(fact, str):
            fact = _table(body, fact, others.get(name, ""))
        return f"<!-- made: {name} -->{fact}<!-- end -->"

    return BLOCK.sub(block, text)


def unwritten(text: str) -> list[str]:
    """Return the rows of made tables with a cell that nobody has written, as "block: row"."""
    return [
        f"{match[1]}: {cells[0]}"
        for match in BLOCK.finditer(text)
        for cells in _rows(match[2])
        if not all(cells)
    ]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _rows(body: str) -> list[list[str]]:
    """Return the cells of the rows below the header."""
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [_cells(line) for line in lines[2:]]


def _table(body: str, rows: list[Row], twin: str) -> str:
    lines = [line for line in body.splitlines() if line.startswith("|")][:2]
    width = len(_cells(lines[0]))
    for place, row in enumerate(rows):
        written = _written(row, rows, place, _rows(body)) or _written(row, rows, place, _rows(twin))
        rest = written or list(row.suggested)
        cells = [*row.made, *rest, *[""] * width][:width]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n" + "\n".join(lines) + "\n"


def _written(row: Row, rows: list[Row], place: int, there: list[list[str]]) -> list[str]:
    """Return what is written beside a row: beside the same names, or, for words that are new,
    beside the words that stood in its place and are gone."""
    for cells in there:
        if tuple(cells[: row.names]) == row.made[: row.names]:
            return cells[len(row.made) :]
    if row.words and len(there) == len(rows):
        before = there[place]
        if all(before[0] != other.made[0] for other in rows):
            return before[len(row.made) :]
    return []


def language_of(page: Path) -> str:
    """Return "zh" for a page in docs/zh, otherwise "en"."""
    return "zh" if page.parent.name == "zh" else "en"


def filled(page: Path) -> str:
    """Return what the file of a page is to hold."""
    twin = page.parent.parent / page.name
    english = twin.read_text("utf-8") if language_of(page) == "zh" and twin.is_file() else ""
    return fill(page.read_text("utf-8"), language_of(page), english)
