"""The simulated shop itself: its events, orders and tickets, and what an organizer does with them
in the browser. The real shop in the tests can do the same."""

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware_sim.pretix.secret import sign

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(slots=True)
class SimPosition:
    """A ticket."""

    id: int
    order: str
    item: int
    secret: str
    valid_from: str | None
    valid_until: str | None
    blocked: bool = False


@dataclass(slots=True)
class SimOrder:
    """`status`: p paid, n not yet, c cancelled."""

    code: str
    status: str
    created: str
    modified: str
    positions: list[SimPosition] = field(default_factory=list)


@dataclass(slots=True)
class SimEvent:
    """`key`: signs its tickets; None for random secrets. `tokens`: of its devices."""

    items: list[int]
    variation: int
    checkin_list: int
    key: Ed25519PrivateKey | None
    orders: list[SimOrder] = field(default_factory=list)
    revoked: list[dict[str, Any]] = field(default_factory=list)
    blocked: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)


class SimShop:
    """One organizer. Times come from the computer's clock, as those of a real server do. `lock`:
    held by whoever looks at or changes it."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._count = 0
        self.lock = threading.Lock()
        self.events: dict[str, SimEvent] = {}
        self.waiting: dict[str, SimEvent] = {}
        self.passages: dict[int, list[dict[str, Any]]] = {}

    def open_event(self, slug: str, signed: bool) -> dict[str, Any]:
        """Open an event with two products, a check-in list and a device to be connected."""
        items = [self._next(), self._next()]
        event = SimEvent(items, self._next(), self._next(), self._new_key() if signed else None)
        self.events[slug] = event
        token = self.letters(16)
        self.waiting[token] = event
        return {
            "items": items,
            "variation": event.variation,
            "list": event.checkin_list,
            "token": token,
        }

    def sell(
        self, slug: str, item: int, count: int, status: str, hours: int | None
    ) -> list[dict[str, Any]]:
        """Sell an order. `hours`: how long each ticket is valid from now on."""
        event = self.events[slug]
        start, end = datetime.now(UTC), None
        if hours is not None:
            end = start + timedelta(hours=hours)
        order = SimOrder(self.letters(5).upper(), status, time_text(start), time_text(start))
        with self.lock:
            for _ in range(count):
                position = SimPosition(
                    self._next(),
                    order.code,
                    item,
                    "",
                    time_text(start) if end else None,
                    time_text(end) if end else None,
                )
                position.secret = self._secret(event, position)
                order.positions.append(position)
            event.orders.append(order)
        return [
            {"order": order.code, "id": ticket.id, "secret": ticket.secret}
            for ticket in order.positions
        ]

    def cancel(self, order: str) -> dict[str, Any]:
        """Cancel a whole order."""
        with self.lock:
            for event in self.events.values():
                for placed in event.orders:
                    if placed.code == order:
                        placed.status = "c"
                        self._touch(placed)
                        for position in placed.positions if event.key else ():
                            self._renew(event, position)
        return {}

    def block(self, position: int, blocked: bool) -> dict[str, Any]:
        """Block or unblock one ticket, by hand."""
        with self.lock:
            event, order, ticket = self._find(position)
            ticket.blocked = blocked
            event.blocked[ticket.secret] = {
                "secret": ticket.secret,
                "blocked": blocked,
                "updated": time_text(datetime.now(UTC)),
            }
            self._touch(order)
        return {}

    def renew(self, position: int) -> dict[str, Any]:
        """Give a lost ticket a new secret."""
        with self.lock:
            event, order, ticket = self._find(position)
            self._renew(event, ticket)
            self._touch(order)
        return {"secret": ticket.secret}

    def checkins(self, position: int) -> list[dict[str, Any]]:
        """Return what is known of a ticket's passages."""
        return sorted(self.passages.get(position, []), key=lambda passage: float(passage["at"]))

    def public_key(self, slug: str) -> dict[str, Any]:
        """Return the public key of the event's signed tickets, PEM."""
        key = self.events[slug].key
        return {"pem": "" if key is None else pem_text(key)}

    def _find(self, position: int) -> tuple[SimEvent, SimOrder, SimPosition]:
        for event in self.events.values():
            for order in event.orders:
                for ticket in order.positions:
                    if ticket.id == position:
                        return event, order, ticket
        raise KeyError(position)

    def _renew(self, event: SimEvent, position: SimPosition) -> None:
        if event.key is not None:
            event.revoked.append(
                {
                    "secret": position.secret,
                    "created": time_text(datetime.now(UTC)),
                    "position": position.id,
                }
            )
        position.secret = self._secret(event, position)

    def _secret(self, event: SimEvent, position: SimPosition) -> str:
        if event.key is None:
            return self.letters(32)
        return sign(
            event.key,
            self.letters(9),
            item=position.item,
            valid_from=_seconds(position.valid_from),
            valid_until=_seconds(position.valid_until),
        )

    def _touch(self, order: SimOrder) -> None:
        order.modified = time_text(datetime.now(UTC))

    def _new_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._rng.randbytes(32))

    def letters(self, count: int) -> str:
        """Draw random letters."""
        return "".join(self._rng.choices(_LETTERS, k=count))

    def _next(self) -> int:
        self._count += 1
        return self._count


def time_text(when: datetime) -> str:
    """Return a time as the API writes it."""
    return when.isoformat().replace("+00:00", "Z")


def _seconds(text: str | None) -> int:
    return 0 if text is None else int(datetime.fromisoformat(text).timestamp())


def pem_text(key: Ed25519PrivateKey) -> str:
    """Return the public half, PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
