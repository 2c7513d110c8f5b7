"""Tickets that were sold: their rows in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from fleet_manager.database import changes, store, tables
from fleet_manager.errors import CentreError
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.entry_policy import POLICIES
from gate_agent.validator.tickets.ticket import Ticket

# Made once: making a statement costs more than running it.
_FIND = select(tables.ticket).where(tables.ticket.c.serial == bindparam("of"))


@dataclass(frozen=True, slots=True)
class SoldTicket:
    """A ticket as the centre knows it. `extra`: entries on top of what it says. `new_holder_tag`:
    tag of the holder that it was passed on to."""

    ticket: Ticket
    status: TicketStatus
    extra: int = 0
    new_holder_tag: bytes | None = None


def find(connection: Connection, serial: int) -> SoldTicket:
    """Return the ticket with a serial. Raises CentreError if it was never sold."""
    if 0 <= serial < 1 << 32:
        row = connection.execute(_FIND, {"of": serial}).one_or_none()
        if row is not None:
            return read(row)
    raise CentreError(f"cannot find ticket {serial}", "see `fleet-manager ticket list`")


def members(connection: Connection, group: int) -> list[SoldTicket]:
    """Return all tickets of a group, by serial."""
    table = tables.ticket
    query = select(table).where(table.c.group_no == group).order_by(table.c.serial)
    return [read(row) for row in connection.execute(query)]


def change(connection: Connection, serials: Sequence[int], values: dict[str, Any]) -> None:
    """Store columns (name: value) of tickets; lists say them from the next version on."""
    number = changes.new_number(connection)
    table = tables.ticket
    for serial in serials:
        where = table.c.serial == serial
        connection.execute(update(table).where(where).values(**values, change=number))


def insert(connection: Connection, tickets: Sequence[Ticket]) -> None:
    """Store tickets that are sold now."""
    store.insert_rows(connection, tables.ticket, [_row(ticket) for ticket in tickets])


def _row(ticket: Ticket) -> store.Row:
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


def read(row: Row[Any]) -> SoldTicket:
    """Return the ticket of a whole row of the table."""
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
