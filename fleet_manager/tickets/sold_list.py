"""Which tickets were sold: by day, product, status, and who sold them."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from fleet_manager.access.rights import Act
from fleet_manager.database import tables
from fleet_manager.database.tables_access import audit
from fleet_manager.tickets.sold import SoldTicket, read
from gate_agent.validator.lists.ticket_list import TicketStatus

SERIALS = "serials"
"""In the audit line of a sale: first and last serial."""
RESERVED = "(restored)"
"""In the place of who sold it: a serial that a restore has reserved, whose ticket is not known."""
_ROW = tables.ticket.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldFilter:
    """Which tickets to give; None for any. `sold_s`, `valid_s`: UTC seconds, the end excluded.
    `last`: so many at most, the newest."""

    sold_s: tuple[int, int] | None = None
    valid_s: tuple[int, int] | None = None
    product: int | None = None
    status: TicketStatus | None = None
    group: int | None = None
    seller: str | None = None
    last: int | None = None


class Sellers:
    """Who sold which serials, by the audit; read once."""

    def __init__(self, connection: Connection) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        self._names: list[str] = []
        row = audit.c
        query = (
            select(row.actor, row.after, row.act)
            .where(
                row.act.in_([Act.TICKET_ISSUE.value, Act.CENTRE_RESTORED.value]),
                row.after.is_not(None),
            )
            .order_by(row.number)
        )
        for name, after, act in connection.execute(query):
            serials = json.loads(after).get(SERIALS)
            if serials is not None:
                self._first.append(serials[0])
                self._last.append(serials[1])
                self._names.append(name if act == Act.TICKET_ISSUE else RESERVED)

    def of(self, serial: int) -> str:
        """Return who sold a ticket, '' if the audit does not say."""
        at = bisect_right(self._first, serial) - 1
        return self._names[at] if at >= 0 and serial <= self._last[at] else ""


def find(connection: Connection, wanted: SoldFilter, sellers: Sellers) -> Iterator[SoldTicket]:
    """Give the tickets that pass, oldest first, without holding them all; with `last` they are."""
    query = select(tables.ticket)
    if wanted.sold_s is not None:
        query = query.where(_ROW.issued_at >= wanted.sold_s[0], _ROW.issued_at < wanted.sold_s[1])
    if wanted.valid_s is not None:
        query = query.where(
            _ROW.not_before < wanted.valid_s[1], _ROW.expires_at > wanted.valid_s[0]
        )
    if wanted.product is not None:
        query = query.where(_ROW.product == wanted.product)
    if wanted.status is not None:
        query = query.where(_ROW.status == int(wanted.status))
    if wanted.group is not None:
        query = query.where(_ROW.group_no == wanted.group)
    query = query.order_by(_ROW.serial if wanted.last is None else _ROW.serial.desc())
    rows = connection.execution_options(yield_per=1000).execute(query)
    passing = (
        ticket
        for ticket in map(read, rows)
        if wanted.seller in (None, sellers.of(ticket.ticket.serial))
    )
    if wanted.last is None:
        yield from passing
        return
    newest: list[SoldTicket] = []
    for ticket in passing:
        newest.append(ticket)
        if len(newest) >= wanted.last:
            break
    yield from reversed(newest)
