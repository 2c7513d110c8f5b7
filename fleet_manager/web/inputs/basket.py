"""The basket of a till's page: lines in hidden fields, one text for each.

`adult*2` is two of the product adult; `boat*3@10:00` for a time slot; `team*30!` all on one ticket.
"""

import re
from dataclasses import dataclass, replace

from fleet_manager.sales.orders.basket import MAX_LINES, MAX_PERSONS
from fleet_manager.web.ask import BadField, Fields

_LINE = re.compile(r"([a-z0-9][a-z0-9-]{0,19})\*(\d{1,5})(!?)(?:@([^@]{1,40}))?")


@dataclass(frozen=True, slots=True)
class TillLine:
    """One line: a product's code, persons, one ticket for all or not, time slot or ''."""

    product: str
    persons: int
    together: bool = False
    slot: str = ""

    def encoded(self) -> str:
        """Return the line as a hidden field holds it."""
        mark = "!" if self.together else ""
        return f"{self.product}*{self.persons}{mark}" + (f"@{self.slot}" if self.slot else "")


def read_lines(form: Fields) -> list[TillLine]:
    """Return the lines of a form, as its boxes and menus change them. Raises BadField."""
    given = form.every("line")
    if len(given) > MAX_LINES:
        raise BadField(f"cannot use {len(given)} lines: at most {MAX_LINES}")
    return [_changed(form, at, _read(text)) for at, text in enumerate(given)]


def _read(text: str) -> TillLine:
    match = _LINE.fullmatch(text)
    if match is None or not 0 < int(match[2]) <= MAX_PERSONS:
        raise BadField(f"cannot use the line {text[:40]!r}: must be such as adult*2")
    return TillLine(match[1], int(match[2]), bool(match[3]), match[4] or "")


def _changed(form: Fields, at: int, line: TillLine) -> TillLine:
    if form.get("shown") != "yes":
        return line
    together = line.persons > 1 and f"together.{at}" in form
    return replace(line, together=together, slot=form.get(f"slot.{at}", line.slot))


def add(lines: list[TillLine], product: str, persons: int) -> list[TillLine]:
    """Return lines with `persons` more of a product, or less below 0; a line of nobody is gone.

    Raises BadField beyond what an order may hold.
    """
    for at, line in enumerate(lines):
        if line.product == product:
            return change(lines, at, persons)
    return [*lines, TillLine(product, min(persons, MAX_PERSONS))] if persons > 0 else lines


def change(lines: list[TillLine], at: int, persons: int) -> list[TillLine]:
    """Return lines with `persons` more in the line `at`, or less below 0. Raises BadField for a
    line that is not there."""
    if not 0 <= at < len(lines):
        raise BadField(f"cannot change line {at}: there are {len(lines)}")
    total = lines[at].persons + persons
    if total > MAX_PERSONS:
        raise BadField(f"cannot sell {total} at once: at most {MAX_PERSONS}")
    kept = [replace(lines[at], persons=total)] if total > 0 else []
    return [*lines[:at], *kept, *lines[at + 1 :]]
