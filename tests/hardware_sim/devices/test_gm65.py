"""The simulated module's own end: bytes in, bytes out."""

import os
import select
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate_agent.drivers.scanners import gm65
from hardware_sim.devices.gm65 import CONTINUOUS, Module


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Module]:
    with Module(tmp_path / "port") as module:
        yield module


class Host:
    """The other end of the line, at some speed."""

    def __init__(self, path: Path, speed: int = termios.B9600) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.at(speed)

    def at(self, speed: int) -> None:
        settings = termios.tcgetattr(self.fd)
        settings[4] = settings[5] = speed
        termios.tcsetattr(self.fd, termios.TCSANOW, settings)

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            assert select.select([self.fd], [], [], 10)[0], data
            data += os.read(self.fd, size - len(data))
        return data

    def silent(self) -> bool:
        return not select.select([self.fd], [], [], 0.2)[0]

    def ask(self, frame: str | bytes, size: int) -> bytes:
        os.write(self.fd, bytes.fromhex(frame) if isinstance(frame, str) else frame)
        return self.read(size)

    def __enter__(self) -> "Host":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def test_it_answers_as_the_manual_says(module: Module) -> None:
    with Host(module.path) as host:
        assert host.ask("7E 00 07 01 00 2A 02 D8 0F", 8) == gm65.reply(b"\x39\x01")
        assert host.ask("7E 00 09 01 00 00 00 DE C8", 7) == bytes.fromhex("02 00 00 01 00 33 31")
        assert module.saves == 1


@pytest.mark.parametrize(
    "frame",
    [
        "7E 00 09 01 00 00 DE C8",  # the save command as it is widely printed: a byte short
        "7E 00 07 01 00 2A 02 D8 0E",
        "7E 00 0B 01 00 2A 02 00 00",
        "00 00 07",
    ],
)
def test_what_it_does_not_like_is_silence(module: Module, frame: str) -> None:
    with Host(module.path) as host:
        os.write(host.fd, bytes.fromhex(frame))
        assert host.silent()


def test_another_speed_is_noise(module: Module) -> None:
    with Host(module.path, termios.B115200) as host:
        os.write(host.fd, gm65.read_zones(0).frame)
        assert host.silent()
        module.zones[gm65.MODE] = CONTINUOUS
        module.present(b"SG1:CODE")
        assert host.read(8) != b"SG1:CODE"


def test_memory_is_lost_with_the_power_and_flash_is_not(module: Module) -> None:
    with Host(module.path) as host:
        host.ask(gm65.write_zones(gm65.MODE, b"\xd6").frame, 7)
        assert module.zones[gm65.MODE] == 0xD6
        module.brown_out()
        assert module.zones[gm65.MODE] == 0xD5
        host.ask(gm65.write_zones(gm65.MODE, b"\xd6").frame, 7)
        host.ask(gm65.save_zones().frame, 7)
        module.brown_out()
        assert module.zones[gm65.MODE] == 0xD6


def test_on_command_it_reads_once(module: Module) -> None:
    with Host(module.path) as host:
        module.present(b"A")
        assert host.silent()
        host.ask(gm65.write_zones(gm65.TRIGGER, b"\x01").frame, 7)
        module.present(b"A")
        module.present(b"B")
        assert host.read(1) == b"A"
        assert host.silent()


def test_a_setting_code_is_obeyed_until_they_are_off(module: Module) -> None:
    module.zones[gm65.MODE] = CONTINUOUS
    module.zones[gm65.SETTING_CODES] = 2
    module.present(b"_SET_BAUD_1200")
    assert module.baud == 9600
    module.zones[gm65.SETTING_CODES] = 0
    module.present(b"_SET_BAUD_1200")
    assert module.baud == 1200


@pytest.mark.parametrize(
    ("tail", "end"), [(0, b""), (1, b"\r"), (0x21, b"\r\n"), (0x41, b"\t"), (0x61, b"")]
)
def test_tails(module: Module, tail: int, end: bytes) -> None:
    module.zones[gm65.MODE] = CONTINUOUS
    module.zones[gm65.TAIL] = tail
    with Host(module.path) as host:
        module.present(b"code")
        assert host.read(4 + len(end)) == b"code" + end


def test_the_erasing_command_is_the_end(module: Module) -> None:
    body = bytes((5, 1, 0, 0, 0))
    with Host(module.path) as host:
        os.write(host.fd, gm65.COMMAND_HEAD + body + gm65.check_of(body))
        assert host.silent()
        assert module.erased
        os.write(host.fd, gm65.read_zones(0).frame)
        assert host.silent()
