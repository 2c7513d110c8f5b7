"""The entry of one ticket in the lists in force: the one value by which `decide` knows them."""

from dataclasses import dataclass

from gate_agent.validator.lists.ticket_list import TicketList, TicketStatus
from gate_agent.validator.tickets.series import MAIN_SERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`status`: of the ticket. `as_of_ms`: when the list was true, ms since 1970. `min_issue`:
    prints with a lower issue counter have been replaced. `extra`: entries on top of those on the
    ticket. `holder_tag`: of the person to whom the ticket was transferred, None if it was not.
    `series`, `version`: of the list."""

    status: TicketStatus
    as_of_ms: int
    min_issue: int = 0
    extra: int = 0
    holder_tag: bytes | None = None
    series: str = MAIN_SERIES
    version: int = 0


def listing_of(listed: TicketList, serial: int) -> Listing:
    """Return the listing of one serial in a list of serials."""
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
