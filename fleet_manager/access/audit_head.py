"""Heads of the audit that leave the house: number and hash of a line, signed by the centre.

Whoever keeps one elsewhere can show later that lines up to it were changed or cut off, also by
somebody who has computed the whole chain anew. docs/adr/0050-audit-head.md.
"""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet_manager.errors import CentreError
from fleet_manager.keys.vault import Signer

CONTEXT = b"scenic-gate audit head\0"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a file."""

    park: str
    line: int
    at_ms: int
    hash: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Head:
    """The audit of a park at one moment: `line` is the number of the last line, `hash` its hash,
    hexadecimal; 0 and the hash of nothing where there is none. `at_ms`: UTC."""

    park: str
    line: int
    at_ms: int
    hash: str

    @property
    def signed_bytes(self) -> bytes:
        """Return what the centre signs."""
        text = json.dumps(astuple(self), ensure_ascii=False, separators=(",", ":"))
        return CONTEXT + text.encode()


@dataclass(frozen=True, slots=True)
class SignedHead:
    """`key`: id of the centre's key, 4 bytes. `signature`: 64 bytes."""

    head: Head
    key: bytes
    signature: bytes

    def to_json(self) -> str:
        """Return the text of a file: one line."""
        head = self.head
        fields = _File(
            park=head.park,
            line=head.line,
            at_ms=head.at_ms,
            hash=head.hash,
            key=self.key.hex(),
            signature=self.signature.hex(),
        )
        return msgspec.json.encode(fields).decode() + "\n"


def sign(head: Head, signer: Signer) -> SignedHead:
    """Sign a head by the centre's key."""
    return SignedHead(head, signer.id, signer.sign(head.signed_bytes))


def read_head(data: bytes) -> SignedHead:
    """Return the head in a file's bytes; its signature is not checked yet. Raises CentreError."""
    try:
        fields = msgspec.json.decode(data, type=_File)
        key, signature = bytes.fromhex(fields.key), bytes.fromhex(fields.signature)
    except ValueError:  # msgspec's errors are some, too
        raise CentreError(
            "cannot read this as a head of the audit",
            "give the file as `fleet-manager audit head` has written it",
        ) from None
    return SignedHead(Head(fields.park, fields.line, fields.at_ms, fields.hash), key, signature)


def check(signed: SignedHead, park: str, keys: Mapping[bytes, bytes]) -> Head:
    """Return the head if one of the park's centre keys has signed it. `keys`: public keys by id.

    Raises CentreError.
    """
    head = signed.head
    if head.park != park:
        raise CentreError(f"cannot use this head: it is of park {head.park[:40]!r}, not {park}")
    if not _is_signed(signed, keys.get(signed.key)):
        raise CentreError(
            f"cannot use this head of line {head.line}: no key of this park's centre has signed it",
            "somebody has made or changed it; or the park's key sets are not those of that time",
        )
    return head


def _is_signed(signed: SignedHead, public: bytes | None) -> bool:
    if public is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signed.signature, signed.head.signed_bytes
        )
    except InvalidSignature:
        return False
    return True
