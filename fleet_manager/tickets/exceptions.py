"""What the ticket list says of a ticket beyond its status: entries given on top, another holder."""

from sqlalchemy import Connection

from fleet_manager.errors import CentreError
from fleet_manager.tickets import issue
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.holder import holder_tag

MAX_EXTRA = 255


def add_entries(connection: Connection, serial: int, count: int) -> int:
    """Gives entries on top of what the ticket says, for somebody who was counted and did not get
    in. Gives how many it now has. Raises CentreError."""
    extra = _valid(connection, serial, "add to").extra + count
    if not count > 0 or extra > MAX_EXTRA:
        raise CentreError(f"cannot add {count} entries: a ticket can have 1 to {MAX_EXTRA} more")
    issue.change(connection, [serial], {"extra": extra})
    return extra


def pass_on(connection: Connection, pepper: bytes, serial: int, holder: tuple[str, str]) -> None:
    """From the next list on the ticket is for the person with this document (type, number), of
    which only a tag is kept. Raises CentreError."""
    _valid(connection, serial, "pass on")
    try:
        tag = holder_tag(pepper, serial, *holder)
    except WireError as error:
        raise CentreError(f"cannot pass on ticket {serial}: {error}") from None
    issue.change(connection, [serial], {"now_for": tag})


def _valid(connection: Connection, serial: int, what: str) -> issue.SoldTicket:
    found = issue.find(connection, serial)
    if found.status is not TicketStatus.VALID:
        raise CentreError(f"cannot {what} ticket {serial}: it is {found.status.name.lower()}")
    return found
