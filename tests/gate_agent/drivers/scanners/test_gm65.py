"""Frames of the GM65 family against those that the makers print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.config.settings import GM65_BAUDS
from gate_agent.drivers.scanners import gm65

PRINTED = [
    (gm65.save_zones(), "7E 00 09 01 00 00 00 DE C8"),
    (gm65.write_zones(gm65.BAUD, b"\x39\x01"), "7E 00 08 02 00 2A 39 01 A7 EA"),
    (gm65.read_zones(gm65.BAUD, 2), "7E 00 07 01 00 2A 02 D8 0F"),
]
"""From the manuals of GM65 and GM812, which give these with their checks."""


@pytest.mark.parametrize(("command", "printed"), PRINTED, ids=lambda part: str(part)[:20])
def test_commands_are_those_of_the_manuals(command: gm65.Command, printed: str) -> None:
    assert command.frame == bytes.fromhex(printed)


def test_the_answer_to_a_write_is_that_of_the_manuals() -> None:
    assert gm65.reply(b"\x00") == bytes.fromhex("02 00 00 01 00 33 31")


def bit_by_bit(data: bytes) -> int:
    """CRC-16/XMODEM as the manuals explain it."""
    crc = 0
    for byte in data:
        for bit in range(7, -1, -1):
            crc <<= 1
            if crc & 0x10000:
                crc ^= 0x11021
            if byte >> bit & 1:
                crc ^= 0x1021
    return crc


@given(st.binary(max_size=60))
def test_the_check_is_the_manuals_own(data: bytes) -> None:
    assert gm65.check_of(data) == bit_by_bit(data).to_bytes(2, "big")


@given(st.binary(min_size=1, max_size=255), st.data())
def test_one_wrong_bit_is_seen(data: bytes, draw: st.DataObject) -> None:
    frame = bytearray(gm65.reply(data))
    assert gm65.is_sound(bytes(frame))
    frame[draw.draw(st.integers(2, len(frame) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    assert not gm65.is_sound(bytes(frame))


def test_speeds_are_those_of_the_settings() -> None:
    assert tuple(gm65.BAUDS) == GM65_BAUDS
    assert all(abs(3_000_000 / baud - value) < 1 for baud, value in gm65.BAUDS.items())
