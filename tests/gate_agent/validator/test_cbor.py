"""Whatever a stranger calls CBOR gives a value or WireError."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from runpy import run_path
from threading import Barrier

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from tests.gate_agent.validator.builders import CBOR_VALUES, prove
from tests.vectors import reference


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
        b"\xf9\x3c\x00",  # 1.0 as a half, a single and a double
        b"\xfa\x3f\x80\x00\x00",
        b"\xfb\x3f\xf0" + bytes(6),
        b"\xf7",  # undefined
        b"\xf0",  # a simple value without a meaning
        b"\xf8\x20",
        b"\xff",
        b"\x5f\x41a\xff",  # a string in pieces
        b"\x7f\x61a\xff",
        b"\x9f\xff",
        b"\xbf\xff",
        b"\x1c",  # reserved lengths
        b"\x5d",
        b"\x9e",
        b"\x01\x01",  # bytes behind the item
        b"\x81\x01\x01",
        b"\x98\x19" + b"\x01" * 26,
        b"\x82\x01",  # cut off
        b"\x19\x01",
        b"\x42a",
        b"\xa1\x01",
        b"\xa1\x80\x01",  # arrays and maps as keys
        b"\xa1\xa0\x01",
        b"\x81" * 7 + b"\x01",  # seven arrays within each other
        b"\xa1\x01" * 7 + b"\x01",
        b"\xc4\x82\x00\xc2\x59\xb7\x98" + b"\x7f" * 47_000,  # half a second of cbor2's
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


NUMBERS = [0, -1, 23, 24, -25, 255, 256, 2**32, 2**64 - 1, -(2**64)]
STRINGS = [size * letter for letter in (b"x", "x") for size in (0, 1, 23, 24, 255, 256, 65536)]
LISTS = [[], [1, [2]], [*range(23)], [*range(24)], [0] * 70_000, [[[[[[]]]]]], [[], {}, [{}, 7], 8]]
MIXED = [{}, {1: 2}, {b"a": [1], "b": {1: {}}}, [b"x" * 24, b"x" * 300], [1, "x" * 22, None, True]]


@pytest.mark.parametrize(
    "value",
    [None, True, False, *NUMBERS, *STRINGS, *LISTS, *MIXED],
    ids=lambda each: repr(each)[:20],
)
def test_what_the_formats_use(value: object) -> None:
    assert cbor.read(cbor2.dumps(value)) == value


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=30)
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.integers(0, 2**64 - 1) | st.binary(), inner, max_size=5)
    ),
    max_leaves=40,
)


@prove
@given(PLAIN)
def test_it_reads_what_the_library_reads_of_these_types(value: object) -> None:
    data = cbor2.dumps(value)
    if depth(value) <= cbor.MOST_DEPTH:
        assert cbor.read(data) == value


def depth(value: object) -> int:
    """Gives how many lists and maps stand within each other."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, list | dict) else 0


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 16_384])
def test_a_single_string_is_read_without_a_decoder(size: int) -> None:
    data = cbor2.dumps([bytes(size)])
    assert cbor.read_single_string(data) == bytes(size)
    for other in (b"", data[:-1], data + b"\0", data[1:], b"\x82" + data[1:], b"\x81\x5f"):
        with pytest.raises(WireError):
            cbor.read_single_string(other)


WRITABLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=30),
    max_leaves=20,
)


@prove
@given(WRITABLE)
def test_what_is_written_is_deterministic(value: object) -> None:
    assert cbor.write(value) == reference.cbor(value) == cbor.write(value)


@prove
@given(WRITABLE, st.sampled_from(["\ud800", object()]))
def test_a_failure_leaves_nothing_behind(value: object, bad: object) -> None:
    """The encoder is used again: half a value must not come out with the next one."""
    for broken in ([value, bad], [[1, [value, bad]]]):
        with pytest.raises((UnicodeEncodeError, cbor2.CBOREncodeError)):
            cbor.write(broken)
        assert cbor.write([value]) == reference.cbor([value])


def test_threads_do_not_share_an_encoder() -> None:
    start = Barrier(4)

    def many(number: int) -> bool:
        start.wait(60)
        rows: list[object] = [
            [number, row, "x" * number, [bytes(row % 300)]] for row in range(2000)
        ]
        return all(cbor.write(row) == reference.cbor(row) for row in rows)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(many, range(4)))


@pytest.mark.parametrize("before", ["d81c8101", "d81c81ff", "82d81c8101", "d901008163616263"])
def test_nothing_read_is_remembered(before: str) -> None:
    """A shared value (tag 29) or string (tag 25) must not reach into what was read before."""
    try:
        cbor.read(bytes.fromhex(before))
    except WireError:
        pass
    for reference_to_first in ("d81d00", "82d81d0001", "d81900"):
        with pytest.raises(WireError):
            cbor.read(bytes.fromhex(reference_to_first))
    assert cbor.read(b"\x81\x01") == [1]


@pytest.mark.parametrize("name", ["CBOREncoder", "CBORError", "loads"])
def test_a_cbor2_without_what_is_used_is_no_broken_message(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cbor2 6 took `decode_from_bytes` away, and every message was "bytes that are not CBOR"."""
    monkeypatch.delattr(cbor2, name)
    with pytest.raises(ImportError, match=name):
        run_path(cbor.__file__)
