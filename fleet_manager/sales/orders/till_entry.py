"""PURE. What a cashier types, scans or presses into the one field of a till.

A keypad is enough: `1` adds one of product 1, `1*3` three, `-1` takes one away; `+` is exact cash,
`+200` is cash of 200.00; a payment code is a payment; whatever else is looked up as a ticket.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from fleet_manager.errors import CentreError

MAX_ENTRY = 600
_COUNTED = re.compile(r"(-?)(\d{1,2})(?:[*xX×](\d{1,4}))?")
_AMOUNT = re.compile(r"\+(?:(\d{1,7})(?:[.](\d{1,2}))?)?")
_PAYMENT_CODE = re.compile(r"\d{16,24}")


@dataclass(frozen=True, slots=True)
class AddPersons:
    """`persons` more of the product with this key of the till; below 0, less."""

    key: int
    persons: int


@dataclass(frozen=True, slots=True)
class GivenCash:
    """Cash from the customer. `fen`: None for exactly what is due."""

    fen: int | None


@dataclass(frozen=True, slots=True)
class ScannedPayment:
    """A payment code from the customer's phone."""

    code: str


@dataclass(frozen=True, slots=True)
class TicketText:
    """The code of a ticket, or the number printed below it."""

    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty field."""


TillEntry = AddPersons | GivenCash | ScannedPayment | TicketText | Nothing


def read(text: str) -> TillEntry:
    """Return what an entry means. Raises CentreError for a text that is too long."""
    if len(text) > MAX_ENTRY:
        raise CentreError(f"cannot read an entry of {len(text)} characters: at most {MAX_ENTRY}")
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return Nothing()
    counted = _COUNTED.fullmatch(plain)
    if counted:
        sign, key, times = counted.groups()
        persons = int(times or 1)
        return AddPersons(int(key), -persons if sign else persons)
    amount = _AMOUNT.fullmatch(plain)
    if amount:
        return GivenCash(None if amount[1] is None else _fen(amount[1], amount[2] or ""))
    if _PAYMENT_CODE.fullmatch(plain):
        return ScannedPayment(plain)
    return TicketText(plain)


def _fen(yuan: str, rest: str) -> int:
    return int(Decimal(f"{yuan}.{rest or 0}") * 100)
