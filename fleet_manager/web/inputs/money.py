"""Amounts of money in the fields of a page."""

import unicodedata
from decimal import Decimal, InvalidOperation

from fleet_manager.web.ask import BadField

MOST_FEN = 10**12


def read_fen(name: str, given: str) -> int:
    """Return an amount in yuan, such as 1200 or 99.5, in fen. `name`: of the field. Raises
    BadField."""
    plain = unicodedata.normalize("NFKC", given).replace(",", "").replace("¥", "").strip()
    try:
        fen = Decimal(plain) * 100
        if fen.is_finite() and fen == fen.to_integral_value() and 0 <= fen < MOST_FEN:
            return int(fen)
    except (InvalidOperation, ValueError):
        pass
    raise BadField(f"cannot use {name} {given[:20]!r}: must be an amount such as 120 or 99.50")
