"""Find tickets by the document of the person they are for: only a tag of it is stored."""

from collections.abc import Sequence
from hmac import compare_digest

from sqlalchemy import Connection, func, select

from fleet_manager.database import tables
from fleet_manager.tickets.sold import SoldTicket, read
from gate_agent.validator.tickets.holder import holder_tag

_ROW = tables.ticket.c


def of_document(
    connection: Connection, pepper: bytes, holder: tuple[str, str], now_s: int, most: int
) -> Sequence[SoldTicket]:
    """Return the tickets that are not over for the person with this document (type, number), the
    newest first, `most` at most.

    A tag is made of the ticket's serial as well, so each such ticket that names a person is tried:
    some microseconds each.
    """
    now_for = func.coalesce(_ROW.now_for, _ROW.holder_tag)
    query = (
        select(tables.ticket)
        .where(now_for.is_not(None), _ROW.expires_at > now_s)
        .order_by(_ROW.serial.desc())
    )
    found: list[SoldTicket] = []
    for row in connection.execute(query):
        tag = holder_tag(pepper, row.serial, *holder)
        if compare_digest(tag, bytes(row.now_for or row.holder_tag)):
            found.append(read(row))
            if len(found) == most:
                break
    return found
