"""The scanner's own end: what comes out at the port."""

import os
import random
import select
from pathlib import Path
from time import monotonic

import pytest

from hardware_sim.devices.scanner import SimScanner


def _read(scanner: SimScanner, length: int) -> bytes:
    fd = os.open(scanner.path, os.O_RDWR | os.O_NOCTTY)
    try:
        data = b""
        while len(data) < length:
            assert select.select([fd], [], [], 10)[0]
            data += os.read(fd, 4096)
        return data
    finally:
        os.close(fd)


def test_bytes_come_out_as_they_are(tmp_path: Path) -> None:
    with SimScanner(tmp_path / "port", terminator=b"\r\n") as scanner:
        code = bytes(range(256))
        scanner.present(code)
        assert _read(scanner, 258) == code + b"\r\n"


def test_the_pace_of_the_line(tmp_path: Path) -> None:
    with SimScanner(tmp_path / "port", baud=9600) as scanner:
        start_s = monotonic()
        scanner.present(b"x" * 190)
        assert monotonic() - start_s > 0.18


def test_garbled(tmp_path: Path) -> None:
    with SimScanner(tmp_path / "port") as scanner:
        code = b"SG1:ABC"
        sent = scanner.present_garbled(code, random.Random(1))
        assert sum((a ^ b).bit_count() for a, b in zip(sent, code, strict=True)) == 1
        assert _read(scanner, 8) == sent + b"\r"
        assert scanner.present_garbled(b"", random.Random(1)) == b""


def test_plugged_in_again_it_is_another_device_at_the_same_path(tmp_path: Path) -> None:
    with SimScanner(tmp_path / "port") as scanner:
        keep = os.open(scanner.path, os.O_RDWR | os.O_NOCTTY)
        scanner.unplug()
        scanner.unplug()
        assert not scanner.path.is_symlink()
        with pytest.raises(OSError, match="Input/output error"):
            os.write(keep, b"x")
        scanner.present(b"nobody gets this")
        scanner.plug()
        scanner.plug()
        scanner.present(b"back")
        assert _read(scanner, 5) == b"back\r"
        os.close(keep)
    assert not (tmp_path / "port").is_symlink()


def test_what_nobody_fetches_is_lost_and_holds_nobody_up(tmp_path: Path) -> None:
    with SimScanner(tmp_path / "port", baud=10_000_000) as scanner:
        scanner.present(b"x" * 200_000)
