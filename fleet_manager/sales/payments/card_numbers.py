"""PURE. Numbers of bank cards: no field of ours takes one."""

import re
import unicodedata

from fleet_manager.errors import CentreError

_RUN = re.compile(r"\d(?:[ -]?\d)+")


def refuse_card_number(*texts: str) -> None:
    """Raise CentreError if a text holds what may be the number of a bank card. The text is not
    repeated: it is a secret."""
    if any(holds_card_number(text) for text in texts):
        raise CentreError(
            "cannot store that: it looks like the number of a bank card",
            "type the reference of the slip, never the card's number",
        )


def holds_card_number(text: str) -> bool:
    """Return whether a text holds 13 to 19 digits in a row, with blanks or dashes between them,
    whose check digit fits (ISO/IEC 7812, Luhn)."""
    for run in _RUN.findall(unicodedata.normalize("NFKC", text)):
        digits = [int(char) for char in run if char.isdigit()]
        if 13 <= len(digits) <= 19 and _luhn(digits) == 0:
            return True
    return False


def _luhn(digits: list[int]) -> int:
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10
