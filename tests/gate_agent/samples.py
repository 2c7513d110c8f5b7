"""Keys from fixed seeds, and the tickets and lists they sign."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.lists.list_files import ListFiles
from gate_agent.validator.lists.manifest import ListKind, Manifest, seal, signed_part
from gate_agent.validator.lists.ticket_list import (
    Changes,
    Exceptions,
    TicketList,
    TicketStatus,
    apply,
    result_of,
)
from gate_agent.validator.tickets import ticket as ticket_room
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey, key_id

PARK, GATE = "west-lake", "north-1"
ZONE = ZoneInfo("Asia/Shanghai")
NOW_S = 1_795_000_000
PEPPER = bytes(range(16))


@dataclass(frozen=True)
class Key:
    """A key pair from a fixed seed."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def id(self) -> bytes:
        return key_id(self.public)


def key(seed: int) -> Key:
    return Key(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


TICKET_KEY, LIST_KEY, CENTRE_KEY, GATE_KEY, STRANGER = map(key, range(1, 6))
ROOT_KEYS = tuple(sorted(map(key, range(11, 14)), key=lambda pair: pair.public))
RING = KeyRing(
    PublicKey.of(pair.public, use, PARK)
    for pair, use in (
        (TICKET_KEY, KeyUse.TICKET),
        (LIST_KEY, KeyUse.LIST),
        (CENTRE_KEY, KeyUse.CENTRE),
        *((pair, KeyUse.ROOT) for pair in ROOT_KEYS),
    )
)


def ticket(serial: int = 1, signer: Key = TICKET_KEY, **fields: Any) -> Ticket:
    """A day ticket: issued ten minutes ago, good since an hour for a day."""
    start = NOW_S - NOW_S % 60 - 3600
    given: dict[str, Any] = {
        "issued_at": NOW_S - 600,
        "not_before": start,
        "expires_at": start + 86_400,
        "product": 7,
        **fields,
    }
    return Ticket(key_id=signer.id, serial=serial, **given)


def code(of: Ticket, signer: Key = TICKET_KEY) -> bytes:
    """What a scanner reads of it."""
    return ticket_room.sign(of, PARK, signer.public, signer.private.sign).encode()


@dataclass(frozen=True)
class SealedList:
    """A list as the centre sends it, and what it comes to."""

    manifest: Manifest
    sealed: bytes
    body: bytes
    listed: TicketList | None

    def save(self, store: ListFiles) -> None:
        """As if a gate had taken it."""
        assert self.listed is not None
        store.save(self.sealed, self.listed)


def sealed_list(
    version: int = 1,
    statuses: bytes = bytes([TicketStatus.VALID]) * 100,
    min_issue: dict[int, int] | None = None,
    *,
    base: TicketList | None = None,
    series: str = "main",
    as_of_ms: int = NOW_S * 1000,
    signer: Key = LIST_KEY,
) -> SealedList:
    """The statuses are those of the serials from 0 on. With a `base` only what differs travels."""
    known = 0 if base is None else base.manifest.count
    before = bytes([TicketStatus.VALID]) * len(statuses)
    if base is not None:
        before = bytes(base.status(at) for at in range(known)) + before[known:]
    places: dict[TicketStatus, list[int]] = {status: [] for status in TicketStatus if status < 4}
    for at, (old, new) in enumerate(zip(before, statuses, strict=True)):
        if old != new:
            places[TicketStatus(new)].append(at)
    changes = Changes(places, Exceptions(min_issue or {}))
    bits, exceptions = apply(base, changes, 0, len(statuses))
    body = changes.pack()
    manifest = Manifest(
        series=series,
        kind=ListKind.SERIALS,
        version=version,
        as_of_ms=as_of_ms,
        base=0 if base is None else base.manifest.version,
        first=0,
        count=len(statuses),
        body_bytes=len(body),
        body=sha256(body).digest(),
        result=result_of(bits, exceptions),
    )
    sealed = seal(manifest, signer.id, signer.private.sign(signed_part(manifest)))
    return SealedList(manifest, sealed, body, TicketList(manifest, bits, exceptions))
