"""The manifest of a list: which list it is, which version it follows, what the result must be, and
the signature of a list key.

A list belongs to a *series*. Its body is sent beside the manifest: a snapshot (`base` 0) makes the
list from nothing, a delta makes it from the version `base` of the same series. The manifest names
the hash of the body as it is sent and of the list that must result, so that pieces of two lists can
never be put together.
"""

from dataclasses import dataclass
from enum import IntEnum

import cbor2

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.tickets.series import is_series
from gate_agent.validator.trust.keys import KEY_ID_BYTES, SIGNATURE_BYTES, KeyRing, KeyUse
from gate_agent.validator.trust.seal import in_range

MAX_MANIFEST_BYTES = 512
MAX_SERIALS = 16_000_000
MAX_CODES = 4_000_000
MAX_SERIALS_BODY_BYTES = 4 << 20
MAX_CODES_BODY_BYTES = 64 << 20
HASH_BYTES = 32

_CONTEXT = b"scenic-gate list manifest\0"
_HEAD = KEY_ID_BYTES + SIGNATURE_BYTES


class ListKind(IntEnum):
    """What a list contains: serials that count up, or opaque codes of another seller."""

    SERIALS = 1
    CODES = 2


_KINDS = {int(kind): kind for kind in ListKind}
_MOST = {
    ListKind.SERIALS: (MAX_SERIALS, MAX_SERIALS_BODY_BYTES),
    ListKind.CODES: (MAX_CODES, MAX_CODES_BODY_BYTES),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`as_of_ms`: when the list was true, ms since 1970. `base`: the version that the body is
    applied to, 0 for a snapshot. `first`, `count`: the range of serials in the list; for codes 0
    and how many. `body_bytes`, `body`: length and SHA-256 of the body as it is sent. `result`:
    SHA-256 of the list."""

    series: str
    kind: ListKind
    version: int
    as_of_ms: int
    base: int
    first: int
    count: int
    body_bytes: int
    body: bytes
    result: bytes


def signed_part(manifest: Manifest) -> bytes:
    """Return the bytes under the manifest's signature."""
    return _CONTEXT + _fields(manifest)


def _fields(manifest: Manifest) -> bytes:
    return cbor2.dumps(
        [
            manifest.series,
            int(manifest.kind),
            manifest.version,
            manifest.as_of_ms,
            manifest.base,
            manifest.first,
            manifest.count,
            manifest.body_bytes,
            manifest.body,
            manifest.result,
        ]
    )


def seal(manifest: Manifest, key_id: bytes, signature: bytes) -> bytes:
    """Return key id, signature and fields, as a manifest is sent."""
    return key_id + signature + _fields(manifest)


def open_manifest(sealed: bytes, ring: KeyRing) -> Manifest:
    """Return the manifest if a trusted list key signed it. Raise WireError."""
    if not _HEAD < len(sealed) <= MAX_MANIFEST_BYTES:
        raise WireError("a list manifest of impossible length")
    key = ring.find(KeyUse.LIST, sealed[:KEY_ID_BYTES])
    if key is None:
        raise WireError("a list manifest signed with an unknown key")
    if not key.signed(sealed[KEY_ID_BYTES:_HEAD], _CONTEXT + sealed[_HEAD:]):
        raise WireError("a list manifest with a wrong signature")
    fields = cbor.read(sealed[_HEAD:])
    if type(fields) is not list or len(fields) != 10:
        raise WireError("a list manifest of another shape")
    series, kind, version, as_of_ms, base, first, count, body_bytes, body, result = fields
    list_kind = _KINDS.get(kind) if type(kind) is int else None
    if list_kind is None:
        raise WireError("a list manifest of an unknown kind")
    most, most_bytes = _MOST[list_kind]
    if not (
        type(series) is str
        and is_series(series)
        and in_range(version, 1, 1 << 32)
        and in_range(as_of_ms, 0, END_MS)
        and in_range(base, 0, version)
        and in_range(first, 0, 1 << 32)
        and (list_kind is ListKind.SERIALS or first == 0)
        and in_range(count, 0, most + 1)
        and in_range(body_bytes, 1, (MAX_SERIALS_BODY_BYTES if base else most_bytes) + 1)
        and _is_hash(body)
        and _is_hash(result)
    ):
        raise WireError("a list manifest with a field out of range")
    manifest = Manifest(
        series=series,
        kind=list_kind,
        version=version,
        as_of_ms=as_of_ms,
        base=base,
        first=first,
        count=count,
        body_bytes=body_bytes,
        body=body,
        result=result,
    )
    if _fields(manifest) != sealed[_HEAD:]:
        raise WireError("a list manifest that is not written the one way")
    return manifest


def _is_hash(value: object) -> bool:
    return type(value) is bytes and len(value) == HASH_BYTES


def refuse_older(current: Manifest | None, offered: Manifest) -> None:
    """Raise WireError unless `offered` may follow `current`: same kind, newer in version and as-of
    time."""
    if current is None:
        return
    if offered.kind is not current.kind:
        raise WireError("a list of another kind than its series has")
    if offered.version <= current.version or offered.as_of_ms < current.as_of_ms:
        raise WireError("a list that is not newer than the one in force")
