"""Release keys: two roots of three say which they are, and each signs manifests alone."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust import key_set
from gate_agent.validator.trust.keys import key_id
from gate_agent.validator.trust.release_keys import (
    CONTEXT,
    MAX_RELEASE_KEYS,
    ReleaseKeys,
    manifest_text,
    open_release_keys,
    read_release_keys,
)

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
KEYS = ReleaseKeys(
    park="west-lake", version=3, as_of_ms=1_796_000_000_000, keys=tuple(sorted((PUBLIC, OTHER)))
)
GOOD = ["west-lake", 3, 1_796_000_000_000, list(KEYS.keys)]
MANIFEST = b'{"format":1}\n'


def test_they_come_back() -> None:
    assert read_release_keys(KEYS.fields()) == KEYS
    assert KEYS.fields() == cbor.write(GOOD)


@pytest.mark.parametrize(
    "values",
    [
        GOOD[:3],
        [5, *GOOD[1:]],
        [*GOOD[:3], PUBLIC],
        ["west-lake", 0, *GOOD[2:]],
        ["west-lake", 1 << 32, *GOOD[2:]],
        [*GOOD[:2], -1, GOOD[3]],
        [*GOOD[:3], [*reversed(KEYS.keys)]],
        [*GOOD[:3], [PUBLIC, PUBLIC]],
        [*GOOD[:3], ["text"]],
        [*GOOD[:3], [b"short"]],
        [*GOOD[:3], [bytes([number]) * 32 for number in range(MAX_RELEASE_KEYS + 1)]],
    ],
)
def test_another_shape_is_refused(values: list[object]) -> None:
    with pytest.raises(WireError):
        read_release_keys(cbor.write(values))


def test_a_manifest_has_the_signature_of_one_of_them() -> None:
    signature = key_id(PUBLIC) + PRIVATE.sign(manifest_text(MANIFEST))
    assert KEYS.key_of(signature, MANIFEST).public == PUBLIC
    assert KEYS.ids == {key_id(PUBLIC).hex(), key_id(OTHER).hex()}


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (b"", "another length"),
        (key_id(PUBLIC) + PRIVATE.sign(MANIFEST), "wrong signature"),
        (b"none" + PRIVATE.sign(manifest_text(MANIFEST)), "unknown here"),
    ],
)
def test_another_signature_is_refused(signature: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        KEYS.key_of(signature, MANIFEST)


ROOTS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (7, 8, 9)]


def sealed(*roots: Ed25519PrivateKey) -> bytes:
    written = KEYS.fields()
    return key_set.seal(
        written,
        [
            key_set.sign(written, root.public_key().public_bytes_raw(), root.sign, CONTEXT)
            for root in roots
        ],
    )


def test_two_roots_are_enough_for_their_own_park_alone() -> None:
    publics = [root.public_key().public_bytes_raw() for root in ROOTS]
    assert open_release_keys(sealed(*ROOTS[:2]), publics, "west-lake") == KEYS
    with pytest.raises(WireError, match="fewer than 2"):
        open_release_keys(sealed(ROOTS[0]), publics, "west-lake")
    with pytest.raises(WireError, match="another park"):
        open_release_keys(sealed(*ROOTS[:2]), publics, "east-lake")
