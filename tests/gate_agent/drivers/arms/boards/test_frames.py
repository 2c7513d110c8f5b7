"""Frames to the byte, against the makers' printed examples and formulas of our own."""

from hypothesis import given
from hypothesis import strategies as st

from gate_agent.drivers.arms.boards import modbus
from gate_agent.drivers.arms.boards.frames import (
    DigiconStream,
    Passages,
    SevenStream,
    atri,
    digicon,
    seven_e,
)
from hardware_sim.devices.boards import modbus_check


def test_the_printed_examples_of_digicon() -> None:
    assert digicon(b"H").hex(" ") == "02 02 00 48 48"
    assert digicon(b"LH").hex(" ") == "02 03 00 4c 48 05"
    assert digicon(b"\x06").hex(" ") == "02 02 00 06 06"


def test_the_printed_examples_of_atri_and_its_rule_where_they_are_wrong() -> None:
    assert atri(1, 0x40).hex(" ") == "eb 01 40 00 aa"
    assert atri(1, 0x41).hex(" ") == "eb 01 41 00 ab"
    assert atri(1, 0x42)[4] == 0xA8
    assert atri(1, 0x43)[4] == 0xA9


def test_a_7e_command_sums_to_255() -> None:
    assert seven_e(1, 0x80, 1).hex(" ") == "7e 00 01 80 01 00 00 ff"
    assert sum(seven_e(9, 0x10)) % 256 == 255


def test_modbus_requests_are_those_of_its_specification() -> None:
    assert modbus.Rtu().wrap(1, modbus.read(0x40, 1)).hex(" ") == "01 03 00 40 00 01 85 de"
    assert modbus.write(0x40, 1).hex(" ") == "10 00 40 00 01 02 00 01"
    assert modbus.crc16(b"123456789") == 0x4B37


@given(st.binary(max_size=60))
def test_two_formulas_agree(data: bytes) -> None:
    assert modbus.crc16(data).to_bytes(2, "little") == modbus_check(data)


@given(st.binary(max_size=80), st.integers(1, 9))
def test_any_bytes_are_frames_or_nothing(data: bytes, step: int) -> None:
    streams: tuple[DigiconStream | SevenStream, ...] = (DigiconStream(), SevenStream(1))
    for stream in streams:
        for at in range(0, len(data), step):
            stream.feed(data[at : at + step])
        stream.silence()
    request = modbus.read(0x40, 1)
    for envelope in (modbus.Rtu(), modbus.Tcp()):
        answer = envelope.unwrap(1, request, data)
        if answer is not None:
            modbus.values(request, answer)


NOISE = st.binary(max_size=12).map(lambda data: data.replace(b"\x02", b"\xee"))


@given(
    st.lists(st.tuples(NOISE, st.sampled_from([b"\x06", b"\x15", b"\x1a", b"\x1b"])), max_size=9)
)
def test_digicon_frames_are_found_between_noise(parts: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(noise + digicon(command) for noise, command in parts)
    stream = DigiconStream()
    found = [command for at in range(len(data)) for command in stream.feed(data[at : at + 1])]
    assert found == [command for _, command in parts]


def test_a_counter_wraps_at_24_bits_and_a_reset_is_nobody() -> None:
    counter = Passages(1 << 24)
    assert [counter.delta(count) for count in (0xFFFFFE, 0xFFFFFF, 1, 0, 5, 5000)] == [
        0, 1, 2, 0, 5, 0,
    ]  # fmt: skip
