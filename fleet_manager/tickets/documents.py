"""Numbers of documents that tickets are bound to, checked where they are typed in."""

import unicodedata
from datetime import date

from fleet_manager.errors import CentreError
from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets.holder import ID_CARD, normalise

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def checked(document: str, number: str) -> tuple[str, str]:
    """Return type and number of a document as a holder's tag is made of them.

    Full-width characters become plain ones. The number of an identity card must be one that a
    card can have: otherwise its visitor would never match the ticket. Raises CentreError.
    """
    try:
        plain = normalise(unicodedata.normalize("NFKC", number))
    except WireError as error:
        raise CentreError(f"cannot bind a ticket to that document: {error}") from None
    if document == ID_CARD:
        _check_id_card(plain)
    return document, plain


def check_character(digits: str) -> str:
    """Return the last character of an identity card's number over its first 17 digits.

    GB 11643-1999, after ISO/IEC 7064 MOD 11-2.
    """
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return _CHECK[total % 11]


def _check_id_card(number: str) -> None:
    """Raise CentreError for a number that no card has. It is not repeated: it is a secret."""
    body = number[:17]
    if len(number) != 18 or not body.isdecimal():
        raise CentreError(
            "cannot bind a ticket to that identity card: its number has 17 digits and a check "
            f"character, and not {len(number)} characters",
            "for other documents: passport:…, permit:… or other:…",
        )
    try:
        date(int(body[6:10]), int(body[10:12]), int(body[12:14]))
    except ValueError:
        raise CentreError(
            "cannot bind a ticket to that identity card: digits 7 to 14 are no date of birth",
            "compare the number with the card",
        ) from None
    if check_character(body) != number[17]:
        raise CentreError(
            "cannot bind a ticket to that identity card: the last character does not fit the "
            "digits before it",
            "a digit is mistyped: compare the number with the card",
        )
