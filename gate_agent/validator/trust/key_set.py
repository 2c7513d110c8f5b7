"""The key set: which keys are trusted, and how far, signed by two of the park's three root keys.

It is the root role of The Update Framework (TUF). The root keys are stored on separate media and
sign nothing else. A set follows another only if two roots of the one in force signed it and two of
its own: so roots are replaced like every other key, and a single stolen root key changes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust.keys import (
    KEY_ID_BYTES,
    SIGNATURE_BYTES,
    KeyMode,
    KeyRing,
    KeyUse,
    PublicKey,
    key_id,
)
from gate_agent.validator.trust.seal import in_range, read_fields

ROOTS = 3
THRESHOLD = 2
MAX_SET_BYTES = 16 * 1024
MAX_KEYS = 64
MAX_SIGNATURES = 8
CONTEXT = b"scenic-gate key set\0"
_ENTRY = KEY_ID_BYTES + SIGNATURE_BYTES
_USES = (KeyUse.TICKET, KeyUse.LIST, KeyUse.CENTRE)
_U32 = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key of the set. `public`: 32 bytes. `mode`, `until_s`, `last_serial`: as in `PublicKey`,
    for ticket keys."""

    use: KeyUse
    public: bytes
    mode: KeyMode = KeyMode.SIG
    until_s: int = 0
    last_serial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """`as_of_ms`: when it was made, ms since 1970. `roots`: three public keys, ascending. `keys`:
    of each use the last one signs new documents."""

    park: str
    version: int
    as_of_ms: int
    roots: tuple[bytes, ...]
    keys: tuple[KeyRow, ...]

    def ring(self) -> KeyRing:
        """Return all keys that are to be trusted, the roots included."""
        of = [
            PublicKey.of(
                row.public,
                row.use,
                self.park,
                mode=row.mode,
                until_s=row.until_s,
                last_serial=row.last_serial,
            )
            for row in self.keys
        ]
        return KeyRing([*of, *(PublicKey.of(root, KeyUse.ROOT, self.park) for root in self.roots)])

    def of(self, use: KeyUse) -> list[KeyRow]:
        """Return the keys of one use, the newest last."""
        return [row for row in self.keys if row.use is use]


def fields_of(keys: KeySet) -> bytes:
    """Return the bytes that are signed and sent. Raise WireError for a set that no gate would
    accept."""
    rows = [[row.use.value, row.public, int(row.mode), row.until_s, row.last_serial]
            for row in keys.keys]  # fmt: skip
    written = cbor.write([keys.park, keys.version, keys.as_of_ms, list(keys.roots), rows])
    read_set(written)
    return written


def sign(
    fields: bytes,
    public: bytes,
    sign_bytes: Callable[[bytes], bytes],
    context: bytes = CONTEXT,
) -> bytes:
    """Return the signature of one root over `fields`, with its key id in front. `context`: of
    another document that roots sign."""
    return key_id(public) + sign_bytes(context + fields)


def seal(fields: bytes, signatures: Iterable[bytes]) -> bytes:
    """Return the set as it is sent, with the signatures of `sign`."""
    entries = sorted(set(signatures))
    return bytes((len(entries),)) + b"".join(entries) + fields


def split(sealed: bytes) -> tuple[list[bytes], bytes]:
    """Return (signatures with their key ids, fields) of a sealed set. Raise WireError."""
    if not 1 < len(sealed) <= MAX_SET_BYTES or sealed[0] > MAX_SIGNATURES:
        raise WireError("a key set of impossible length")
    end = 1 + sealed[0] * _ENTRY
    entries = [sealed[at : at + _ENTRY] for at in range(1, end, _ENTRY)]
    if len(sealed) <= end or any(a >= b for a, b in pairwise(entries)):
        raise WireError("a key set of impossible length, or with a signature twice")
    return entries, sealed[end:]


def signers(sealed: bytes, roots: Iterable[bytes], context: bytes = CONTEXT) -> int:
    """Return how many of the root keys `roots` signed. Raise WireError."""
    entries, fields = split(sealed)
    count = 0
    for root in roots:
        key = PublicKey.of(root, KeyUse.ROOT, "")
        count += any(
            entry[:KEY_ID_BYTES] == key.id and key.signed(entry[KEY_ID_BYTES:], context + fields)
            for entry in entries
        )
    return count


def open_set(sealed: bytes, trusted: Iterable[bytes], park: str) -> KeySet:
    """Return the set if enough of the `trusted` roots signed it, and enough of its own.

    No CBOR is decoded before the first half of that has been verified. Raise WireError.
    """
    if signers(sealed, set(trusted)) < THRESHOLD:
        raise WireError(f"a key set that fewer than {THRESHOLD} of the root keys signed")
    key_set = read_set(split(sealed)[1])
    if signers(sealed, key_set.roots) < THRESHOLD:
        raise WireError(f"a key set that fewer than {THRESHOLD} of its own root keys signed")
    if key_set.park != park:
        raise WireError("a key set of another park")
    return key_set


def refuse_older(current: KeySet | None, offered: KeySet) -> None:
    """Raise WireError unless `offered` may follow `current`: newer in version and as-of time."""
    if current is not None and (
        offered.version <= current.version or offered.as_of_ms < current.as_of_ms
    ):
        raise WireError("a key set that is not newer than the one in force")


def read_set(fields: bytes) -> KeySet:
    """Return the set in `fields`, whoever signed it. Raise WireError."""
    values = read_fields("a key set", fields)
    if len(values) != 5:
        raise WireError("a key set of another shape")
    park, version, as_of_ms, roots, rows = values
    if type(park) is not str or type(roots) is not list or type(rows) is not list:
        raise WireError("a key set of another shape")
    if not (
        in_range(version, 1, _U32)
        and in_range(as_of_ms, 0, END_MS)
        and len(roots) == ROOTS
        and all(type(root) is bytes for root in roots)
        and all(a < b for a, b in pairwise(roots))
        and len(rows) <= MAX_KEYS
    ):
        raise WireError("a key set with a field out of range")
    assert type(version) is int
    assert type(as_of_ms) is int
    key_set = KeySet(
        park=park,
        version=version,
        as_of_ms=as_of_ms,
        roots=tuple(roots),
        keys=tuple(_row(row) for row in rows),
    )
    if len(key_set.ring()) != len(rows) + ROOTS or any(not key_set.of(use) for use in _USES):
        raise WireError("a key set with a key twice, or without a key for each use")
    return key_set


def _row(row: object) -> KeyRow:
    if type(row) is not list or len(row) != 5:
        raise WireError("a key set of another shape")
    use, public, mode, until_s, last_serial = row
    if not (
        type(use) is str
        and use in (known_use.value for known_use in _USES)
        and type(public) is bytes
        and in_range(mode, 0, len(KeyMode) if use == KeyUse.TICKET.value else 1)
        and in_range(until_s, 0, _U32)
        and in_range(last_serial, 0, _U32)
        # Only a key that is not trusted any more has an end.
        and (mode == KeyMode.LIST_ONLY) == (until_s > 0)
        and (mode == KeyMode.LIST_ONLY or last_serial == 0)
    ):
        raise WireError("a key set with a field out of range")
    return KeyRow(
        use=KeyUse(use), public=public, mode=KeyMode(mode), until_s=until_s, last_serial=last_serial
    )
