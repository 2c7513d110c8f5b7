"""Signatures in a simulated park: real ones, each verified once.

One process plays gates and centre, so the same bytes are signed here, verified there, and verified
again by the next forty gates. Ed25519 gives one answer for the same key, signature and message;
the cache remembers those that hold. What the park's own keys sign in this process holds by
construction, and one in `SAMPLE` of what it remembers is verified all the same and must hold. What
it does not remember (forged, garbled, moved to another topic) is verified by the real library.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from gate_agent.validator.trust import keys

SAMPLE = 256
MOST = 1 << 16


class SignatureCache:
    """What is known to hold: at most 2 * MOST signatures, the oldest forgotten first."""

    def __init__(self) -> None:
        self._fresh: dict[bytes, None] = {}
        self._older: dict[bytes, None] = {}
        self._keys: dict[bytes, _Key] = {}
        self._asked = 0

    def signing(self, private: Ed25519PrivateKey) -> Callable[[bytes], bytes]:
        """Return the key's own `sign`, whose signatures are remembered."""
        public = private.public_key().public_bytes_raw()

        def sign(message: bytes) -> bytes:
            signature = private.sign(message)
            self.remember(_name(public, signature, message))
            return signature

        return sign

    def key(self, public: bytes) -> "_Key":
        """Return a public key to verify with, made once. Raises ValueError, as the real one."""
        key = self._keys.get(public)
        if key is None:
            key = self._keys[public] = _Key(self, public)
        return key

    def holds(self, name: bytes) -> bool:
        """Return whether a signature is remembered, and need not be verified once more."""
        if name not in self._fresh and name not in self._older:
            return False
        self._asked += 1
        return self._asked % SAMPLE != 0

    def remember(self, name: bytes) -> None:
        """Remember that a signature is good."""
        if len(self._fresh) >= MOST:
            self._older, self._fresh = self._fresh, {}
        self._fresh[name] = None


def _name(public: bytes, signature: bytes, message: bytes) -> bytes:
    return blake2b(public + signature + message, digest_size=16).digest()


class _Key:
    """As Ed25519PublicKey, for whoever verifies with it."""

    def __init__(self, signatures: SignatureCache, public: bytes) -> None:
        self._signatures = signatures
        self._public = public
        self._library_key = Ed25519PublicKey.from_public_bytes(public)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Verify. Raises InvalidSignature, as the real one."""
        name = _name(self._public, signature, message)
        if not self._signatures.holds(name):
            self._library_key.verify(signature, message)
            self._signatures.remember(name)


class _CachedKeys:
    """Stands for the library's class in the validator's module of keys."""

    def __init__(self, signatures: SignatureCache) -> None:
        self._signatures = signatures

    def from_public_bytes(self, public: bytes) -> _Key:
        """Make a key. Raises ValueError, as the real one."""
        return self._signatures.key(public)


@contextmanager
def cached_verification(signatures: SignatureCache) -> Iterator[None]:
    """Let every public key that is made inside the block ask the cache first."""
    names = vars(keys)
    real = names["Ed25519PublicKey"]
    names["Ed25519PublicKey"] = _CachedKeys(signatures)
    try:
        yield
    finally:
        names["Ed25519PublicKey"] = real
