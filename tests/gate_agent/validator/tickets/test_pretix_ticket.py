"""pretix's signed tickets: what pretix itself wrote is read, everything else refused."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets.pretix_ticket import looks_like, parse
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from hardware_sim.pretix.secret import payload, seal, sign

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = PublicKey.of(PRIVATE.public_key().public_bytes_raw(), KeyUse.TICKET, "pretix")
# Written by pretix 2026.8.0: one without limits of its own, one that is valid for four hours.
REAL_KEY = PublicKey.of(
    base64.b64decode("JFD7HUv6CpUwWj+NK+5WFy1JlHhD2YctZiIlU2YadyA="), KeyUse.TICKET, "pretix"
)
REAL = (
    b"=YAMmxebEc/jXRhGeWJcfRqTIS1+PEnML174+McnTKsvGeJbxUbh8Q+hdq/9BJqPzZUojxWNMWfrAGGEUEnXobDA"
    b"wAAKBAhd0xmUnZ2M3MUCKAEARAQA",
    b"==gB5g/XQ3cmMeVrhQYBMrcY3oHG+sALS7zcxtPoeC8MpV07/Dc9xh8f6/AEHIMzZ1Lz/9m4GcdtLA3d7gS2pNWi"
    b"Ggdm1rKMGgdmEqOKBARU3ZTRkdVY5pVCKAEAZAQA",
)
CODE = sign(PRIVATE, "seed12345", item=7, variation=3, valid_from=1_795_507_200).encode()


def test_the_fields_come_out() -> None:
    ticket = parse(CODE)
    assert (ticket.item, ticket.variation, ticket.subevent) == (7, 3, 0)
    assert (ticket.valid_from, ticket.valid_until) == (1_795_507_200, 0)
    assert looks_like(CODE)
    assert ticket.signed_by(KEY)


@pytest.mark.parametrize("code", REAL)
def test_what_pretix_wrote_is_read(code: bytes) -> None:
    ticket = parse(code)
    assert looks_like(code)
    assert ticket.signed_by(REAL_KEY)
    assert (ticket.item, ticket.variation, ticket.subevent) == (1, 0, 0)
    assert ticket.valid_until - ticket.valid_from in (0, 4 * 3600)


def test_another_key_did_not_sign_it() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    assert not parse(CODE).signed_by(PublicKey.of(other, KeyUse.TICKET, "pretix"))


def raw(data: bytes) -> bytes:
    return base64.b64encode(data)[::-1]


GOOD = payload("seed12345", 7, 3, 0, 1_795_507_200, 0)
DATA = base64.b64decode(CODE[::-1])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (b"", "length"),
        (CODE[:60], "length"),
        (b"A" * 300, "length"),
        (b"!" * 120, "base64"),
        (CODE[1:], "base64"),
        (CODE[:-8] + b"\xc3\xa9" + CODE[-6:], "base64"),
        (raw(b"\x02" + DATA[1:]), "version"),
        (raw(DATA[:3] + b"\x00\x3f" + DATA[5:]), "version"),
        (raw(DATA + b"\0"), "length than it says"),
        (raw(DATA[:1] + b"\xff\xff" + DATA[3:]), "length than it says"),
        (seal(PRIVATE, GOOD + b"\x38\x01").encode(), "unknown field"),
        (seal(PRIVATE, GOOD + b"\x18\x01").encode(), "another order"),
        (seal(PRIVATE, GOOD[:11] + b"\x12\x01A").encode(), "unknown field"),
        (seal(PRIVATE, b"\x0a\x7f" + b"A" * 11).encode(), "cut off"),
        (seal(PRIVATE, GOOD[:11] + b"\x10\x87").encode(), "number"),
        (seal(PRIVATE, GOOD[:11] + b"\x10\x87\x00").encode(), "number"),
        (seal(PRIVATE, GOOD[:11] + b"\x10" + b"\xff" * 9 + b"\x01").encode(), "number"),
    ],
)
def test_what_is_not_one_is_refused(code: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        parse(code)


def test_base64_with_loose_ends_is_a_second_way_to_write_it() -> None:
    turned = bytearray(CODE[::-1])
    assert turned.endswith(b"="), "its last group has unused bits"
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(turned.rstrip(b"=")) - 1
    turned[at] = letters[letters.index(turned[at]) + 1]
    assert base64.b64decode(bytes(turned)) == base64.b64decode(CODE[::-1])
    with pytest.raises(WireError):
        parse(bytes(turned)[::-1])


@given(st.binary(max_size=300))
def test_any_bytes_are_a_ticket_or_one_error(data: bytes) -> None:
    for code in (data, raw(data)):
        try:
            assert parse(code).payload
        except WireError:
            pass


@given(
    st.text("abc123", max_size=20), st.lists(st.integers(0, (1 << 62) - 1), min_size=5, max_size=5)
)
def test_what_is_written_is_read(seed: str, numbers: list[int]) -> None:
    item, variation, subevent, start, end = numbers
    code = sign(
        PRIVATE,
        seed,
        item=item,
        variation=variation,
        subevent=subevent,
        valid_from=start,
        valid_until=end,
    ).encode()
    try:
        ticket = parse(code)
    except WireError:
        assert not 96 <= len(code) <= 256
        return
    assert (ticket.item, ticket.variation, ticket.subevent) == (item, variation, subevent)
    assert (ticket.valid_from, ticket.valid_until) == (start, end)
