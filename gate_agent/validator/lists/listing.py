"""What the lists in force say of one ticket: the one value by which `decide` knows them."""

from dataclasses import dataclass

from gate_agent.validator.lists.ticket_list import TicketList, TicketStatus
from gate_agent.validator.tickets.series import MAIN_SERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`as_of_ms`: when it was true. `min_issue`: prints below it are out of date. `extra`: entries
    on top of what the ticket says. `holder_tag`: whom the ticket is for now, if not for whom it
    says. `series` and `version`: which list says so."""

    status: TicketStatus
    as_of_ms: int
    min_issue: int = 0
    extra: int = 0
    holder_tag: bytes | None = None
    series: str = MAIN_SERIES
    version: int = 0


def listing_of(listed: TicketList, serial: int) -> Listing:
    """What a list of serials says of one of them."""
    exceptions = listed.exceptions
    return Listing(
        status=listed.status(serial),
        as_of_ms=listed.manifest.as_of_ms,
        min_issue=exceptions.min_issue.get(serial, 0),
        extra=exceptions.extra.get(serial, 0),
        holder_tag=exceptions.holders.get(serial),
        series=listed.manifest.series,
        version=listed.manifest.version,
    )
