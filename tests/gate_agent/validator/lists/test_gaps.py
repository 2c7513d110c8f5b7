"""Ascending numbers in Rice's code: small, quick, and written the one way."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists import gaps
from gate_agent.validator.lists.gaps import BLOCK_GAPS, pack, unpack
from tests.gate_agent.validator.builders import U32, prove

END = 1 << 32


@prove
@given(st.lists(U32, unique=True, max_size=80).map(sorted))
def test_round_trip(numbers: list[int]) -> None:
    assert unpack(pack(numbers), END) == numbers


@prove
@given(st.integers(1, 3 * BLOCK_GAPS), st.integers(1, 3000), st.integers())
def test_round_trip_of_several_blocks(count: int, spread: int, seed: int) -> None:
    rng = random.Random(seed)
    numbers = sorted(rng.sample(range(count * spread), count))
    assert unpack(pack(numbers), END) == numbers


@pytest.mark.parametrize("count", [1_000, 10_000, 100_000])
def test_random_numbers_cost_little_more_than_they_must(count: int) -> None:
    numbers = sorted(random.Random(1).sample(range(1_000_000), count))
    least = (math.lgamma(1e6 + 1) - math.lgamma(count + 1) - math.lgamma(1e6 - count + 1)) / (
        8 * math.log(2)
    )
    assert least < len(pack(numbers)) < 1.05 * least + 10


def test_a_run_costs_a_bit_each() -> None:
    assert len(pack(range(7, 7 + BLOCK_GAPS * 8))) < BLOCK_GAPS + 8 * 6


@prove
@given(st.binary(max_size=60))
def test_any_bytes_are_numbers_written_the_one_way_or_refused(data: bytes) -> None:
    for candidate in (data, pack([1, 5, 900]) + data, bytes((0, 0, len(data) % 9)) + data):
        try:
            numbers = unpack(candidate, END)
        except WireError:
            continue
        assert pack(numbers) == candidate


@prove
@given(st.lists(st.integers(0, 900), unique=True, min_size=1, max_size=30).map(sorted), st.data())
def test_any_changed_byte_is_other_numbers_or_refused(
    numbers: list[int], data: st.DataObject
) -> None:
    good = pack(numbers)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes((good[at] ^ data.draw(st.integers(1, 255)),)) + good[at + 1 :]
    try:
        found = unpack(changed, END)
    except WireError:
        return
    assert found != numbers


def test_numbers_stay_below_their_end() -> None:
    assert unpack(pack([3, 9]), 10) == [3, 9]
    with pytest.raises(WireError, match="beyond the end"):
        unpack(pack([3, 9]), 9)


def test_more_numbers_than_a_board_has_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "MAX_NUMBERS", 9)
    assert len(unpack(pack(range(9)), END)) == 9
    with pytest.raises(WireError, match="memory"):
        unpack(pack(range(10)), END)


GOOD = pack([3, 9, 300])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (GOOD[:-1], "wrong head"),
        (GOOD + b"\0", "cut short"),
        (GOOD[:4], "cut short"),
        (GOOD + GOOD, "cut short"),  # only the last block may be less than full
        (b"\x20" + GOOD[1:], "wrong head"),
        (GOOD[:1] + b"\x04\0" + GOOD[3:] + bytes(9000), "wrong head"),
        (b"\0\0\0\0\0", "another count"),
        (b"\0\0\0\0\1\xff", "another count"),
        (b"\0\0\0\0\2\x80\0", "one way"),
        (b"\1\0\0\0\1\x80\0", "one way"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, text: str) -> None:
    with pytest.raises(WireError, match=text):
        unpack(data, END)
