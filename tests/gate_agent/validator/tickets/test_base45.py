"""Base45: one text for every byte string, and nothing but WireError for the rest."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.decide import Denied, authenticate
from gate_agent.validator.errors import WireError
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets import base45
from tests.gate_agent.validator.builders import prove
from tests.vectors import samples
from tests.vectors.keyring import RING


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ],
)
def test_the_examples_of_rfc_9285(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text.encode()) == data


def test_the_examples_of_rfc_9285_are_no_tickets() -> None:
    """4.3 and 4.4, and with the prefix in front as they would be scanned."""
    for text in (b"BB8", b"%69 VD92EX0", b"UJCLQE7W581", b"QED8WEX0"):
        assert authenticate(text, RING) == Denied(Reason.ALIEN)
        assert authenticate(b"SG1:" + text, RING) == Denied(Reason.TORN)


def test_a_group_has_one_value_and_what_is_beyond_16_bits_is_refused() -> None:
    """RFC 9285, 4 and 6: FGW is 65535, GGW is 65536. All 45^3 groups of three are tried."""
    refused = 0
    for value, group in enumerate(product(base45.ALPHABET, repeat=3)):
        text = bytes(reversed(group))
        try:
            data = base45.decode(text)
        except WireError:
            refused += 1
            assert value > 0xFFFF
        else:
            assert int.from_bytes(data, "big") == value
    assert refused == 45**3 - (1 << 16)


def test_the_last_two_characters_are_one_byte_or_refused() -> None:
    """RFC 9285, 4: 45^2 groups of two, of which 256 are a byte."""
    for value, group in enumerate(product(base45.ALPHABET, repeat=2)):
        text = bytes(reversed(group))
        if value < 256:
            assert base45.decode(text) == bytes((value,))
        else:
            with pytest.raises(WireError, match="out of range"):
                base45.decode(text)


ERRORS = {
    "a group of 65536": (b"GGW", "out of range"),
    "a group of 91124": (b":::", "out of range"),
    "a small letter": (b"bb8", "alphabet"),
    "a line end": (b"BB\n", "alphabet"),
    "a NUL": (b"BB\0", "alphabet"),
    "an underscore": (b"B_8", "alphabet"),
    "a byte beyond ASCII": (b"BB\xff", "alphabet"),
    "a character missing": (b"BB", "length|range"),
    "a character too many": (b"BB80", "length|range"),
}
"""What RFC 9285, 4 and 6, tells a decoder to refuse, in place of one group of three."""


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_rfc_9285_in_any_group_makes_a_torn_ticket(error: str) -> None:
    wrong, message = ERRORS[error]
    code = samples.codes()["single"].encode()
    assert not isinstance(authenticate(code, RING), Denied)
    for at in range(4, len(code) - 2, 3):
        damaged = code[:at] + wrong + code[at + 3 :]
        assert authenticate(damaged, RING) == Denied(Reason.TORN)
        if len(wrong) == 3:
            with pytest.raises(WireError, match=message):
                base45.decode(damaged[4:])


@prove
@given(st.binary(max_size=200))
def test_round_trip(data: bytes) -> None:
    text = base45.encode(data)
    assert len(text) == len(data) // 2 * 3 + len(data) % 2 * 2
    assert base45.decode(text.encode()) == data


@prove
@given(st.binary(max_size=60) | st.text(base45.ALPHABET.decode(), max_size=60).map(str.encode))
def test_any_bytes_give_the_one_text_back_or_wire_error(text: bytes) -> None:
    try:
        data = base45.decode(text)
    except WireError:
        return
    assert base45.encode(data).encode() == text


@pytest.mark.parametrize("text", [b"A", b"0000", b"GGW", b":::", b"V5", b"::", b"bb8", b"BB\xff"])
def test_refused(text: bytes) -> None:
    with pytest.raises(WireError):
        base45.decode(text)


@pytest.mark.parametrize("text", [b"FGW", b"U5", b""])
def test_the_last_that_fits(text: bytes) -> None:
    assert set(base45.decode(text)) <= {0xFF}
