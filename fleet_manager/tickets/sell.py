"""Sell tickets. A ticket is a row and a signature over it; the code is not kept, because Ed25519
makes the same signature again."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, select

from fleet_manager.database import store, tables
from fleet_manager.errors import CentreError
from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.tickets import documents, products, sold
from fleet_manager.tickets.serials import count_sold
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import MAX_SERIALS
from gate_agent.validator.tickets.entry_policy import EntryPolicy
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.tickets.manual_code import manual_code
from gate_agent.validator.tickets.ticket import Ticket, sign

MAX_COUNT = 100_000


@dataclass(frozen=True, slots=True)
class TicketOrder:
    """`count` tickets of one product. None takes what the product says.

    `group`: they share a group number. `first_day` and `days`: the window, in the park's days;
    `window`: instead of them, from when to when, UTC seconds, as a time slot has it. `holder`:
    (document type, number) of the one person it is for; only its tag is kept.
    """

    product: str
    first_day: date
    count: int = 1
    days: int | None = None
    admits: int | None = None
    zones: int | None = None
    policy: EntryPolicy | None = None
    group: bool = False
    holder: tuple[str, str] | None = None
    window: tuple[int, int] | None = None


class Issuer:
    """Sells tickets of one park. Every method works inside the caller's transaction.

    `draw(n)` gives a random number below n.
    """

    def __init__(
        self,
        vault: Vault,
        park: str,
        calendar: Calendar,
        draw: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._vault = vault
        self._park = park
        self._calendar = calendar
        self._draw = draw

    @property
    def vault(self) -> Vault:
        """Return the keys that it sells with."""
        return self._vault

    def code(self, ticket: Ticket) -> str:
        """Return the text of the ticket's QR code, signed with the key that it names."""
        signer = self._vault.tickets.get(ticket.key_id, self._vault.ticket)
        return sign(ticket, self._park, signer.public, signer.sign)

    def number(self, ticket: Ticket) -> str:
        """Return the number printed below the code, to be typed where nothing can read it."""
        return manual_code(self._vault.pepper, ticket)

    def sell(self, connection: Connection, order: TicketOrder, now_ms: int) -> list[Ticket]:
        """Store the tickets of an order, and return them. `now_ms`: UTC.

        Raises CentreError for an order that cannot be met; then nothing is sold.
        """
        if not 0 < order.count <= MAX_COUNT:
            raise CentreError(f"cannot issue {order.count} tickets: must be 1 to {MAX_COUNT}")
        if order.holder is not None and order.count != 1:
            raise CentreError("cannot bind more than one ticket to one holder")
        product = products.find_for_sale(connection, order.product)
        days = product.days if order.days is None else order.days
        try:
            window = order.window or self._calendar.window(order.first_day, days)
        except (OverflowError, ValueError):
            raise CentreError("cannot issue a ticket for days so far away") from None
        store.count_up(connection, "sales")
        newest = count_sold(connection)
        if newest + order.count > MAX_SERIALS:
            raise CentreError(f"cannot issue more than {MAX_SERIALS} tickets")
        first = Ticket(
            key_id=self._vault.ticket.id,
            serial=newest + 1,
            issued_at=now_ms // 1000,
            not_before=window[0],
            expires_at=window[1],
            product=product.id,
            admits=product.admits if order.admits is None else order.admits,
            zones=product.zones if order.zones is None else order.zones,
            entry_policy=product.policy if order.policy is None else order.policy,
            group=self._new_group(connection) if order.group else None,
        )
        try:
            if order.holder is not None:
                holder = documents.checked(*order.holder)
                tag = holder_tag(self._vault.pepper, first.serial, *holder)
                first = replace(first, holder_tag=tag)
            self.code(first)  # the format is the judge of what fits
        except WireError as error:
            raise CentreError(f"cannot issue that: {error}") from None
        tickets = [replace(first, serial=first.serial + n) for n in range(order.count)]
        sold.insert(connection, tickets)
        return tickets

    def reserve(self, connection: Connection, last: int, now_ms: int) -> None:
        """Give out the serials up to `last` to nobody: gates take a ticket of such a serial, which
        was sold before a restore, and none is sold again. `now_ms`: UTC.

        Raises CentreError without a product, or beyond the last serial there can be.
        """
        first = count_sold(connection) + 1
        if last > MAX_SERIALS:
            raise CentreError(f"cannot reserve serials up to {last}: the last is {MAX_SERIALS}")
        choice = products.every(connection)
        if not choice:
            raise CentreError("cannot reserve serials: there is no product, so none was sold")
        store.count_up(connection, "sales")
        day = self._calendar.date_of(now_ms)
        not_before, expires_at = self._calendar.window(day, 1)
        placeholder = Ticket(
            key_id=self._vault.ticket.id,
            serial=first,
            issued_at=now_ms // 1000,
            not_before=not_before,
            expires_at=expires_at,
            product=choice[0].id,
        )
        sold.insert(
            connection, [replace(placeholder, serial=serial) for serial in range(first, last + 1)]
        )

    def _new_group(self, connection: Connection) -> int:
        table = tables.ticket
        while True:
            number = self._draw(1 << 32)
            taken = select(table.c.serial).where(table.c.group_no == number).limit(1)
            if connection.scalar(taken) is None:
                return number
