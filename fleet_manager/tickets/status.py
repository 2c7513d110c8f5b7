"""What happens to a ticket after its sale: void, suspended, reprinted, given entries, passed on."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from fleet_manager.errors import CentreError
from fleet_manager.tickets import documents
from fleet_manager.tickets.sold import SoldTicket, change, find
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.holder import holder_tag
from gate_agent.validator.tickets.ticket import Ticket

MAX_PRINTS = 255
MAX_EXTRA = 255
_FROM = {
    TicketStatus.VOID: (TicketStatus.VALID, TicketStatus.SUSPENDED),
    TicketStatus.SUSPENDED: (TicketStatus.VALID,),
    TicketStatus.VALID: (TicketStatus.SUSPENDED,),
}


def set_status(connection: Connection, serials: Sequence[int], status: TicketStatus) -> list[int]:
    """Void, suspend or restore (VALID) tickets, and return the serials that changed.

    Void is for ever; asking for what is already so changes nothing. Raises CentreError before
    anything changed.
    """
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


def reprint(connection: Connection, serial: int) -> Ticket:
    """Increase a ticket's issue counter by 1, and return the ticket with it: older prints are
    refused from the next list on.

    Raises CentreError for a ticket that is not valid, and beyond MAX_PRINTS.
    """
    sold = find(connection, serial)
    if sold.status is not TicketStatus.VALID:
        raise CentreError(f"cannot reprint ticket {serial}: it is {sold.status.name.lower()}")
    issue = sold.ticket.issue + 1
    if issue > MAX_PRINTS:
        raise CentreError(f"cannot reprint ticket {serial} more than {MAX_PRINTS} times")
    change(connection, [serial], {"issue": issue})
    return replace(sold.ticket, issue=issue)


def add_entries(connection: Connection, serial: int, count: int) -> int:
    """Add entries on top of what the ticket says, for a visitor who was counted and did not get in.

    Return how many it now has on top. Raises CentreError for a ticket that is not valid, a count
    below 1, or more than MAX_EXTRA in all.
    """
    extra = _valid(connection, serial, "add to").extra + count
    if not count > 0 or extra > MAX_EXTRA:
        raise CentreError(f"cannot add {count} entries: a ticket can have 1 to {MAX_EXTRA} more")
    change(connection, [serial], {"extra": extra})
    return extra


def pass_on(connection: Connection, pepper: bytes, serial: int, holder: tuple[str, str]) -> None:
    """Bind a ticket to another holder, a document's (type, number), from the next list on.

    Only a tag of the document is stored. Raises CentreError for a ticket that is not valid, or a
    document that cannot be.
    """
    _valid(connection, serial, "pass on")
    try:
        tag = holder_tag(pepper, serial, *documents.checked(*holder))
    except WireError as error:
        raise CentreError(f"cannot pass on ticket {serial}: {error}") from None
    change(connection, [serial], {"now_for": tag})


def _valid(connection: Connection, serial: int, what: str) -> SoldTicket:
    sold = find(connection, serial)
    if sold.status is not TicketStatus.VALID:
        raise CentreError(f"cannot {what} ticket {serial}: it is {sold.status.name.lower()}")
    return sold
