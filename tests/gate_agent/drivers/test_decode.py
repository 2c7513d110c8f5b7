"""Decode: real symbols through the real libraries; any picture gives a list."""

import io
import random
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
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gate_agent.drivers.decode import PREPARATIONS, decode_file, grey_of, read_picture, texts_in
from gate_agent.errors import DriverFault
from hardware_sim.phone import Look, easy_look, empty_scene, hard_look, picture

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def _code(rng: random.Random) -> bytes:
    return ("SG1:" + "".join(rng.choice(_ALPHABET) for _ in range(130))).encode()


def _symbol(code: str, **options: object) -> NDArray[np.uint8]:
    data = io.BytesIO()
    segno.make(code, micro=False).save(data, kind="png", **{"scale": 4, **options})
    image = cv2.imdecode(np.frombuffer(data.getvalue(), np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(image, dtype=np.uint8)


def test_every_well_held_phone_is_read() -> None:
    rng = random.Random(11)
    for _ in range(25):
        code = _code(rng)
        assert texts_in(picture(code, easy_look(rng), rng)) == [code]


def test_preparations_read_what_the_plain_pass_does_not_and_nothing_else() -> None:
    rng = random.Random(12)
    plain = prepared = 0
    for _ in range(25):
        code = _code(rng)
        frame = picture(code, hard_look(rng), rng)
        first, every = texts_in(frame, ()), texts_in(frame)
        assert first in ([], [code])
        assert every in ([], [code])
        plain += bool(first)
        prepared += bool(every)
    assert prepared > plain


def test_dark_mode() -> None:
    rng = random.Random(13)
    code = _code(rng)
    frame = picture(code, Look(dark=True), rng)
    assert texts_in(frame, ()) == []
    assert texts_in(frame) == [code]


def test_an_empty_scene_has_no_codes() -> None:
    assert texts_in(empty_scene(Look(noise=20.0), random.Random(14))) == []


def test_several_codes_in_one_picture() -> None:
    one, two = _symbol("SG1:ONE"), _symbol("SG1:TWO")
    side = max(one.shape[0], two.shape[0])
    both = np.full((side, 2 * side + 20), 255, dtype=np.uint8)
    both[: one.shape[0], : one.shape[1]] = grey_of(one)
    both[: two.shape[0], side + 20 : side + 20 + two.shape[1]] = grey_of(two)
    assert sorted(texts_in(both)) == [b"SG1:ONE", b"SG1:TWO"]


def test_a_symbol_that_is_part_of_a_series_is_a_picture_without_a_code() -> None:
    for symbol in segno.make_sequence("A" * 300, symbol_count=3):
        data = io.BytesIO()
        symbol.save(data, kind="png", scale=4)
        image = cv2.imdecode(np.frombuffer(data.getvalue(), np.uint8), cv2.IMREAD_UNCHANGED)
        assert image is not None
        assert texts_in(image) == []


def test_a_huge_photograph_with_a_small_symbol() -> None:
    image = np.full((3000, 4000), 200, dtype=np.uint8)
    symbol = grey_of(_symbol("SG1:SMALL IN A LARGE PICTURE", scale=3))
    image[1000 : 1000 + symbol.shape[0], 3000 : 3000 + symbol.shape[1]] = symbol
    assert texts_in(image) == [b"SG1:SMALL IN A LARGE PICTURE"]


@pytest.mark.parametrize("options", [{"light": None}, {"dark": "#333", "light": "#eee"}])
def test_transparent_and_coloured_pictures(options: dict[str, object]) -> None:
    assert texts_in(_symbol("SG1:PICTURE", **options)) == [b"SG1:PICTURE"]


def test_sixteen_bits_and_booleans() -> None:
    grey = grey_of(_symbol("SG1:DEEP"))
    assert texts_in(grey.astype(np.uint16) << 8) == [b"SG1:DEEP"]
    assert texts_in(grey > 128) == [b"SG1:DEEP"]
    assert texts_in(grey.astype(np.float32)) == [b"SG1:DEEP"]


@settings(deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.float32, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=40),
    )
)
def test_any_array_gives_a_list(image: NDArray[np.generic]) -> None:
    assert isinstance(texts_in(image), list)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3, 3), (7, 7, 4)])
def test_odd_shapes(shape: tuple[int, ...]) -> None:
    assert texts_in(np.zeros(shape, dtype=np.uint8)) == []


def test_words_are_no_picture() -> None:
    assert texts_in(np.array([["a", "b"]])) == []


def test_each_preparation_alone_takes_any_grey_picture() -> None:
    for prepare in PREPARATIONS:
        for shape in ((1, 1), (3, 200), (480, 640)):
            assert prepare(np.zeros(shape, dtype=np.uint8)).dtype == np.uint8


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
    segno.make("SG1:DAMAGED").save(data, kind="png", scale=2)
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
        "from gate_agent.drivers.decode import decode_file\n"
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
