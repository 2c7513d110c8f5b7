"""Words in sentences that commands print: one thing or several, a price, a yes."""

import re

from fleet_manager.errors import CentreError

_YUAN = re.compile(r"(\d{1,8})\.(\d{1,2})")
_FEN = re.compile(r"(\d{1,10}) ?(?:fen|cents?)", re.IGNORECASE)


def price(cents: int | None) -> str:
    """Return `80.00`, or `-` for no price."""
    return "-" if cents is None else f"{cents // 100}.{cents % 100:02}"


def read_price(text: str) -> int:
    """Return the fen or cents in `80.00` or `8000fen`. Raises CentreError.

    A whole number without a unit is refused: it has meant fen, and people mean yuan by it.
    """
    yuan = _YUAN.fullmatch(text)
    if yuan:
        return int(yuan[1]) * 100 + int(yuan[2].ljust(2, "0"))
    fen = _FEN.fullmatch(text)
    if fen:
        return int(fen[1])
    hint = ""
    if text.isascii() and text.isdecimal():
        hint = f"{text}.00 in yuan, or {text}fen?"
    raise CentreError(f"cannot use the price {text!r}: must be like 80.00 or 8000fen", hint)
