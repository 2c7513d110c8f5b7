"""Keys: which key may sign what. A ring holds public keys only; private keys never leave their
owner.

Every signature is Ed25519 (RFC 8032). A key is named by the first four bytes of the SHA-256 of its
32 public bytes.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gate_agent.validator.errors import WireError

KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64


class KeyUse(StrEnum):
    """What a key may sign. No signature of a key counts for another use."""

    TICKET = "ticket"
    LIST = "list"
    CENTRE = "centre"
    GATE = "gate"
    ROOT = "root"
    RELEASE = "release"


class KeyMode(IntEnum):
    """How far a ticket key is trusted. SIG: its signature is enough. SIG_LIST: the list must
    contain the serial as well. LIST_ONLY: only tickets that were issued while the key was good, and
    are on the list."""

    SIG = 0
    SIG_LIST = 1
    LIST_ONLY = 2


def key_id(public: bytes) -> bytes:
    """Return the 4-byte name of a 32-byte public key."""
    return sha256(public).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A public key with its use. `owner`: the park for tickets and lists, else the gate. `public`:
    32 bytes. `mode`: how far a ticket key is trusted. `until_s`, `last_serial`: with LIST_ONLY,
    tickets issued later (UTC seconds) or with a higher serial are not trusted."""

    id: bytes
    use: KeyUse
    owner: str
    public: bytes
    _key: Ed25519PublicKey
    mode: KeyMode = KeyMode.SIG
    until_s: int = 0
    last_serial: int = 0

    @classmethod
    def of(
        cls,
        public: bytes,
        use: KeyUse,
        owner: str,
        *,
        mode: KeyMode = KeyMode.SIG,
        until_s: int = 0,
        last_serial: int = 0,
    ) -> "PublicKey":
        """Return the key of 32 bytes. Raise WireError unless `public` makes an Ed25519 key."""
        try:
            key = Ed25519PublicKey.from_public_bytes(public)
        except ValueError:
            raise WireError("a public key that is not 32 bytes of Ed25519") from None
        return cls(
            id=key_id(public),
            use=use,
            owner=owner,
            public=public,
            _key=key,
            mode=mode,
            until_s=until_s,
            last_serial=last_serial,
        )

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Return whether this key made `signature` over `message`."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class KeyRing:
    """The public keys that a gate or the centre trusts, by (use, key id)."""

    def __init__(self, keys: Iterable[PublicKey] = ()) -> None:
        self._keys = {(key.use, key.id): key for key in keys}

    def find(self, use: KeyUse, name: bytes) -> PublicKey | None:
        """Return the key of that name if it is trusted for that use, else None."""
        return self._keys.get((use, name))

    def of(self, use: KeyUse) -> list[PublicKey]:
        """Return all keys of one use, in the order in which they were added."""
        return [key for key in self._keys.values() if key.use is use]

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def to_json(self) -> str:
        """Return the ring as the text that `from_json` reads: a list of {use, owner, public}."""
        rows = [
            {"use": key.use.value, "owner": key.owner, "public": key.public.hex()}
            for key in self._keys.values()
        ]
        return json.dumps(rows, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "KeyRing":
        """Return the ring in a text. Raise WireError for anything but what `to_json` writes; white
        space is free."""
        try:
            rows = json.loads(text)
            ring = cls(
                PublicKey.of(bytes.fromhex(row["public"]), KeyUse(row["use"]), row["owner"])
                for row in rows
            )
            for key in ring:
                key.owner.encode()
        except WireError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise WireError("a key ring that is not a list of {use, owner, public}") from None
        if json.loads(ring.to_json()) != rows:
            raise WireError("a key ring with a key twice, or with more than {use, owner, public}")
        return ring
