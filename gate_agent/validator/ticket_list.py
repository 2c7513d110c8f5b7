"""The ticket list: what the centre says of each serial, signed, versioned, and small.

The body is two bits for each serial of a range and a small table of exceptions, zlib-compressed.
The manifest names the series, version, as-of time, range and the SHA-256 of the uncompressed
body, and carries the signature. A snapshot on the wire and on disk is manifest + body.
"""

import zlib
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

import cbor2

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.keys import KEY_ID_BYTES, SIGNATURE_BYTES, KeyRing, Use
from gate_agent.validator.moment import END_MS

MAX_MANIFEST_BYTES = 512
MAX_BODY_BYTES = 8 << 20
MAX_SERIALS = 16_000_000
_CONTEXT = b"scenic-gate list manifest\0"
_HEAD = KEY_ID_BYTES + SIGNATURE_BYTES


class Status(IntEnum):
    """What the list says of a serial. BEYOND: sold after the list was made."""

    UNKNOWN = 0
    VALID = 1
    VOID = 2
    SUSPENDED = 3
    BEYOND = 4


@dataclass(frozen=True, slots=True)
class Manifest:
    """`series`: which list. `as_of_ms`: when it was true. `first` and `count`: the serials it
    speaks of. `body_bytes`: compressed size. `result`: SHA-256 of the uncompressed body."""

    series: str
    version: int
    as_of_ms: int
    first: int
    count: int
    body_bytes: int
    result: bytes


@dataclass(frozen=True, slots=True)
class TicketList:
    """A list in force. `bits`: two a serial, lowest first. `min_issue`: serial to the lowest
    issue counter that is still good after a reprint."""

    manifest: Manifest
    bits: bytes
    min_issue: dict[int, int]

    def status(self, serial: int) -> Status:
        """The status of a serial; BEYOND above the range, UNKNOWN below it."""
        at = serial - self.manifest.first
        if at < 0:
            return Status.UNKNOWN
        if at >= self.manifest.count:
            return Status.BEYOND
        return _STATUS[self.bits[at >> 2] >> ((at & 3) << 1) & 3]


_STATUS = tuple(Status)


def pack_body(statuses: bytes, min_issue: dict[int, int]) -> bytes:
    """The uncompressed body for one status byte a serial and the table of exceptions.

    Raises WireError for a status that two bits cannot hold.
    """
    if statuses.translate(None, bytes((0, 1, 2, 3))):
        raise WireError("a status that two bits cannot hold")
    padded = statuses + bytes(-len(statuses) % 4)
    bits = bytearray(len(padded) // 4)
    for shift in range(4):
        lane = padded[shift::4]
        for at, value in enumerate(lane):
            bits[at] |= value << (shift << 1)
    return _body(bytes(bits), min_issue)


def _body(bits: bytes, min_issue: dict[int, int]) -> bytes:
    return cbor2.dumps([bits, min_issue], canonical=True)


def compress(body: bytes) -> bytes:
    """The form in which a body travels and is kept."""
    return zlib.compress(body, 9)


def signed_part(manifest: Manifest) -> bytes:
    """The bytes under the manifest's signature."""
    return _CONTEXT + _fields(manifest)


def _fields(manifest: Manifest) -> bytes:
    return cbor2.dumps(
        [
            manifest.series,
            manifest.version,
            manifest.as_of_ms,
            manifest.first,
            manifest.count,
            manifest.body_bytes,
            manifest.result,
        ]
    )


def seal(manifest: Manifest, key_id: bytes, signature: bytes) -> bytes:
    """Key id, signature, fields."""
    return key_id + signature + _fields(manifest)


def open_manifest(sealed: bytes, ring: KeyRing) -> Manifest:
    """The manifest, if a trusted list key signed it. Raises WireError."""
    if not _HEAD < len(sealed) <= MAX_MANIFEST_BYTES:
        raise WireError("a list manifest of impossible length")
    key = ring.find(Use.LIST, sealed[:KEY_ID_BYTES])
    if key is None:
        raise WireError("a list manifest signed with an unknown key")
    if not key.signed(sealed[KEY_ID_BYTES:_HEAD], _CONTEXT + sealed[_HEAD:]):
        raise WireError("a list manifest with a wrong signature")
    fields = cbor.read(sealed[_HEAD:])
    if type(fields) is not list or len(fields) != 7:
        raise WireError("a list manifest of another shape")
    series, version, as_of_ms, first, count, body_bytes, result = fields
    if not (
        type(series) is str
        and len(series) <= 16
        and _in_range(version, 1, 1 << 32)
        and _in_range(as_of_ms, 0, END_MS)
        and _in_range(first, 0, 1 << 32)
        and _in_range(count, 0, MAX_SERIALS + 1)
        and _in_range(body_bytes, 1, MAX_BODY_BYTES + 1)
        and type(result) is bytes
        and len(result) == 32
    ):
        raise WireError("a list manifest with a field out of range")
    manifest = Manifest(series, version, as_of_ms, first, count, body_bytes, result)
    if _fields(manifest) != sealed[_HEAD:]:
        raise WireError("a list manifest that is not written the one way")
    return manifest


def _in_range(value: object, low: int, end: int) -> bool:
    return type(value) is int and low <= value < end


def open_body(manifest: Manifest, body: bytes) -> TicketList:
    """The list, if `body` is the one the manifest means. Raises WireError."""
    if len(body) != manifest.body_bytes:
        raise WireError("a list body of another length than its manifest says")
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(body, MAX_BODY_BYTES)
    except zlib.error:
        raise WireError("a list body that does not unpack") from None
    if not unpacker.eof or unpacker.unused_data or sha256(plain).digest() != manifest.result:
        raise WireError("a list body that is not the one its manifest names")
    fields = cbor.read(plain)
    if type(fields) is not list or len(fields) != 2:
        raise WireError("a list body of another shape")
    bits, min_issue = fields
    if type(bits) is not bytes or len(bits) != (manifest.count + 3) // 4:
        raise WireError("a list body with another number of serials")
    if type(min_issue) is not dict or not all(
        _in_range(serial, 0, 1 << 32) and _in_range(issue, 1, 256)
        for serial, issue in min_issue.items()
    ):
        raise WireError("a list body with a wrong table of exceptions")
    if _body(bits, min_issue) != plain:
        raise WireError("a list body that is not written the one way")
    return TicketList(manifest, bits, min_issue)


def refuse_older(current: Manifest | None, offered: Manifest) -> None:
    """Raises WireError unless `offered` may follow `current`: same series, newer in both ways."""
    if current is None:
        return
    if offered.series != current.series:
        raise WireError("a list of another series")
    if offered.version <= current.version or offered.as_of_ms < current.as_of_ms:
        raise WireError("a list that is not newer than the one in force")
