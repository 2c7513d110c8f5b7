"""Base45: one text for every byte string, and nothing but WireError for the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets import base45
from tests.gate_agent.validator.builders import prove


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
