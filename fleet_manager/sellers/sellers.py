"""Series of codes that others sell: their codes' kinds and status.

A code is a right in itself, like a banknote, so it is not stored: the table holds its digest.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet_manager.database import changes, store, tables
from fleet_manager.errors import CentreError
from fleet_manager.sellers import signers
from fleet_manager.sellers.table_cells import copied
from gate_agent.validator.lists.code_head import (
    SALT_BYTES,
    CodeHead,
    CodeKind,
    digest_of,
    signed_ticket,
)
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.entry_policy import POLICIES
from gate_agent.validator.tickets.series import MAIN_SERIES, is_series
from gate_agent.validator.tickets.ticket import Ticket

MAX_SELLERS = 15
_EVERY = select(tables.series).order_by(tables.series.c.id)
_TOUCH = (
    update(tables.series)
    .where(tables.series.c.id == bindparam("of"))
    .values(change=bindparam("now"))
)
_KIND = tables.code_kind.c
_KINDS = (
    select(
        _KIND.product, _KIND.not_before, _KIND.expires_at, _KIND.admits, _KIND.zones, _KIND.policy
    )
    .where(_KIND.series == bindparam("of"))
    .order_by(_KIND.no)
)


@dataclass(frozen=True, slots=True)
class Seller:
    """A series. `tagged`: its codes may be bound to documents. `retired_ms`: since when no codes
    are taken in, None while they are."""

    series: str
    owner: str
    salt: bytes
    tagged: bool
    change: int
    retired_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SoldCode:
    """A code as the centre knows it."""

    ticket: Ticket
    status: TicketStatus


def add(
    connection: Connection,
    series: str,
    owner: str,
    *,
    tagged: bool,
    draw: Callable[[int], bytes] = secrets.token_bytes,
) -> None:
    """Add a series. `draw`: gives so many random bytes. Raises CentreError for a name that is none
    or taken, and for one series too many."""
    if not is_series(series) or series == MAIN_SERIES:
        raise CentreError(
            f"cannot use the series {series!r}: must be 1 to 16 of a-z, 0-9 and -, and not main"
        )
    if len(every(connection)) >= MAX_SELLERS:
        raise CentreError(f"cannot add a series: there are {MAX_SELLERS}, and a gate keeps no more")
    values = {
        "id": series,
        "owner": owner,
        "salt": draw(SALT_BYTES),
        "tagged": tagged,
        "change": changes.new_number(connection),
    }
    try:
        connection.execute(insert(tables.series).values(values))
    except IntegrityError:
        raise CentreError(f"cannot add the series {series}: it is there") from None


def every(connection: Connection) -> list[Seller]:
    """Return all series of codes, by name."""
    rows = store.run(connection, _EVERY, {})
    return [
        Seller(series, owner, salt, bool(tagged), change, retired_ms)
        for series, owner, salt, tagged, change, retired_ms in rows
    ]


def find_series(connection: Connection, series: str) -> Seller:
    """Return a series. Raises CentreError if there is none."""
    for seller in every(connection):
        if seller.series == series:
            return seller
    raise CentreError(
        f"cannot find series {series!r} of codes",
        "see `fleet-manager list series`, or make it with `fleet-manager list add`",
    )


def set_owner(connection: Connection, series: str, owner: str) -> None:
    """Say who sells the codes of a series. Raises CentreError."""
    find_series(connection, series)
    if not owner.strip() or not owner.isprintable():
        raise CentreError("cannot use that owner: must be a text on one line")
    where = tables.series.c.id == series
    connection.execute(update(tables.series).where(where).values(owner=owner))


def retire(connection: Connection, series: str, now_ms: int | None) -> None:
    """Take no codes of a series in any more, or with None again. Raises CentreError if it is so
    already."""
    seller = find_series(connection, series)
    if (seller.retired_ms is None) == (now_ms is None):
        state = "is retired already" if now_ms is not None else "is not retired"
        raise CentreError(f"cannot change series {series}: it {state}")
    where = tables.series.c.id == series
    connection.execute(update(tables.series).where(where).values(retired_ms=now_ms))


def kinds(connection: Connection, series: str) -> list[CodeKind]:
    """Return the kinds of codes of a series, in the order of their numbers, from 0."""
    return [
        CodeKind(
            product=product,
            not_before=not_before,
            expires_at=expires_at,
            admits=admits,
            zones=zones,
            entry_policy=POLICIES[policy],
        )
        for product, not_before, expires_at, admits, zones, policy in store.run(
            connection, _KINDS, {"of": series}
        )
    ]


def add_kinds(connection: Connection, series: str, first: int, new: Sequence[CodeKind]) -> None:
    """Store kinds, which get the numbers from `first` on."""
    table = tables.code_kind
    names = table.columns.keys()
    for number, kind in enumerate(new, first):
        values = dict(zip(names, [series, number, *kind.row()], strict=True))
        connection.execute(insert(table).values(values))


def head(connection: Connection, seller: Seller) -> CodeHead:
    """Return the head of the series' list."""
    numbered = tuple(kinds(connection, seller.series))
    trusted = signers.read(connection, seller.series)
    return CodeHead(seller.salt, seller.tagged, numbered, trusted)


