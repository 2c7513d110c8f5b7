"""Codes and answers in one stream: none lost, none invented."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.scanners.demux import QUIET_S, Demux, Item, Reply
from gate_agent.drivers.scanners.gm65 import reply
from gate_agent.drivers.scanners.lines import FIRST_GAP_S
from hardware_sim.devices.mixed_line import mixed

ACK = reply(b"\x00")


def tailed() -> Demux:
    demux = Demux()
    demux.tailed = True
    return demux


def heard(demux: Demux, *parts: bytes) -> list[Item]:
    """Everything that comes of these parts and the silence after them."""
    items = [item for part in parts for item in demux.feed(part)]
    while demux.gap_s is not None:
        items += demux.pause()
    return items


def test_an_answer_and_the_codes_around_it() -> None:
    demux = tailed()
    demux.owe(1)
    assert heard(demux, b"one\r" + ACK + b"two\r") == [b"one", Reply(b"\x00"), b"two"]


def test_an_answer_that_comes_byte_by_byte() -> None:
    demux = tailed()
    demux.owe(1)
    for byte in ACK[:-1]:
        assert demux.feed(bytes((byte,))) == []
        assert demux.gap_s == QUIET_S
    assert demux.feed(ACK[-1:]) == []
    assert demux.pause() == [Reply(b"\x00")]


def test_a_code_that_is_an_answer_is_a_code() -> None:
    """A line end follows it, and no code is empty."""
    demux = tailed()
    demux.owe(1)
    assert heard(demux, ACK + b"\r" + ACK) == [ACK, Reply(b"\x00")]


def test_an_answer_that_nobody_owes_is_a_code() -> None:
    assert heard(tailed(), ACK + b"x\r") == [ACK + b"x"]


def test_an_answer_of_another_length_is_a_code() -> None:
    demux = tailed()
    demux.owe(1)
    assert heard(demux, reply(b"ab") + b"x\r" + ACK) == [reply(b"ab") + b"x", Reply(b"\x00")]


def test_an_answer_inside_a_code_is_of_the_code() -> None:
    demux = tailed()
    demux.owe(1)
    assert heard(demux, b"x" + ACK + b"y\r" + ACK) == [b"x" + ACK + b"y", Reply(b"\x00")]


def test_one_command_has_one_answer() -> None:
    demux = tailed()
    demux.owe(1)
    assert heard(demux, ACK + ACK + b"\r") == [Reply(b"\x00"), ACK]
    demux.owe(1)
    demux.owe(1)
    assert heard(demux, ACK + ACK + b"x\r") == [Reply(b"\x00"), Reply(b"\x00"), b"x"]


def test_before_line_ends_are_known_an_answer_ends_a_code() -> None:
    demux = Demux()
    demux.owe(1)
    assert heard(demux, b"one" + ACK + b"two") == [b"one", Reply(b"\x00"), b"two"]


@pytest.mark.parametrize("end", [b"", b"\r", b"\n", b"\r\n"])
def test_before_line_ends_are_known_other_bytes_of_a_head_are_of_the_code(end: bytes) -> None:
    demux = Demux()
    demux.owe(1)
    assert heard(demux, b"a\x02b\x02\x00c" + end, ACK) == [b"a\x02b\x02\x00c", Reply(b"\x00")]


def test_an_answer_cut_short_is_dropped_in_silence() -> None:
    for size in range(1, len(ACK)):
        demux = tailed()
        demux.owe(1)
        assert demux.feed(ACK[:size]) == []
        assert demux.pause() == []
        assert demux.torn == 1
        assert heard(demux, b"good\r") == [b"good"]


def test_a_damaged_answer_takes_no_code_along() -> None:
    demux = tailed()
    demux.owe(1)
    damaged = ACK[:-1] + b"\x30"
    assert heard(demux, b"one\r" + damaged + b"two\r") == [b"one", b"two"]
    assert demux.torn == 1


def test_a_head_with_a_line_end_after_it_is_a_code() -> None:
    demux = tailed()
    demux.owe(1)
    assert heard(demux, b"\x02\x00\x00\x01\rtwo\r") == [b"\x02\x00\x00\x01", b"two"]
    assert demux.torn == 0


def test_an_answer_may_hold_line_ends() -> None:
    demux = tailed()
    demux.owe(2)
    assert heard(demux, reply(b"\r\n") + b"code\r") == [Reply(b"\r\n"), b"code"]


def test_what_is_settled_is_owed_no_more() -> None:
    demux = tailed()
    demux.owe(1)
    demux.feed(ACK[:3])
    demux.settle()
    assert heard(demux, b"\r") == [ACK[:3]]


def test_without_commands_lines_are_lines() -> None:
    demux = Demux()
    assert demux.feed(b"one") == []
    assert demux.gap_s == FIRST_GAP_S
    assert demux.pause() == [b"one"]


@pytest.mark.parametrize("seed", range(5))
def test_ten_thousand_mixed_codes_and_answers(seed: int) -> None:
    line = mixed(random.Random(seed), 10_000)
    got = line.through(tailed(), random.Random(seed))
    assert got == line.wanted
    assert line.torn == line.demux_torn


@given(st.lists(st.binary(max_size=40)), st.booleans(), st.lists(st.integers(1, 5)))
def test_any_bytes_give_items(parts: list[bytes], known: bool, owed: list[int]) -> None:
    demux = Demux()
    demux.tailed = known
    for size in owed:
        demux.owe(size)
    items = heard(demux, *parts)
    assert demux.gap_s is None
    assert sum(isinstance(item, Reply) for item in items) <= len(owed)
    assert all(item for item in items if isinstance(item, bytes))


@given(st.binary(max_size=300), st.lists(st.integers(1, 20)), st.integers(1, 3))
def test_no_cutting_up_changes_what_is_heard(data: bytes, sizes: list[int], owed: int) -> None:
    def run(cuts: list[int]) -> list[Item]:
        demux = tailed()
        demux.owe(owed)
        parts, at = [], 0
        for size in cuts:
            parts.append(data[at : at + size])
            at += size
        return heard(demux, *parts, data[at:])

    assert run(sizes) == run([])
