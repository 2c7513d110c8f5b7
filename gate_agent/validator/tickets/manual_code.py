"""The number printed below a ticket's code: typed when no reader can read the code itself.

It is the ticket's serial and six check digits under the park's secret. The digits catch a typing
mistake, and nobody who has seen one ticket can make up another's. They are no signature, and the
number does not say what was sold: so a typed number lets nobody in without staff.
"""

import hmac
import re

from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets.ticket import Ticket

CHECK_DIGITS = 6
_PURPOSE = b"scenic-gate manual code\0"
_UNSEEN_UNTIL = 60


def manual_code(pepper: bytes, ticket: Ticket) -> str:
    """Return the digits of a ticket: its serial, then six check digits."""
    check = check_number(pepper, ticket.key_id, ticket.serial, ticket.issue)
    return f"{ticket.serial}{check:0{CHECK_DIGITS}}"


def printed(code: str) -> str:
    """Return the digits as they are printed, in groups from the end: `12 345 678 901`."""
    return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", " ", code)


def read_manual_code(text: str) -> tuple[int, int]:
    """Return (serial, check number) of a typed number, in which blanks and hyphens are ignored.
    Raise WireError for any other text."""
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"0|[1-9][0-9]{0,9}", digits[:-CHECK_DIGITS]) or not (
        digits.isascii() and digits.isdigit()
    ):
        raise WireError("not the number of a ticket")
    serial = int(digits[:-CHECK_DIGITS])
    if serial >= 1 << 32:
        raise WireError("a ticket's number out of range")
    return serial, int(digits[-CHECK_DIGITS:])


def check_number(pepper: bytes, key_id: bytes, serial: int, issue: int) -> int:
    """Return HMAC-SHA-256 under the park's secret over key id, serial and issue, modulo
    1,000,000."""
    text = _PURPOSE + key_id + serial.to_bytes(4, "big") + issue.to_bytes(1, "big")
    tag = int.from_bytes(hmac.digest(pepper, text, "sha256")[:8], "big")
    return tag % 1_000_000


def unseen(key_id: bytes, serial: int, issue: int) -> Ticket:
    """Return a ticket of which only the number is known: valid for one minute of 1970, for no
    product."""
    return Ticket(
        key_id=key_id,
        serial=serial,
        issued_at=0,
        not_before=0,
        expires_at=_UNSEEN_UNTIL,
        product=0,
        issue=issue,
    )


def was_seen(ticket: Ticket) -> bool:
    """Return whether the fields are the ticket's own, and not those that `unseen` puts in. Another
    seller's code has no time of issue either, but a window of its own."""
    return ticket.expires_at != _UNSEEN_UNTIL