def touch(connection: Connection, series: str) -> int:
    """Give the series the number of a new change, and return it."""
    number = changes.new_number(connection)
    store.run(connection, _TOUCH, {"of": series, "now": number})
    return number


def find(connection: Connection, code: str) -> SoldCode | None:
    """Return a code of any series, as a gate sees it; None if no series has it."""
    table = tables.code
    for seller in every(connection):
        digest = digest_of(seller.salt, code.encode(errors="replace"))
        query = select(table).where(table.c.series == seller.series, table.c.digest == digest)
        row = connection.execute(query).one_or_none()
        if row is not None and row.status:
            kind = kinds(connection, seller.series)[row.kind]
            return SoldCode(kind.ticket(seller.series, digest, row.tag), TicketStatus(row.status))
        of_series = head(connection, seller)
        signed = signed_ticket(of_series, seller.series, digest, code.encode(errors="replace"))
        if signed is not None:
            return SoldCode(signed, TicketStatus.VALID)
    return None


def listing(sold: SoldCode, now_ms: int) -> Listing:
    """Return the entry of a code in the next list, made at `now_ms` (UTC)."""
    return Listing(status=sold.status, as_of_ms=now_ms, series=sold.ticket.series)


def set_status(
    connection: Connection, series: str, codes: Sequence[str], status: TicketStatus
) -> tuple[int, list[int]]:
    """Void, suspend or restore (VALID) codes of a series. Return how many changed, and the places
    (from 0) of those that it does not know; if there are some, nothing changes."""
    seller = find_series(connection, series)
    table = tables.code
    to_change: set[bytes] = set()
    unknown: list[int] = []
    for place, code in enumerate(codes):
        digest, before = _listed(connection, seller, code)
        if not before:
            unknown.append(place)
        elif before != status:
            to_change.add(digest)
    if unknown or not to_change:
        return 0, unknown
    number = touch(connection, series)
    for digest in sorted(to_change):
        where = table.c.series == series, table.c.digest == digest
        connection.execute(update(table).where(*where).values(status=int(status), change=number))
    return len(to_change), []


def _listed(connection: Connection, seller: Seller, code: str) -> tuple[bytes, int]:
    """Return (digest, status) of a code as it is written, or without what copying adds to it;
    status 0 for one that is not listed."""
    table = tables.code
    digest = b""
    for text in dict.fromkeys((code, copied(code))):
        digest = digest_of(seller.salt, text.encode(errors="replace"))
        where = table.c.series == seller.series, table.c.digest == digest
        status = connection.scalar(select(table.c.status).where(*where))
        if status:
            return digest, int(status)
    return digest, 0
