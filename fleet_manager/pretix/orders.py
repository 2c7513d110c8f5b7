"""An order as pretix's API shows it, read as the tickets in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet_manager.pretix.server import PretixError
from gate_agent.validator.lists.ticket_list import TicketStatus

MAX_SECRET_CHARS = 256
ORDER_FIELDS = (
    "code", "status", "valid_if_pending",
    *(f"positions.{name}" for name in (
        "id", "secret", "item", "variation", "subevent", "canceled", "blocked",
        "valid_from", "valid_until",
    )),
)  # fmt: skip
"""What is asked for of an order: no name, no address, no mail of anybody."""

_MAX_NUMBER = 1 << 62
_STATUS = {"p": TicketStatus.VALID, "n": TicketStatus.SUSPENDED}


@dataclass(frozen=True, slots=True)
class OrderPosition:
    """One ticket of an order. `id`, `item`, `variation`, `subevent`: pretix's numbers, 0 for none.
    `secret`: what its QR code holds. `status`: VALID if it is paid; SUSPENDED while it is blocked
    or waits for its payment; VOID if it is cancelled. `valid_from`, `valid_until`: UTC seconds,
    None for no limit of its own."""

    id: int
    secret: str
    item: int
    variation: int
    subevent: int
    status: TicketStatus
    valid_from: int | None
    valid_until: int | None


def positions(order: object) -> Iterator[OrderPosition]:
    """Yield the tickets in one order. Raises PretixError that names the field.

    An order that waits for its payment counts as paid if pretix itself says that it is valid
    meanwhile.
    """
    fields = _Fields(order, "an order")
    order_status = fields.text("status", 1)
    of_order = _STATUS.get(order_status, TicketStatus.VOID)
    if order_status == "n" and fields.flag("valid_if_pending"):
        of_order = TicketStatus.VALID
    for row in fields.rows("positions"):
        position = _Fields(row, "a position")
        if not position.given("secret"):
            continue  # an add-on without a ticket of its own
        yield OrderPosition(
            id=position.number("id"),
            secret=position.text("secret", MAX_SECRET_CHARS),
            item=position.number("item"),
            variation=position.number("variation"),
            subevent=position.number("subevent"),
            status=_status(of_order, position),
            valid_from=position.time("valid_from"),
            valid_until=position.time("valid_until"),
        )


def _status(of_order: TicketStatus, position: "_Fields") -> TicketStatus:
    if position.flag("canceled"):
        return TicketStatus.VOID
    if of_order is TicketStatus.VALID and position.given("blocked"):
        return TicketStatus.SUSPENDED
    return of_order


def secrets(rows: object) -> Iterator[tuple[str, bool]]:
    """Yield (secret, whether it is blocked) of a page of the revoked or blocked secrets; a revoked
    secret is blocked for ever. Raises PretixError."""
    for row in rows if isinstance(rows, list) else [None]:
        fields = _Fields(row, "a secret")
        blocked = fields.flag("blocked") if fields.has("blocked") else True
        yield fields.text("secret", MAX_SECRET_CHARS), blocked


class _Fields:
    """The fields of one JSON object, each as what it must be."""

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, dict):
            raise PretixError(f"cannot read {what} of pretix: not an object")
        self._value: dict[str, Any] = value
        self._what = what

    def _error(self, name: str, allowed: str) -> PretixError:
        return PretixError(f"cannot read {self._what} of pretix: {name} must be {allowed}")

    def has(self, name: str) -> bool:
        return name in self._value

    def given(self, name: str) -> bool:
        """Return whether it is there and not empty: `blocked` is null or a list of causes."""
        return bool(self._value.get(name))

    def flag(self, name: str) -> bool:
        value = self._value.get(name, False)
        if not isinstance(value, bool):
            raise self._error(name, "true or false")
        return value

    def text(self, name: str, longest: int) -> str:
        value = self._value.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
            raise self._error(name, f"a text of 1 to {longest} printable characters")
        return value

    def number(self, name: str) -> int:
        value = self._value.get(name)
        if value is None and name in ("variation", "subevent"):
            return 0
        if type(value) is not int or not 0 < value < _MAX_NUMBER:
            raise self._error(name, "a number")
        return value

    def time(self, name: str) -> int | None:
        value = self._value.get(name)
        if value is None:
            return None
        try:
            when = datetime.fromisoformat(value)
            if when.tzinfo is not None:
                return int(when.timestamp())
        except (TypeError, ValueError, OverflowError):
            pass
        raise self._error(name, "a time with its zone")

    def rows(self, name: str) -> list[Any]:
        value = self._value.get(name)
        if not isinstance(value, list):
            raise self._error(name, "a list")
        return value
