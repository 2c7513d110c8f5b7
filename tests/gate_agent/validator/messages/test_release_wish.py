"""The wish for a release: signed by the centre, for one gate, with fields in their ranges."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.release_wish import ReleaseWish, SwitchTime, open_wish
from gate_agent.validator.trust.keys import KeyRing, KeyUse, PublicKey, key_id
from gate_agent.validator.trust.seal import seal

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
RING = KeyRing([PublicKey.of(PUBLIC, KeyUse.CENTRE, "west-lake")])
CONTEXT = b"scenic-gate release wish\0"
WISH = ReleaseWish(
    park="west-lake",
    gate="north-1",
    number=3,
    as_of_ms=1_796_000_000_000,
    expires_ms=1_796_003_600_000,
    release="0.2.0-1a2b3c4d5e6f",
    manifest=bytes(32),
    sequence=7,
    when=SwitchTime.REST,
)
FIELDS: list[object] = [
    "west-lake", "north-1", 3, WISH.as_of_ms, WISH.expires_ms,
    WISH.release, WISH.manifest, 7, "rest", 0,
]  # fmt: skip


def opened(fields: list[object], gate: str = "north-1") -> ReleaseWish:
    sealed = seal(CONTEXT, fields, key_id(PUBLIC), PRIVATE.sign)
    return open_wish(sealed, RING, "west-lake", gate)


def test_a_wish_comes_back() -> None:
    sealed = WISH.seal(key_id(PUBLIC), PRIVATE.sign)
    assert open_wish(sealed, RING, "west-lake", "north-1") == WISH
    assert opened(FIELDS) == WISH


def test_copies_of_a_wish_have_one_content_and_others_have_another() -> None:
    later = replace(WISH, as_of_ms=WISH.as_of_ms + 1, expires_ms=WISH.expires_ms + 1)
    assert later.content == WISH.content
    assert replace(WISH, number=4).content != WISH.content


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, 5),
        (2, 0),
        (3, -1),
        (4, "soon"),
        (5, "../0.2.0"),
        (6, bytes(31)),
        (6, "text"),
        (7, -1),
        (8, "later"),
        (9, -1),
    ],
)
def test_a_field_out_of_range_is_refused(at: int, value: object) -> None:
    with pytest.raises(WireError, match="a field out of range"):
        opened([*FIELDS[:at], value, *FIELDS[at + 1 :]])


def test_another_number_of_fields_is_refused() -> None:
    with pytest.raises(WireError, match="another shape"):
        opened(FIELDS[:9])


def test_a_wish_for_another_gate_or_of_another_key_is_refused() -> None:
    with pytest.raises(WireError, match="for another gate"):
        opened(FIELDS, gate="north-2")
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(WireError):
        open_wish(WISH.seal(key_id(PUBLIC), stranger.sign), RING, "west-lake", "north-1")
