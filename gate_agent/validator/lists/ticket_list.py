"""The ticket list of one series of serials: the status of each, versioned and small.

In memory a list is two bits a serial and three small tables of exceptions. A body contains the
changes since another version, or since nothing: serials that it does not mention are VALID. So a
snapshot and a delta have one format, and their size is that of their changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256

import cbor2

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists import gaps
from gate_agent.validator.lists.manifest import ListKind, Manifest
from gate_agent.validator.tickets.holder import TAG_BYTES
from gate_agent.validator.trust.seal import in_range

MAX_EXCEPTIONS = 100_000


class TicketStatus(IntEnum):
    """The status of a ticket in its list. BEYOND: sold after the list was made."""

    UNKNOWN = 0
    VALID = 1
    VOID = 2
    SUSPENDED = 3
    BEYOND = 4


_STATUS = tuple(TicketStatus)
_LISTED = (TicketStatus.UNKNOWN, TicketStatus.VALID, TicketStatus.VOID, TicketStatus.SUSPENDED)
_ALL_VALID = b"\x55"


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What two bits cannot express, by serial. `min_issue`: the lowest issue counter that is valid
    after a reprint. `extra`: entries on top of those on the ticket. `holders`: 4-byte tag of the
    person to whom the ticket was transferred."""

    min_issue: Mapping[int, int] = field(default_factory=dict)
    extra: Mapping[int, int] = field(default_factory=dict)
    holders: Mapping[int, bytes] = field(default_factory=dict)

    def followed_by(self, later: "Exceptions") -> "Exceptions":
        """Return `later` applied on top of these; 0 or no bytes removes an exception."""
        return Exceptions(
            {key: value for key, value in {**self.min_issue, **later.min_issue}.items() if value},
            {key: value for key, value in {**self.extra, **later.extra}.items() if value},
            {key: value for key, value in {**self.holders, **later.holders}.items() if value},
        )

    def tables(self) -> list[Mapping[int, object]]:
        """Return all three tables, in their order on the wire."""
        return [self.min_issue, self.extra, self.holders]


NO_EXCEPTIONS = Exceptions()


@dataclass(frozen=True, slots=True)
class Changes:
    """An unpacked body. `positions`: for each status from UNKNOWN to SUSPENDED, the serials that
    have it now, counted from `first`, ascending. `exceptions`: 0 or no bytes for an exception that
    has ended."""

    positions: Mapping[TicketStatus, Sequence[int]]
    exceptions: Exceptions = NO_EXCEPTIONS

    def pack(self) -> bytes:
        """Return the body as it is sent."""
        packed = [gaps.pack(self.positions.get(status, ())) for status in _LISTED]
        return cbor2.dumps([*packed, *self.exceptions.tables()], canonical=True)

    @classmethod
    def unpack(cls, body: bytes, count: int) -> "Changes":
        """Return the changes in `body`. Raise WireError unless it is what `pack` makes, for
        positions below `count`."""
        fields = cbor.read(body)
        if type(fields) is not list or len(fields) != 7:
            raise WireError("a list body of another shape")
        if any(type(packed) is not bytes for packed in fields[:4]):
            raise WireError("a list body of another shape")
        positions = {
            status: gaps.unpack(packed, count)
            for status, packed in zip(_LISTED, fields[:4], strict=True)
        }
        if sum(map(len, positions.values())) > len(set().union(*positions.values())):
            raise WireError("a list body that says two things of one serial")
        issues, extra, holders = fields[4:]
        _check_table(issues)
        _check_table(extra)
        _check_table(holders, tags=True)
        changes = cls(positions, Exceptions(issues, extra, holders))
        if changes.pack() != body:
            raise WireError("a list body that is not written the one way")
        return changes


def _check_table(table: object, *, tags: bool = False) -> None:
    """Raise WireError for a table of exceptions with a key or value out of range."""
    good = (
        type(table) is dict
        and len(table) <= MAX_EXCEPTIONS
        and all(in_range(serial, 0, 1 << 32) for serial in table)
        and all(
            (type(value) is bytes and len(value) in (0, TAG_BYTES))
            if tags
            else in_range(value, 0, 256)
            for value in table.values()
        )
    )
    if not good:
        raise WireError("a list body with a wrong table of exceptions")


