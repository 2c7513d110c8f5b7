"""Picture files that somebody could send a technician to do harm: small on a disk, enormous or
endless to read. None of them may take much memory or time, print anything, or be misread."""

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import compressobj, crc32

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from tests.gate_agent.drivers.camera.hostile import finder, symbol

SIDE = 8000
"""64 megapixels, the most that any picture may have."""

GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6
_CHANNELS = {GREY: 1, RGB: 3, GREY_ALPHA: 2, RGBA: 4}

_RUN = """
import re, resource, sys
from pathlib import Path
import gate_agent.drivers.camera.decode
from gate_agent.__main__ import main
try:
    main(sys.argv[1:])
finally:
    own, child = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    peak = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
    cpu_s = sum(usage.ru_utime + usage.ru_stime for usage in (own, child))
    print(max(peak, child.ru_maxrss) / 1024, cpu_s)
"""


class Ran(NamedTuple):
    """What `gate-agent` said and took, its children included; `peak_mib`: of the largest."""

    said: str
    errors: str
    peak_mib: float
    cpu_s: float


def run_gate_agent(*words: str) -> Ran:
    """Run `gate-agent` in a process that looks at itself: what `wait4` tells of a child begins with
    the memory that this process had when it forked."""
    ran = subprocess.run([sys.executable, "-c", _RUN, *words], capture_output=True, text=True)
    *said, peak_mib, cpu_s = ran.stdout.split()
    return Ran(" ".join(said), ran.stderr, float(peak_mib), float(cpu_s))


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", crc32(kind + data))


def blank_png(
    width: int, height: int, *, depth: int, colour: int, interlaced: bool = False, more: bytes = b""
) -> bytes:
    """A PNG of zeros. `depth`: bits a channel. `colour`: GREY, RGB, GREY_ALPHA, RGBA. `more`:
    chunks before the pixels."""
    head = struct.pack("!IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    row = bytes(1 + (width * _CHANNELS[colour] * depth + 7) // 8)
    packer = compressobj(1)
    pixels = [packer.compress(row) for _ in range(height)]
    body = chunk(b"IDAT", b"".join([*pixels, packer.flush()]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + body + chunk(b"IEND", b"")


def wallpaper(tile: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A square picture full of it."""
    times = side // len(tile) + 1
    return np.ascontiguousarray(np.tile(tile, (times, times))[:side, :side])


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each, made when it is asked for."""
    for name, data in _pngs():
        yield name, _kept(folder / f"{name}.png", data)
    flat = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    yield "progressive jpeg", _saved(folder / "a.jpg", flat, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    small = _saved(folder / "small.jpg", flat[:4000, :4000], cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    yield "many scans", _kept(folder / "scans.jpg", _many_scans(small))
    yield "webp", _saved(folder / "b.webp", flat, cv2.IMWRITE_WEBP_QUALITY, 101)
    yield "tiff", _saved(folder / "c.tiff", flat)
    yield "wide numbers", _saved(folder / "d.tiff", np.zeros((1600, 1600, 3), dtype=np.float64))
    for side in (1280, 4096):
        for scale in (1, 2, 3):
            picture = wallpaper(finder(scale), side)
            yield f"finders {scale} in {side}", _saved(folder / "e.png", picture)
    noise = np.random.default_rng(1)
    broken = symbol(segno.make_qr("A" * 50, error="l"), 1, 2)
    broken[10:26, 10:26][noise.random((16, 16)) < 0.5] ^= 255
    yield "broken codes", _saved(folder / "f.png", wallpaper(broken, 4096))
    mixed = noise.integers(0, 256, (4096, 4096), dtype=np.uint8)
    for _ in range(3000):
        mark = finder(int(noise.integers(1, 4)))
        y, x = noise.integers(0, 4096 - len(mark), 2)
        mixed[y : y + len(mark), x : x + len(mark)] = mark
    yield "finders in noise", _saved(folder / "g.png", mixed)


def _pngs() -> Iterator[tuple[str, bytes]]:
    yield "sixteen bits and alpha", blank_png(SIDE, SIDE, depth=16, colour=RGBA)
    yield "sixteen bits, grey and alpha", blank_png(SIDE, SIDE, depth=16, colour=GREY_ALPHA)
    yield "sixteen bits", blank_png(SIDE, SIDE, depth=16, colour=RGB)
    yield "alpha", blank_png(SIDE, SIDE, depth=8, colour=RGBA)
    yield "interlaced", blank_png(SIDE, SIDE, depth=8, colour=RGB, interlaced=True)
    frames = chunk(b"acTL", struct.pack("!II", 1000, 0))
    control = struct.pack("!IIIIIHHBB", 0, SIDE, SIDE, 0, 0, 1, 30, 0, 0)
    more = frames + chunk(b"fcTL", control)
    yield "animated", blank_png(SIDE, SIDE, depth=8, colour=RGB, more=more)
    spoilt = bytearray(blank_png(640, 480, depth=8, colour=RGB, more=chunk(b"gAMA", bytes(4))))
    spoilt[-20] ^= 0xFF
    yield "spoilt", bytes(spoilt)
    yield "a text too many", blank_png(9, 9, depth=8, colour=RGB, more=chunk(b"iCCP", b"x" * 40))


def _many_scans(progressive: Path) -> bytes:
    """The last scan of a progressive JPEG over and over: each goes through the whole picture."""
    data = progressive.read_bytes()
    at = data.rindex(b"\xff\xda")
    return data[:-2] + data[at:-2] * 2000 + data[-2:]


def _saved(path: Path, picture: NDArray[np.generic], *options: int) -> Path:
    if not cv2.imwrite(str(path), np.asarray(picture), options):
        raise OSError(f"cannot write {path}")
    return path


def _kept(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
