"""Pictures: any file is a picture or one clear error."""

import io
import struct
import subprocess
import sys
from pathlib import Path
from zlib import compress, crc32

import cv2
import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gate_agent.drivers.camera.decode import decode_file
from gate_agent.drivers.camera.pictures import read_picture, shrunk
from gate_agent.errors import DriverFault


def _symbol(code: str) -> NDArray[np.uint8]:
    data = io.BytesIO()
    segno.make_qr(code).save(data, kind="png", scale=4)
    image = cv2.imdecode(np.frombuffer(data.getvalue(), np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(image, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (480, 640)])
def test_a_picture_is_shrunk_to_fit(shape: tuple[int, int]) -> None:
    small = shrunk(np.zeros(shape, dtype=np.uint8), 640)
    assert max(small.shape) <= 640
    assert min(small.shape) >= 1


@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
def test_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"code{kind}"
    assert cv2.imwrite(str(path), _symbol("SG1:FILE"))
    texts, ms = decode_file(path)
    assert texts == [b"SG1:FILE"]
    assert ms > 0


def test_a_tiny_file(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    assert cv2.imwrite(str(path), np.zeros((1, 1), dtype=np.uint8))
    assert decode_file(path)[0] == []


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a picture" * 100, b"\x89PNG\r\n\x1a\n"])
def test_files_that_are_no_pictures(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(DriverFault, match=r"^cannot read .*x\.png: not a picture"):
        read_picture(path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.png", tmp_path, Path("/dev/null"), tmp_path / "a\0b"):
        with pytest.raises(DriverFault, match=r"^cannot read "):
            read_picture(path)


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_damaged_file_is_a_picture_or_one_clear_error(junk: bytes, at: int) -> None:
    data = io.BytesIO()
    segno.make_qr("SG1:DAMAGED").save(data, kind="png", scale=2)
    raw = bytearray(data.getvalue())
    raw[at : at + len(junk)] = junk
    path = Path(_folder) / "damaged.png"
    path.write_bytes(raw)
    try:
        texts, _ = decode_file(path)
    except DriverFault:
        return
    assert texts in ([], [b"SG1:DAMAGED"])


def test_an_enormous_picture_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", crc32(kind + data))

    side = 9000
    header = chunk(b"IHDR", struct.pack("!IIBBBBB", side, side, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", compress(bytes(side * (side + 1)), 1))
    path = tmp_path / "enormous.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
    # In a process of its own: OpenCV takes its limit when it is loaded.
    code = (
        "import re, sys\nfrom pathlib import Path\n"
        "from gate_agent.drivers.camera.decode import decode_file\n"
        "from gate_agent.errors import DriverFault\n"
        "try:\n    decode_file(Path(sys.argv[1]))\n"
        "except DriverFault as fault:\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    print(re.search(r'VmHWM:\\s*(\\d+)', status)[1], fault)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    peak_kib, _, text = ran.stdout.partition(" ")
    assert "not a picture" in text
    assert int(peak_kib) < 100 * 1024


_folder = ""


@pytest.fixture(autouse=True, scope="module")
def _a_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    global _folder
    _folder = str(tmp_path_factory.mktemp("damaged"))
