"""Key agreement at the one door that has it: the box for a gate's new link secret.

The box is opened by HKDF and ChaCha20-Poly1305 of `tests/vectors/reference.py`, with the shared
secret that the vector names. The link secret itself comes from HMAC, not from key agreement.
"""

import hmac
import struct
from hashlib import sha256
from typing import Any

import pytest

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.renewal import Renew, open_box, public_of, seal_box
from tests.vectors import reference
from tests.vectors.keyring import GATE
from tests.vectors.others.wycheproof import groups

SECRET = bytes(range(32))
PUBLIC = public_of(bytes(32))
FIELD = 2**255 - 19

TAKEN = {
    "Twist": "RFC 7748, 5: X25519 is defined on the twist, and 6.1 asks for no check",
    "NonCanonicalPublic": "RFC 7748, 5: such values are accepted and reduced",
}
"""Kinds of `acceptable` vectors that are taken, and why."""
REFUSED = {
    "ZeroSharedSecret": "RFC 7748, 6.1: whoever sends such a key knows the secret of every box",
}
"""Kinds of `acceptable` vectors that are refused, and why. Refusal comes first."""


def _box(box_key: bytes, ephemeral: bytes) -> bytes:
    return seal_box(SECRET, GATE, Renew(PUBLIC, box_key, bytes(64)), ephemeral)


def _opened(box: bytes, box_key: bytes, shared: bytes) -> bytes | None:
    """Return what is in the box for whoever has the `shared` secret; None if it is another's."""
    ephemeral, sealed, tag = box[:32], box[32:64], box[64:]
    prk = hmac.digest(ephemeral + box_key, shared, sha256)
    key = hmac.digest(prk, b"scenic-gate box\0\1", sha256)
    about = b"scenic-gate box\0" + GATE.encode() + b"\0" + PUBLIC
    text = about + bytes(-len(about) % 16) + sealed + struct.pack("<QQ", len(about), len(sealed))
    if reference.poly1305(reference.chacha20(key, 0, bytes(12))[:32], text) != tag:
        return None
    pad = reference.chacha20(key, 1, bytes(12))
    return bytes(a ^ b for a, b in zip(sealed, pad, strict=False))


def _is_taken(test: dict[str, Any]) -> bool:
    """Return whether the vector must be taken. Fail for a kind that nobody has judged."""
    if test["result"] != "acceptable":
        return bool(test["result"] == "valid")
    flags = set(test["flags"])
    assert flags & (TAKEN.keys() | REFUSED.keys()), f"a new kind of vector: {test}"
    return not flags & REFUSED.keys()


def test_the_vectors_of_x25519() -> None:
    """What is taken gives the shared secret that the vector names."""
    wrong = []
    for group in groups("x25519_test.json"):
        for test in group["tests"]:
            private, public, shared = (
                bytes.fromhex(test[name]) for name in ("private", "public", "shared")
            )
            try:
                found = _opened(_box(public, private), public, shared)
            except WireError:
                found = None
            if found != (SECRET if _is_taken(test) else None):
                wrong.append((test["tcId"], test["flags"], test["result"]))
    assert wrong == []


def _root(square: int) -> int | None:
    """Return a square root modulo p, None if there is none (p = 5 modulo 8)."""
    root = pow(square, (FIELD + 3) // 8, FIELD)
    for candidate in (root, root * pow(2, (FIELD - 1) // 4, FIELD) % FIELD):
        if candidate * candidate % FIELD == square % FIELD:
            return candidate
    return None


def _order_eight() -> set[int]:
    """Return the u coordinates that doubling (RFC 7748, 5) leads to u = 1, of order 4.

    The equation is u^4 - 4 u^3 - (2 + 4 A) u^2 - 4 u + 1 = 0; with w = u + 1 / u it becomes
    w^2 - 4 w - (4 + 4 A) = 0.
    """
    half = _root(486662 + 2)
    assert half is not None
    found = set()
    for w in (2 + 2 * half, 2 - 2 * half):
        root = _root(w * w - 4)
        if root is not None:
            found |= {(w + sign * root) * pow(2, -1, FIELD) % FIELD for sign in (1, -1)}
    return found


def _low_order() -> list[bytes]:
    """Return u of every point of order 1, 2, 4 and 8 on the curve and its twist, in every form of
    32 bytes: also not reduced, and with the highest bit set."""
    numbers = {0, 1, FIELD - 1, FIELD, FIELD + 1, *_order_eight()}
    return sorted((n | high).to_bytes(32, "little") for n in numbers for high in (0, 1 << 255))


@pytest.mark.parametrize("public", _low_order(), ids=bytes.hex)
def test_a_box_key_that_makes_every_secret_known_is_refused(public: bytes) -> None:
    assert reference.x25519(b"\x40" * 32, public) == bytes(32)
    with pytest.raises(WireError, match="a box key that is none"):
        _box(public, b"\x40" * 32)
    with pytest.raises(WireError, match="a box key that is none"):
        open_box(public + bytes(48), GATE, bytes(32))


def test_a_box_opens_with_its_shared_secret_alone() -> None:
    private = b"\x40" * 32
    public = reference.x25519(b"\x41" * 32)
    shared = reference.x25519(private, public)
    assert _opened(_box(public, private), public, shared) == SECRET
    assert _opened(_box(public, private), public, bytes(32)) is None
