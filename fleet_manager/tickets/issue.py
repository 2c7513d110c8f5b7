"""Selling and managing tickets. A ticket is a row and a signature over it; the code is not kept,
because Ed25519 makes the same signature again."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from fleet_manager.database import changes, store, tables
from fleet_manager.errors import CentreError
from fleet_manager.keys.vault import Vault
from fleet_manager.park_time import Calendar
from fleet_manager.tickets import products
from fleet_manager.tickets.serials import count_sold
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import MAX_SERIALS
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.entry_policy import POLICIES, EntryPolicy
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.tickets.manual_code import manual_code
from gate_agent.validator.tickets.ticket import Ticket, sign

MAX_COUNT = 100_000
MAX_ISSUE = 255


@dataclass(frozen=True, slots=True)
class TicketOrder:
    """`count` tickets of one product. None takes what the product says.

    `group`: they share a group number. `first_day` and `days`: the window, in the park's days.
    `holder`: (document type, number) of the one person it is for; only its tag is kept.
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


@dataclass(frozen=True, slots=True)
class SoldTicket:
    """A ticket as the centre knows it. `extra`: entries on top of what it says. `now_for`: tag of
    whom it was passed on to."""

    ticket: Ticket
    status: TicketStatus
    extra: int = 0
    now_for: bytes | None = None


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

    def code(self, ticket: Ticket) -> str:
        """The text of its QR code."""
        signer = self._vault.tickets.get(ticket.key_id, self._vault.ticket)
        return sign(ticket, self._park, signer.public, signer.sign)

    def number(self, ticket: Ticket) -> str:
        """What is printed below the code, to be typed where nothing can read it."""
        return manual_code(self._vault.pepper, ticket)

    def sell(self, connection: Connection, order: TicketOrder, now_ms: int) -> list[Ticket]:
        """Raises CentreError for an order that cannot be met; then nothing is sold."""
        if not 0 < order.count <= MAX_COUNT:
            raise CentreError(f"cannot issue {order.count} tickets: must be 1 to {MAX_COUNT}")
        if order.holder is not None and order.count != 1:
            raise CentreError("cannot bind more than one ticket to one holder")
        product = products.find(connection, order.product)
        days = product.days if order.days is None else order.days
        try:
            window = self._calendar.window(order.first_day, days)
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
                tag = holder_tag(self._vault.pepper, first.serial, *order.holder)
                first = replace(first, holder_tag=tag)
            self.code(first)  # the format is the judge of what fits
        except WireError as error:
            raise CentreError(f"cannot issue that: {error}") from None
        tickets = [replace(first, serial=first.serial + n) for n in range(order.count)]
        store.insert_rows(connection, tables.ticket, [_row(ticket) for ticket in tickets])
        return tickets

    def reprint(self, connection: Connection, serial: int) -> Ticket:
        """The same ticket with its issue counter one up: older prints are refused from the next
        list on. Raises CentreError."""
        found = find(connection, serial)
        if found.status is not TicketStatus.VALID:
            raise CentreError(f"cannot reprint ticket {serial}: it is {found.status.name.lower()}")
        issue = found.ticket.issue + 1
        if issue > MAX_ISSUE:
            raise CentreError(f"cannot reprint ticket {serial} more than {MAX_ISSUE} times")
        change(connection, [serial], {"issue": issue})
        return replace(found.ticket, issue=issue)

    def _new_group(self, connection: Connection) -> int:
        table = tables.ticket
        while True:
            number = self._draw(1 << 32)
            taken = select(table.c.serial).where(table.c.group_no == number).limit(1)
            if connection.scalar(taken) is None:
                return number


# Made once: making a statement costs more than running it.
_FIND = select(tables.ticket).where(tables.ticket.c.serial == bindparam("of"))
_FROM = {
    TicketStatus.VOID: (TicketStatus.VALID, TicketStatus.SUSPENDED),
    TicketStatus.SUSPENDED: (TicketStatus.VALID,),
    TicketStatus.VALID: (TicketStatus.SUSPENDED,),
}


def set_status(connection: Connection, serials: Sequence[int], status: TicketStatus) -> list[int]:
    """Void, suspend or restore (VALID) tickets; void is for ever. Gives the serials that changed:
    asking for what is already so changes nothing. Raises CentreError before anything changed."""
    changed = []
    for serial in dict.fromkeys(serials):
        before = find(connection, serial).status
        if before is status:
            continue
        if before not in _FROM[status]:
            raise CentreError(
                f"cannot make ticket {serial} {status.name.lower()}: it is {before.name.lower()}",
                "a void ticket stays void: issue a new one",
            )
        changed.append(serial)
    if changed:
        change(connection, changed, {"status": int(status)})
    return changed


def find(connection: Connection, serial: int) -> SoldTicket:
    """Raises CentreError if it was never sold."""
    if 0 <= serial < 1 << 32:
        row = connection.execute(_FIND, {"of": serial}).one_or_none()
        if row is not None:
            return _read(row)
    raise CentreError(f"cannot find ticket {serial}", "serials are numbers from 1")


def members(connection: Connection, group: int) -> list[SoldTicket]:
    """All tickets of a group."""
    table = tables.ticket
    query = select(table).where(table.c.group_no == group).order_by(table.c.serial)
    return [_read(row) for row in connection.execute(query)]


def change(connection: Connection, serials: Sequence[int], values: dict[str, Any]) -> None:
    """Writes what lists must say from the next version on."""
    number = changes.new_number(connection)
    table = tables.ticket
    for serial in serials:
        where = table.c.serial == serial
        connection.execute(update(table).where(where).values(**values, change=number))


def _row(ticket: Ticket) -> tuple[Any, ...]:
    return (
        ticket.serial,
        ticket.product,
        ticket.key_id,
        ticket.issued_at,
        ticket.not_before,
        ticket.expires_at,
        ticket.admits,
        ticket.zones,
        ticket.entry_policy.to_byte(),
        ticket.group,
        ticket.holder_tag,
        ticket.issue,
        int(TicketStatus.VALID),
        0,
        None,
        0,
    )


def _read(row: Row[Any]) -> SoldTicket:
    ticket = Ticket(
        key_id=row.key_id,
        serial=row.serial,
        issued_at=row.issued_at,
        not_before=row.not_before,
        expires_at=row.expires_at,
        product=row.product,
        admits=row.admits,
        zones=row.zones,
        entry_policy=POLICIES[row.policy],
        group=row.group_no,
        holder_tag=row.holder_tag,
        issue=row.issue,
    )
    return SoldTicket(ticket, TicketStatus(row.status), row.extra, row.now_for)
