"""Who may sign what."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.trust.keys import KEY_ID_BYTES, KeyRing, KeyUse, PublicKey, key_id
from tests.gate_agent.validator.builders import prove
from tests.vectors.keyring import CENTRE, LIST, PARK, RING, STRANGER, TICKET

# RFC 8032, 7.1, test 2.
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
ROW = {"use": "list", "owner": PARK, "public": PUBLIC}


def test_ed25519_of_rfc_8032() -> None:
    key = PublicKey.of(bytes.fromhex(PUBLIC), KeyUse.GATE, "north-1")
    assert key.signed(bytes.fromhex(SIGNATURE), b"\x72")
    assert not key.signed(bytes.fromhex(SIGNATURE), b"\x73")
    assert key.id == key_id(key.public)
    assert len(key.id) == KEY_ID_BYTES


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length(size: int) -> None:
    with pytest.raises(WireError, match="32 bytes"):
        PublicKey.of(bytes(size), KeyUse.LIST, PARK)


@prove
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_signature_is_a_yes_or_a_no(signature: bytes, message: bytes) -> None:
    assert not TICKET.key.signed(signature, message)


def test_one_signature_and_no_other() -> None:
    """RFC 8032, 5.1.7: S beyond the order of the group is no second signature."""
    signature = TICKET.sign(b"x")
    order = 2**252 + 27742317777372353535851937790883648493
    twin = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(
        32, "little"
    )
    assert TICKET.key.signed(signature, b"x")
    assert not TICKET.key.signed(twin, b"x")


def test_a_key_is_found_for_its_use_alone() -> None:
    assert RING.find(KeyUse.TICKET, TICKET.id) == TICKET.key
    assert RING.find(KeyUse.LIST, TICKET.id) is None
    assert RING.find(KeyUse.TICKET, LIST.id) is None
    assert RING.find(KeyUse.TICKET, STRANGER.id) is None
    assert RING.find(KeyUse.TICKET, TICKET.id + b"\0") is None


def test_one_key_for_two_uses() -> None:
    again = PublicKey.of(TICKET.public, KeyUse.LIST, PARK)
    ring = KeyRing([TICKET.key, again])
    assert len(ring) == 2
    assert ring.find(KeyUse.LIST, TICKET.id) == again


def test_round_trip() -> None:
    again = KeyRing.from_json(RING.to_json())
    assert list(again) == list(RING)
    assert len(again) == 7
    assert again.find(KeyUse.CENTRE, CENTRE.id) == CENTRE.key
    assert list(KeyRing.from_json("[]")) == []


@pytest.mark.parametrize(
    "rows",
    [
        5,
        None,
        {"use": "list"},
        ["x"],
        [[]],
        [{}],
        [{**ROW, "use": "any"}],
        [{**ROW, "use": ["list"]}],
        [{**ROW, "owner": None}],
        [{**ROW, "owner": 7}],
        [{**ROW, "owner": "\ud800"}],
        [{**ROW, "public": 5}],
        [{**ROW, "public": PUBLIC[:-2]}],
        [{**ROW, "public": PUBLIC.upper()}],
        [{**ROW, "public": "zz"}],
        [{**ROW, "private": "00"}],
        [ROW, ROW],
    ],
    ids=str,
)
def test_a_ring_that_is_none(rows: object) -> None:
    with pytest.raises(WireError):
        KeyRing.from_json(json.dumps(rows))


@pytest.mark.parametrize("text", ["", "[", "[" * 100_000, "\ud800", "[NaN]", "1" * 5000])
def test_a_text_that_is_none(text: str) -> None:
    with pytest.raises(WireError):
        KeyRing.from_json(text)


@prove
@given(st.text() | st.lists(st.dictionaries(st.sampled_from(list(ROW)), st.text())).map(json.dumps))
def test_any_text_is_a_ring_or_wire_error(text: str) -> None:
    try:
        ring = KeyRing.from_json(text)
    except WireError:
        return
    assert json.loads(ring.to_json()) == json.loads(text)


def test_a_ring_shows_no_private_key() -> None:
    assert {name for row in json.loads(RING.to_json()) for name in row} == {
        "use",
        "owner",
        "public",
    }
