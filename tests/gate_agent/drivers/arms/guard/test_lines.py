"""A relay's line: the kernel's structures to the byte, and a simulated kernel's manners."""

import os
import shutil
import struct
import subprocess
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, socket
from threading import Event

import pytest

from gate_agent.drivers.arms.guard import lines
from gate_agent.drivers.arms.guard.lines import ChipLine, WorldLine, claim
from hardware_sim.devices.lines import LineServer

HEADER = Path("/usr/include/linux/gpio.h")
PROGRAM = """
#include <linux/gpio.h>
#include <stddef.h>
#include <stdio.h>
#define R struct gpio_v2_line_request
int main(void) {
    printf("%zu %zu %lu %lu %zu %zu %zu %zu %zu %zu %zu %d %d %d",
        sizeof(R), sizeof(struct gpio_v2_line_values),
        (unsigned long)GPIO_V2_GET_LINE_IOCTL, (unsigned long)GPIO_V2_LINE_SET_VALUES_IOCTL,
        offsetof(R, consumer), offsetof(R, config.flags), offsetof(R, config.num_attrs),
        offsetof(R, config.attrs[0].attr.values), offsetof(R, config.attrs[0].mask),
        offsetof(R, num_lines), offsetof(R, fd),
        GPIO_V2_LINE_FLAG_ACTIVE_LOW, GPIO_V2_LINE_FLAG_OUTPUT,
        GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES);
}
"""


@pytest.mark.skipif(
    not HEADER.is_file() or shutil.which("cc") is None, reason="no C compiler or kernel headers"
)
def test_the_structures_are_the_kernels(tmp_path: Path) -> None:
    source, program = tmp_path / "gpio.c", tmp_path / "gpio"
    source.write_text(PROGRAM)
    subprocess.run(["cc", str(source), "-o", str(program)], check=True)
    said = subprocess.run([str(program)], capture_output=True, check=True).stdout.split()
    told = [int(word) for word in said]
    assert told[:4] == [
        lines._REQUEST.size, lines._VALUES.size,
        lines._GET_LINE, lines._SET_VALUES,
    ]  # fmt: skip
    assert told[4:11] == [256, 288, 296, 328, 336, 560, 588]
    assert told[11:] == [
        lines._ACTIVE_LOW, lines._OUTPUT, lines._OUTPUT_VALUES,
    ]  # fmt: skip


@pytest.mark.parametrize("active_high", [True, False])
def test_a_line_is_asked_for_as_an_output_at_rest(
    active_high: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the kernel is handed, read with the kernel's offsets."""
    calls: list[tuple[int, bytes]] = []

    def ioctl(fd: int, request: int, buffer: bytearray) -> int:
        calls.append((request, bytes(buffer)))
        if request == lines._GET_LINE:
            struct.pack_into("=i", buffer, 588, 77)
        return 0

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    chip = tmp_path / "chip"
    chip.touch()
    line = ChipLine(str(chip), 17, active_high)
    assert line.fd == 77
    request = calls[0][1]
    assert struct.unpack_from("=64I", request)[:2] == (17, 0)
    assert request[256:288].rstrip(b"\0") == b"scenic-gate relay"
    flags, attributes = struct.unpack_from("=QI", request, 288)
    assert flags == 8 | (0 if active_high else 2)
    assert attributes == 1
    # The first level is part of the request: at rest, in the same step, without a blip.
    assert struct.unpack_from("=I4xQQ", request, 320) == (2, 0, 1)
    assert struct.unpack_from("=I", request, 560) == (1,)
    line.drive(True)
    line.drive(False)
    assert [struct.unpack("=QQ", data) for _, data in calls[1:]] == [(1, 1), (0, 1)]


def test_a_chip_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError, match="No such file"):
        claim("/dev/gpiochip99", 17, True)


def test_a_simulated_line_has_one_owner_and_keeps_or_drops_its_level(tmp_path: Path) -> None:
    for drops in (False, True):
        path = tmp_path / f"lines-{drops}"
        server = LineServer(path, drops=drops)
        server.start()
        line = claim(str(path), 17, True)
        assert isinstance(line, WorldLine)
        assert server.level(17) is False
        with pytest.raises(OSError, match="in use"):
            claim(str(path), 17, True)
        line.drive(True)
        os.close(line.fd)
        second = claim(str(path), 5, False)  # served after what came before
        assert server.level(17) is not drops
        assert server.level(5) is True, "an active-low line rests high"
        os.close(second.fd)
        server.stop()
        server.stop()
        levels = [(edge.line, edge.level) for edge in server.trace if edge.line == 17]
        assert levels == [(17, False), (17, True)] + [(17, False)] * drops


def test_who_is_killed_before_the_answer_leaves_the_other_lines_served(tmp_path: Path) -> None:
    path, asked = tmp_path / "lines", Event()

    def driven(line: int, _level: bool, _at_s: float) -> None:
        if line == 17:
            asked.wait(60)

    server = LineServer(path, driven, drops=False)
    server.start()
    with socket(AF_UNIX, SOCK_SEQPACKET) as owner:
        owner.connect(str(path))
        owner.send(b"claim 17 0")  # the server is in the middle of telling that
        for message in (b"claim 17 0", b"claim 5 0"):
            with socket(AF_UNIX, SOCK_SEQPACKET) as killed:
                killed.connect(str(path))
                killed.send(message)
        asked.set()
        line = claim(str(path), 4, True)
        os.close(line.fd)
    server.stop()
    assert [edge.line for edge in server.trace] == [17, 5, 4]
