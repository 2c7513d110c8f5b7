"""Find the ticket that somebody names: by serial, by the number printed below its code, or by the
code itself, as people copy them out of mails and tables."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fleet_manager.errors import CentreError
from fleet_manager.keys.vault import Vault
from fleet_manager.tickets.sold import SoldTicket, find
from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.tickets.manual_code import CHECK_DIGITS, check_number, printed
from gate_agent.validator.tickets.ticket import Ticket

NAMES = "a serial (17 or #17), the number printed below the code, or the code in quotes"
_AROUND = " \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff\u3000,;\"'“”‘’「」`"
_BETWEEN = re.compile(r"[ \u00a0\u3000-]")
_MAX_DIGITS = 16


@dataclass(frozen=True, slots=True)
class NamedTicket:
    """A ticket that was sold here. `presented`: the print that was named, the newest for a
    serial."""

    sold: SoldTicket
    presented: Ticket


def cleaned(text: str) -> str:
    """Return what somebody pasted without a byte order mark, blanks, quotes and commas around it;
    full-width digits as plain ones. A code has none of these at its ends."""
    text = text.strip(_AROUND)
    plain = unicodedata.normalize("NFKC", text)
    return plain if re.fullmatch(r"#?[0-9 -]+", plain) else text


def is_number(text: str) -> bool:
    """Return whether a cleaned text is a serial or a printed number, and no code."""
    return re.fullmatch(r"#?[0-9][0-9 -]*", text) is not None


def by_number(connection: Connection, text: str, unlock: Callable[[], Vault]) -> NamedTicket:
    """Return the ticket of a serial or a printed number, cleaned.

    Raises CentreError if there is none, or the number could mean two tickets.
    """
    digits = _BETWEEN.sub("", text.removeprefix("#"))
    alone = digits == text  # with blanks it is printed so, with # it is a serial
    by_serial = None
    if alone or text.startswith("#"):
        by_serial = _sold(connection, digits)
    by_print = None
    if not text.startswith("#") and len(digits) > CHECK_DIGITS:
        by_print = _of_print(connection, digits, unlock)
    if by_serial is not None and by_print is not None:
        raise CentreError(
            f"cannot tell which ticket {text} is: it is a serial, and printed on ticket "
            f"{by_print.sold.ticket.serial}",
            f"write #{digits}, or {printed(digits)!r} as it is printed",
        )
    if by_serial is not None:
        return NamedTicket(by_serial, by_serial.ticket)
    if by_print is not None:
        return by_print
    raise _unknown(connection, text, digits)


def serial_of(connection: Connection, text: str, unlock: Callable[[], Vault]) -> int:
    """Return the serial of the ticket that a text names. Raises CentreError, also for a code that
    was not sold here."""
    text = cleaned(text)
    if is_number(text):
        return by_number(connection, text, unlock).sold.ticket.serial
    ticket = authenticate(text.encode(errors="replace"), unlock().ring)
    if isinstance(ticket, Denied):
        raise CentreError(f"cannot find ticket {text[:40]!r}", f"name it by {NAMES}")
    return find(connection, ticket.serial).ticket.serial


def _sold(connection: Connection, digits: str) -> SoldTicket | None:
    if not digits or len(digits) > _MAX_DIGITS:
        return None
    try:
        return find(connection, int(digits))
    except CentreError:
        return None


def _of_print(
    connection: Connection, digits: str, unlock: Callable[[], Vault]
) -> NamedTicket | None:
    """Return the ticket whose newest print, or an older one, bears this number."""
    sold = _sold(connection, digits[:-CHECK_DIGITS])
    if sold is None:
        return None
    pepper, newest = unlock().pepper, sold.ticket
    for issue in range(newest.issue, -1, -1):
        if check_number(pepper, newest.key_id, newest.serial, issue) == int(digits[-CHECK_DIGITS:]):
            return NamedTicket(sold, replace(newest, issue=issue))
    return None


def _unknown(connection: Connection, text: str, digits: str) -> CentreError:
    if len(digits) > CHECK_DIGITS and _sold(connection, digits[:-CHECK_DIGITS]) is not None:
        return CentreError(
            f"cannot find ticket {text}: no serial, and as a printed number its last six digits "
            f"do not fit ticket {int(digits[:-CHECK_DIGITS])}",
            "compare it with the paper",
        )
    return CentreError(f"cannot find ticket {text}", f"name it by {NAMES}")
