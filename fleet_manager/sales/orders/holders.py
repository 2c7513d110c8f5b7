"""Documents of the persons whom an order names, sealed while it waits for its money.

A ticket keeps only a tag, which is made of its serial; an order that is not paid has no serials
yet. So the numbers are sealed in its line until the tickets are issued, and then forgotten.
"""

import json
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def seal(key: bytes, holders: tuple[tuple[str, str], ...]) -> bytes:
    """Return (type, number) of documents, sealed under a key of 32 bytes; b"" for none."""
    if not holders:
        return b""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, json.dumps(holders).encode(), b"order holders")


def unseal(key: bytes, sealed: bytes) -> tuple[tuple[str, str], ...]:
    """Return what `seal` was given. Raises InvalidTag for another key or a changed text."""
    if not sealed:
        return ()
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    pairs = json.loads(AESGCM(key).decrypt(nonce, body, b"order holders"))
    return tuple((kind, number) for kind, number in pairs)
