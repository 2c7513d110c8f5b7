"""What a wedge types, as the kernel tells it."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.scanners.keys import EVENT_BYTES, Keys
from gate_agent.drivers.scanners.lines import FIRST_GAP_S, LATER_GAP_S, MAX_LINE_BYTES
from hardware_sim.devices.wedge import ENTER, key, press, typed

PRINTABLE = bytes(range(32, 127))


def test_an_event_is_what_the_kernel_writes() -> None:
    assert struct.calcsize("@llHHi") == EVENT_BYTES == 24
    assert key(30, 1) == struct.pack("@llHHi", 0, 0, 1, 30, 1)


def test_every_printable_character() -> None:
    assert Keys().feed(typed(PRINTABLE) + ENTER) == [PRINTABLE]


def test_caps_lock_turns_letters_alone() -> None:
    keys = Keys()
    keys.feed(press(58))
    assert keys.feed(typed(b"aB1!") + ENTER) == [b"Ab1!"]
    keys.feed(press(58))
    assert keys.feed(typed(b"aB1!") + ENTER) == [b"aB1!"]


def test_the_number_pad() -> None:
    pad = b"".join(press(code) for code in (79, 80, 81, 82, 83, 78, 74, 55, 98))
    assert Keys().feed(pad + press(96)) == [b"1230.+-*/"]


def test_keys_that_print_nothing_and_keys_held_down() -> None:
    keys = Keys()
    noise = press(1) + press(59) + key(30, 2) + key(999, 1) + struct.pack("=qqHHi", 0, 0, 4, 4, 30)
    assert keys.feed(noise + typed(b"a") + ENTER + ENTER) == [b"a"]


def test_both_shifts() -> None:
    keys = Keys()
    keys.feed(key(42, 1) + key(54, 1) + key(42, 0))
    assert keys.feed(press(30) + key(54, 0) + press(30) + ENTER) == [b"Aa"]


def test_a_code_with_a_hole_is_dropped_whole() -> None:
    keys = Keys()
    hole = struct.pack("=qqHHi", 0, 0, 0, 3, 0)
    assert keys.feed(typed(b"ab") + hole + typed(b"cd") + ENTER + typed(b"ok") + ENTER) == [b"ok"]
    assert keys.dropped == 1


def test_a_code_without_end_takes_no_memory() -> None:
    keys = Keys()
    for _ in range(10):
        keys.feed(typed(b"x" * 400))
    assert len(keys._line) <= MAX_LINE_BYTES
    assert keys.feed(ENTER + typed(b"ok") + ENTER) == [b"ok"]
    assert keys.dropped == 1


def test_what_is_under_way_can_be_forgotten() -> None:
    keys = Keys()
    keys.feed(key(42, 1) + press(30) + b"half")
    keys.forget()
    assert keys.feed(typed(b"b") + ENTER) == [b"b"]


@given(
    st.lists(
        st.binary(min_size=1, max_size=60).map(lambda raw: bytes(32 + byte % 95 for byte in raw))
    ),
    st.integers(1, 100),
)
def test_no_cutting_up_changes_the_codes(codes: list[bytes], size: int) -> None:
    stream = b"".join(typed(code) + ENTER for code in codes)
    keys = Keys()
    got = [code for at in range(0, len(stream), size) for code in keys.feed(stream[at : at + size])]
    assert got == codes


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_give_codes(seed: int) -> None:
    keys, rng = Keys(), random.Random(seed)
    for _ in range(100):
        for code in keys.feed(rng.randbytes(rng.randrange(200))):
            assert 0 < len(code) <= MAX_LINE_BYTES


TAB, ALT = press(15), 56
PAD = {7: 71, 8: 72, 9: 73, 4: 75, 5: 76, 6: 77, 1: 79, 2: 80, 3: 81, 0: 82}


def by_number(text: bytes) -> bytes:
    """Each character as ALT and its number on the pad, as layout-free scanners type it."""
    return b"".join(
        key(ALT, 1) + b"".join(press(PAD[int(digit)]) for digit in f"{byte:03}") + key(ALT, 0)
        for byte in text
    )


def test_alt_and_the_number_pad_name_a_character() -> None:
    assert Keys().feed(by_number(PRINTABLE) + ENTER) == [PRINTABLE]
    assert Keys().feed(typed(b"a") + key(ALT, 1) + key(ALT, 0) + typed(b"b") + ENTER) == [b"ab"]


def test_tab_ends_a_code() -> None:
    assert Keys().feed(typed(b"one") + TAB + typed(b"two") + TAB) == [b"one", b"two"]


def test_silence_ends_a_code_of_a_scanner_that_types_no_enter() -> None:
    keys = Keys()
    gaps = [keys.gap_s]
    assert keys.feed(typed(b"one")) == []
    gaps.append(keys.gap_s)
    assert keys.pause() == [b"one"]
    gaps.append(keys.gap_s)
    keys.feed(typed(b"two") + ENTER + typed(b"th"))
    # It has typed Enter before, so it is only late.
    assert [*gaps, keys.gap_s] == [None, FIRST_GAP_S, None, LATER_GAP_S]
