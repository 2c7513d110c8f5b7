"""Take in what pretix has sold as codes of a series: listed one by one, or by the keys that sign.

Orders that changed since the last whole pull are asked for, page by page; a pull that breaks off
has changed nothing and is done again. Nothing of a buyer is asked for, or stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from sqlalchemy import Connection, select

from fleet_manager.database import store, tables_pretix
from fleet_manager.database.store import Store
from fleet_manager.errors import CentreError
from fleet_manager.pretix import sources
from fleet_manager.pretix.event import PretixEvent
from fleet_manager.pretix.orders import OrderPosition
from fleet_manager.pretix.server import PretixError
from fleet_manager.pretix.sources import PretixSource
from fleet_manager.sellers import sellers, signers
from fleet_manager.sellers.csv_table import CsvRow
from fleet_manager.services.sellers import take_in
from fleet_manager.tickets import products
from fleet_manager.tickets.products import Product
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_head import CodeKind, digest_of
from gate_agent.validator.lists.code_signers import SignedEntitlement
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.pretix_ticket import PretixTicket, parse

_END_SECONDS = 1 << 33


@dataclass(frozen=True, slots=True)
class Pulled:
    """`tickets`: those that pretix named. `new` and `changed`: codes that are listed because of it.
    `unmapped`: tickets for products that mean nothing here."""

    tickets: int
    new: int
    changed: int
    unmapped: int


def pull(database: Store, source: PretixSource, event: PretixEvent, now_ms: int) -> Pulled:
    """Take in what changed since the last pull. `now_ms`: UTC. Raises PretixError, CentreError."""
    with database.read() as connection:
        seller = sellers.find_series(connection, source.series)
        sold = {product.id: product for product in products.every(connection)}
        mapping = sources.mapping(connection, source.series)
    here = {item: sold[product] for item, product in mapping.items()}
    work = _Work(database, source, event, seller.salt, here)
    if source.signed:
        _trust(database, source, event.keys(), work)
    taken_back = list(work.taken_back()) if source.signed else []
    tickets = list(work.listed())  # of signed ones only the secrets are remembered
    outcome = take_in(database, source.series, taken_back if source.signed else tickets)
    for mistake in outcome.mistakes:
        raise CentreError(f"cannot take in what pretix sold: {mistake.text}")
    missing = work.unmapped if not source.since else source.unmapped + work.unmapped
    pulled = replace(source, since=work.since or source.since, pulled_ms=now_ms, unmapped=missing)
    with database.write() as connection:
        if sources.find(connection, source.series).since == source.since:
            sources.save(connection, pulled)
    return Pulled(work.tickets, outcome.new, outcome.changed, work.unmapped)


class _Work:
    """One pull. `since`: the time from which the next may ask."""

    def __init__(
        self,
        database: Store,
        source: PretixSource,
        event: PretixEvent,
        salt: bytes,
        here: dict[tuple[int, int], Product],
    ) -> None:
        self._database = database
        self._source = source
        self._event = event
        self._salt = salt
        self._here = here
        self._line = count(1)
        self._seen: set[bytes] = set()
        self.since = ""
        self.tickets = 0
        self.unmapped = 0

    def listed(self) -> Iterator[CsvRow]:
        """Yield a row for every ticket, and for every secret that it had before."""
        seen: set[int] = set()
        for positions, generated in self._event.orders(self._source.since):
            self.since = self.since or generated
            # An order that changed meanwhile stands on two pages, and comes again next time.
            fresh = [ticket for ticket in positions if ticket.id not in seen]
            seen.update(ticket.id for ticket in fresh)
            self.tickets += len(fresh)
            with self._database.write() as connection:
                former = [self._remember(connection, ticket) for ticket in fresh]
            for position, secrets in zip(fresh, former, strict=True):
                yield from self._rows(position, secrets)

    def _rows(self, position: OrderPosition, former: list[str]) -> Iterator[CsvRow]:
        kind = self.kind(position.item, position.variation, position)
        if kind is None:
            self.unmapped += 1
            return
        yield from self._row(position.secret, kind, position.status)
        for secret in former:
            yield from self._row(secret, kind, TicketStatus.VOID)

    def taken_back(self) -> Iterator[CsvRow]:
        """Yield a row for every signed ticket that was revoked or blocked."""
        for secret, blocked in self._event.revoked():
            ticket = read_signed(secret)
            kind = None if ticket is None else self.kind(ticket.item, ticket.variation)
            if kind is not None:
                yield from self._row(
                    secret, kind, TicketStatus.VOID if blocked else TicketStatus.VALID
                )

    def kind(
        self, item: int, variation: int, window: OrderPosition | None = None
    ) -> CodeKind | None:
        """Return the kind that a ticket of that product is here; None if it is nothing here."""
        product = self._here.get((item, variation)) or self._here.get((item, 0))
        if product is None:
            return None
        start, end = self._source.not_before, self._source.expires_at
        if window is not None:
            start = start if window.valid_from is None else window.valid_from
            end = end if window.valid_until is None else window.valid_until
        # One kind that no gate can read would spoil the list for good.
        end = min(max(end, 1), _END_SECONDS - 1)
        start = min(max(start, 0), end - 1)
        policy, zones = product.policy, product.zones
        return CodeKind(
            product=product.id,
            not_before=start,
            expires_at=end,
            admits=product.admits,
            zones=zones,
            entry_policy=policy,
        )

    def rights(self) -> list[tuple[int, int, CodeKind]]:
        """Return (item, variation, kind) of each product that a key may sign for."""
        rights = []
        for sold in self._event.items():
            kind = self.kind(sold.item, sold.variation)
            if kind is not None:
                rights.append((sold.item, sold.variation, kind))
        return rights

    def _row(self, secret: str, kind: CodeKind, status: TicketStatus) -> Iterator[CsvRow]:
        digest = digest_of(self._salt, secret.encode())
        if digest not in self._seen:
            self._seen.add(digest)
            yield CsvRow(next(self._line), digest, kind, status, None)

    def _remember(self, connection: Connection, position: OrderPosition) -> list[str]:
        """Store the secret, for reports of passages; return those that the ticket had before."""
        row = tables_pretix.ticket.c
        query = select(row.secret).where(
            row.series == self._source.series, row.position == position.id
        )
        before = list(connection.scalars(query))
        if position.secret not in before:
            values: dict[str, object] = {
                "series": self._source.series,
                "secret": position.secret,
                "position": position.id,
                "ticket": digest_of(self._salt, position.secret.encode())[:8],
            }
            store.put_row(connection, tables_pretix.ticket, values)
        return [secret for secret in before if secret != position.secret]


def read_signed(secret: str) -> PretixTicket | None:
    """Return the signed ticket in a secret; None if it is none."""
    try:
        return parse(secret.encode())
    except WireError:
        return None


def _trust(database: Store, source: PretixSource, publics: list[bytes], work: _Work) -> None:
    """Store pretix's keys, and the products they may sign for, for the list of the series."""
    if not publics:
        raise PretixError(
            "cannot use this event: it has no key, because it signs no tickets",
            "choose pretix' signature scheme 1 in the event's settings, and sell one ticket",
        )
    with database.write() as connection:
        kinds = sellers.kinds(connection, source.series)
        numbers = {kind: number for number, kind in enumerate(kinds)}
        rights: list[SignedEntitlement] = []
        for item, variation, kind in work.rights():
            number = numbers.setdefault(kind, len(numbers))
            rights.append((item, variation, 0, number))
        fresh = list(numbers)[len(kinds) :]
        sellers.add_kinds(connection, source.series, len(kinds), fresh)
        if signers.write(connection, source.series, publics, rights):
            sellers.touch(connection, source.series)
