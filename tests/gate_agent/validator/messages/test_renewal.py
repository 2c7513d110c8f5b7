"""The messages of a renewal, and the box that only the gate can open."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages import renewal
from gate_agent.validator.messages.envelopes import Message, decode, encode, topic_of
from gate_agent.validator.messages.renewal import (
    BOX_BYTES,
    MAX_CERTIFICATE_BYTES,
    Renew,
    Renewed,
    RenewOrder,
    ask,
    check_proof,
    open_box,
    public_of,
    seal_box,
)
from gate_agent.validator.trust.keys import KeyUse
from tests.gate_agent.validator.builders import prove
from tests.vectors.keyring import CENTRE, GATE, GATE_KEY, PARK, RING

SEED, OTHER = bytes(range(32)), bytes(range(1, 33))
OLD = GATE_KEY.public
SECRET, EPHEMERAL = b"s" * 32, b"e" * 32


def carried(message: Message) -> Message:
    """As it arrives."""
    topic = topic_of(PARK, GATE, type(message))
    key = GATE_KEY if message.topic_end.startswith("up/") else CENTRE
    payload = encode(topic, message, key.id, key.sign)
    return decode(topic, payload, lambda use, name, _gate: RING.find(KeyUse(use), name))


def test_the_same_seed_asks_the_same() -> None:
    asked = ask(GATE, OLD, SEED)
    assert asked == ask(GATE, OLD, SEED) == carried(asked)
    assert asked.public == public_of(SEED) != ask(GATE, OLD, OTHER).public
    check_proof(asked, GATE, OLD)


@pytest.mark.parametrize(
    ("gate", "replaced", "change"),
    [
        ("south-1", OLD, {}),
        (GATE, bytes(32), {}),
        (GATE, OLD, {"public": public_of(OTHER)}),
        (GATE, OLD, {"box_key": bytes(32)}),
        (GATE, OLD, {"proof": bytes(64)}),
        (GATE, OLD, {"public": b"\xff" * 32}),
    ],
)
def test_a_proof_is_for_one_gate_one_key_and_one_box(
    gate: str, replaced: bytes, change: dict[str, bytes]
) -> None:
    with pytest.raises(WireError):
        check_proof(replace(ask(GATE, OLD, SEED), **change), gate, replaced)


def test_a_box() -> None:
    asked = ask(GATE, OLD, SEED)
    box = seal_box(SECRET, GATE, asked, EPHEMERAL)
    assert len(box) == BOX_BYTES
    assert box == seal_box(SECRET, GATE, asked, EPHEMERAL)
    assert SECRET not in box
    assert open_box(box, GATE, SEED) == SECRET


def test_a_box_for_somebody_else() -> None:
    box = seal_box(SECRET, GATE, ask(GATE, OLD, SEED), EPHEMERAL)
    for gate, seed in ((GATE, OTHER), ("south-1", SEED)):
        with pytest.raises(WireError, match="not made for this key"):
            open_box(box, gate, seed)


@pytest.mark.parametrize("at", [0, 31, 32, 50, BOX_BYTES - 1])
def test_a_box_that_was_changed(at: int) -> None:
    box = bytearray(seal_box(SECRET, GATE, ask(GATE, OLD, SEED), EPHEMERAL))
    box[at] ^= 1
    with pytest.raises(WireError, match="box"):
        open_box(bytes(box), GATE, SEED)


@pytest.mark.parametrize("low", [bytes(32), b"\1" + bytes(31)])
def test_a_point_of_low_order_makes_no_box(low: bytes) -> None:
    with pytest.raises(WireError, match="box key that is none"):
        seal_box(SECRET, GATE, replace(ask(GATE, OLD, SEED), box_key=low), EPHEMERAL)
    with pytest.raises(WireError, match="box key that is none"):
        open_box(low + bytes(BOX_BYTES - 32), GATE, SEED)


@prove
@given(st.binary(min_size=BOX_BYTES, max_size=BOX_BYTES))
def test_any_box(box: bytes) -> None:
    with pytest.raises(WireError):
        open_box(box, GATE, SEED)


ORDER = RenewOrder(bytes(32))
ASKED = Renew(bytes(32), bytes(32), bytes(64))
RENEWED = Renewed(bytes(32), b"x", bytes(BOX_BYTES))


@pytest.mark.parametrize("message", [ORDER, ASKED, RENEWED], ids=lambda one: one.topic_end)
def test_lengths_that_can_be(message: Message) -> None:
    assert carried(message) == message


@pytest.mark.parametrize(
    "message",
    [
        RenewOrder(bytes(31)),
        replace(ASKED, public=bytes(33)),
        replace(ASKED, box_key=b""),
        replace(ASKED, proof=bytes(63)),
        replace(RENEWED, public=b""),
        replace(RENEWED, box=bytes(BOX_BYTES + 1)),
        replace(RENEWED, certificate=b""),
        replace(RENEWED, certificate=bytes(MAX_CERTIFICATE_BYTES + 1)),
    ],
    ids=lambda one: one.topic_end,
)
def test_lengths_that_cannot_be(message: Message) -> None:
    with pytest.raises(WireError, match="another length"):
        carried(message)


def test_what_is_no_renewal_is_not_checked_here() -> None:
    renewal.check(random.Random(1))
