"""PURE. The release keys: which keys may sign software, by the word of two of the three root keys.

They are no part of the key set: a gate with older software refuses a key set with a use that it
does not know, and would then take no new ticket key either (ADR on updates). The form is the key
set's: signatures of roots in front of one CBOR array.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.moment import END_MS
from gate_agent.validator.trust.key_set import THRESHOLD, signers, split
from gate_agent.validator.trust.keys import KEY_ID_BYTES, SIGNATURE_BYTES, KeyUse, PublicKey, key_id
from gate_agent.validator.trust.seal import in_range, read_fields

CONTEXT = b"scenic-gate release keys\0"
MAX_RELEASE_KEYS = 8
_MANIFEST_CONTEXT = b"scenic-gate release\0"
_U32 = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseKeys:
    """`as_of_ms`: when it was made, UTC ms since 1970. `keys`: public keys, ascending; none while
    no software is trusted."""

    park: str
    version: int
    as_of_ms: int
    keys: tuple[bytes, ...]

    def fields(self) -> bytes:
        """Return the bytes that roots sign. Raise WireError for what no gate would accept."""
        written = cbor.write([self.park, self.version, self.as_of_ms, list(self.keys)])
        read_release_keys(written)
        return written

    @property
    def ids(self) -> frozenset[str]:
        """Return the ids of the keys, hexadecimal."""
        return frozenset(key_id(public).hex() for public in self.keys)

    def key_of(self, signature: bytes, manifest: bytes) -> PublicKey:
        """Return the key that signed the bytes of a `release.json`. Raise WireError for none.

        `signature`: key id (4 bytes) and signature (64), as `sign_manifest` makes them.
        """
        if len(signature) != KEY_ID_BYTES + SIGNATURE_BYTES:
            raise WireError("a release with a signature of another length")
        for public in self.keys:
            key = PublicKey.of(public, KeyUse.RELEASE, self.park)
            if key.id == signature[:KEY_ID_BYTES]:
                if key.signed(signature[KEY_ID_BYTES:], manifest_text(manifest)):
                    return key
                raise WireError("a release with a wrong signature")
        raise WireError(f"a release signed with key {signature[:KEY_ID_BYTES].hex()}: unknown here")


def manifest_text(manifest: bytes) -> bytes:
    """Return the bytes that a release key signs for a `release.json`."""
    return _MANIFEST_CONTEXT + manifest


def open_release_keys(sealed: bytes, roots: Iterable[bytes], park: str) -> ReleaseKeys:
    """Return the release keys if two of the root keys signed them for this park. Raise WireError.

    No CBOR is decoded before the signatures have been verified.
    """
    if signers(sealed, set(roots), CONTEXT) < THRESHOLD:
        raise WireError(f"release keys that fewer than {THRESHOLD} of the root keys signed")
    keys = read_release_keys(split(sealed)[1])
    if keys.park != park:
        raise WireError("release keys of another park")
    return keys


def read_release_keys(fields: bytes) -> ReleaseKeys:
    """Return the release keys in `fields`, whoever signed them. Raise WireError."""
    values = read_fields("release keys", fields)
    if len(values) != 4:
        raise WireError("release keys of another shape")
    park, version, as_of_ms, publics = values
    if type(park) is not str or type(publics) is not list:
        raise WireError("release keys of another shape")
    if not (
        in_range(version, 1, _U32)
        and in_range(as_of_ms, 0, END_MS)
        and len(publics) <= MAX_RELEASE_KEYS
        and all(type(public) is bytes for public in publics)
        and all(a < b for a, b in pairwise(publics))
    ):
        raise WireError("release keys with a field out of range")
    assert type(version) is int
    assert type(as_of_ms) is int
    for public in publics:
        PublicKey.of(public, KeyUse.RELEASE, park)
    return ReleaseKeys(park=park, version=version, as_of_ms=as_of_ms, keys=tuple(publics))