@dataclass(frozen=True, slots=True)
class TicketList:
    """A list in force. `bits`: two a serial, lowest first."""

    manifest: Manifest
    bits: bytes
    exceptions: Exceptions = NO_EXCEPTIONS

    def status(self, serial: int) -> TicketStatus:
        """Return the status of a serial: BEYOND above the range of the list, UNKNOWN below it."""
        at = serial - self.manifest.first
        if at < 0:
            return TicketStatus.UNKNOWN
        if at >= self.manifest.count:
            return TicketStatus.BEYOND
        return _STATUS[self.bits[at >> 2] >> ((at & 3) << 1) & 3]


def result_of(bits: bytes, exceptions: Exceptions) -> bytes:
    """Return the hash by which a manifest names a list: SHA-256 of CBOR [bits, three tables]."""
    plain = cbor2.dumps([bits, *exceptions.tables()], canonical=True)
    return sha256(plain).digest()


def apply(
    base: TicketList | None, changes: Changes, first: int, count: int
) -> tuple[bytes, Exceptions]:
    """Return (bits, exceptions) of the list that `changes` make of `base`, or of nothing. New
    serials are VALID unless the changes name them. Raise WireError for a range that does not
    continue the base's."""
    bits = bytearray()
    exceptions = NO_EXCEPTIONS
    known_count = 0
    if base is not None:
        known_count = base.manifest.count
        if first != base.manifest.first or count < known_count:
            raise WireError("a list delta whose range does not go on where its base ends")
        bits += base.bits
        exceptions = base.exceptions
    if known_count % 4 and known_count < count:
        bits[-1] |= 0x55 << 2 * (known_count % 4) & 0xFF
    bits += _ALL_VALID * ((count + 3) // 4 - len(bits))
    if count % 4 and count > known_count:
        bits[-1] &= (1 << 2 * (count % 4)) - 1
    for status, positions in changes.positions.items():
        for at in positions:
            shift = (at & 3) << 1
            bits[at >> 2] = bits[at >> 2] & ~(3 << shift) | status << shift
    exceptions = exceptions.followed_by(changes.exceptions)
    if max(map(len, exceptions.tables())) > MAX_EXCEPTIONS:
        raise WireError("a list with too many exceptions")
    return bytes(bits), exceptions


def open_body(manifest: Manifest, body: bytes, base: TicketList | None) -> TicketList:
    """Return the list that results from `body`, applied to `base` if the manifest names one.

    Raise WireError unless body, base and result are those that the manifest names.
    """
    if manifest.kind is not ListKind.SERIALS:
        raise WireError("a list of another kind")
    if len(body) != manifest.body_bytes or sha256(body).digest() != manifest.body:
        raise WireError("a list body that is not the one its manifest names")
    if not manifest.base:
        base = None
    elif base is None or base.manifest.version != manifest.base:
        raise WireError("a list delta for another base")
    changes = Changes.unpack(body, manifest.count)
    bits, exceptions = apply(base, changes, manifest.first, manifest.count)
    if result_of(bits, exceptions) != manifest.result:
        raise WireError("a list that is not the one its manifest names")
    return TicketList(manifest, bits, exceptions)


_HOLDS = {
    status: bytes(
        any(value >> shift & 3 == status for shift in (0, 2, 4, 6)) for value in range(256)
    )
    for status in _LISTED
    if status is not TicketStatus.VALID
}
"""For each status a table of 256: whether a byte of the bits contains it."""


def pack_list(listing: TicketList) -> bytes:
    """Return the body of a snapshot of `listing`: this is stored on disk, whichever way it came."""
    positions: dict[TicketStatus, list[int]] = {}
    count = listing.manifest.count
    for status, holds in _HOLDS.items():
        marked = listing.bits.translate(holds)
        places: list[int] = []
        at = marked.find(1)
        while at >= 0:
            byte = listing.bits[at]
            places += [4 * at + lane for lane in range(4) if byte >> 2 * lane & 3 == status]
            at = marked.find(1, at + 1)
        positions[status] = [place for place in places if place < count]
    return Changes(positions, listing.exceptions).pack()
