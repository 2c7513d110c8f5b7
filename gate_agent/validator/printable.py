"""PURE. Write what others have said so that it does nothing to a terminal or a spreadsheet: one
place for both programs."""

import json

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text begins that a spreadsheet may run. The last four are full-width =, +, - and @."""
_EXACT_DIGITS = 15
"""Excel makes a rounded number of a longer row of digits."""


def printable(text: str) -> str:
    """Return a text of one line with "?" for each control, format and direction character."""
    return "".join(c if c.isprintable() else "?" for c in text)


def json_text(value: object, indent: int | None = None) -> str:
    """Return a value as JSON in which letters of all scripts stand as they are, and whatever is no
    printable character as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isprintable():
        return text
    # Only `indent` writes line ends between the values; inside of a text they are escaped already.
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def safe_cell(value: object) -> object:
    """Return a cell that a spreadsheet neither runs nor rounds: such a text begins with '."""
    if not isinstance(value, str) or len(value) < 2:
        return value
    long_number = value.isascii() and value.isdecimal() and len(value) > _EXACT_DIGITS
    return "'" + value if value.startswith(_FORMULA) or long_number else value
