"""Whatever a stranger calls CBOR gives a value or WireError."""

from contextlib import suppress

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from tests.gate_agent.validator.builders import CBOR_VALUES, prove


@prove
@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    with suppress(WireError):
        cbor.read(data)


@prove
@given(st.integers(0, 300), CBOR_VALUES)
def test_any_tag_around_anything(tag: int, value: object) -> None:
    with suppress(WireError):
        cbor.read(cbor2.dumps(cbor2.CBORTag(tag, value)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81" * 500_000 + b"\0",  # nesting
        b"\xc1" * 50_000 + b"\0",
        b"\x9b" + b"\xff" * 8,  # an array of 2**64 items
        b"\xbb" + b"\xff" * 8,
        b"\x5b\x7f" + b"\xff" * 7,
        b"\x7a\x7f\xff\xff\xff",
        b"\x61\xff",  # not UTF-8
        b"\xc4\x82\x1b" + b"\x7f" * 8 + b"\x01",  # a decimal beyond every exponent
        b"\xc5\x82\x1b" + b"\x7f" * 8 + b"\x01",  # a big float likewise
        b"\xd8\x1e\x82\x01\x00",  # 1/0
        b"\xd8\x23\x61(",  # half a regular expression
        b"\xd8\x1c\xa1\xd8\x1d\x00\x01",  # a map with itself as a key
        b"\x9f\x01",
    ],
    ids=lambda data: data[:6].hex(),
)
def test_hostile(data: bytes) -> None:
    with pytest.raises(WireError):
        cbor.read(data)


@pytest.mark.parametrize("value", [0, -1, 2**64 - 1, b"x", "x", None, True, [1, [2]], {1: 2}])
def test_what_the_formats_use(value: object) -> None:
    assert cbor.read(cbor2.dumps(value)) == value
