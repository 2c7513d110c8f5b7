"""Lines: every way to end a code, and any bytes at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.scanners.lines import FIRST_GAP_S, LATER_GAP_S, MAX_LINE_BYTES, Lines


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_each_line_end(end: bytes) -> None:
    assert Lines().feed(b"one" + end + b"two" + end) == [b"one", b"two"]


def test_silence_ends_a_code_without_a_line_end() -> None:
    lines = Lines()
    assert lines.feed(b"one") == []
    assert lines.gap_s == FIRST_GAP_S
    assert lines.pause() == [b"one"]
    assert lines.gap_s is None


def test_a_scanner_with_line_ends_is_waited_for_longer() -> None:
    lines = Lines()
    lines.feed(b"one\rtw")
    assert lines.gap_s == LATER_GAP_S
    assert lines.feed(b"o\r") == [b"two"]


def test_a_line_that_is_too_long_is_dropped_whole_and_counted() -> None:
    lines = Lines()
    long = b"x" * (MAX_LINE_BYTES + 1)
    assert lines.feed(long[:300]) == []
    assert lines.feed(long[300:] + b"\rnext\r") == [b"next"]
    assert lines.dropped == 1
    assert lines.feed(b"y" * MAX_LINE_BYTES + b"\r") == [b"y" * MAX_LINE_BYTES]


def test_a_stream_without_end_takes_no_memory() -> None:
    lines = Lines()
    for _ in range(1000):
        lines.feed(b"z" * 997)
    assert len(lines._line) <= MAX_LINE_BYTES
    assert lines.pause() == []
    assert lines.dropped == 1
    assert lines.feed(b"good\n") == [b"good"]


_CODES = st.lists(
    st.binary(min_size=1, max_size=MAX_LINE_BYTES).filter(lambda c: not {10, 13} & set(c))
)


@given(_CODES, st.sampled_from([b"\r", b"\n", b"\r\n"]), st.integers(1, 64))
def test_no_cutting_up_changes_the_codes(codes: list[bytes], end: bytes, size: int) -> None:
    stream = b"".join(code + end for code in codes)
    lines = Lines()
    got = [
        line for at in range(0, len(stream), size) for line in lines.feed(stream[at : at + size])
    ]
    assert got == codes
    assert lines.dropped == 0


@given(st.lists(st.binary(max_size=700)))
def test_any_bytes_give_lines(chunks: list[bytes]) -> None:
    lines = Lines()
    for chunk in chunks:
        for line in (*lines.feed(chunk), *(lines.pause() if len(chunk) % 2 else ())):
            assert 0 < len(line) <= MAX_LINE_BYTES
            assert not {10, 13} & set(line)
