"""Engines: exactly the bytes that a symbol carries, or nothing."""

import random

import cv2
import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from gate_agent.drivers.camera import engines
from gate_agent.drivers.camera.engines import read, read_drawn, read_second
from gate_agent.drivers.camera.pictures import grey_of
from hardware_sim.devices.phone import Look, picture
from tests.gate_agent.drivers.camera.hostile import symbol


@pytest.mark.parametrize(
    "data",
    [
        "0123456789",
        "SG1:AB$%*+-./ ",
        "https://example.com/t?x=1&y=ü",
        "付款码",
        bytes(range(256)),
        b"\x00\x00",
        b"\xff\xfe\x00A",
        b"\x1b[2J\x07",
    ],
)
def test_every_mode_gives_its_bytes(data: str | bytes) -> None:
    code = segno.make_qr(data, encoding=None if isinstance(data, bytes) else "utf-8")
    assert read(symbol(code)).texts == [data.encode() if isinstance(data, str) else data]


def test_kanji_mode_gives_the_bytes_of_its_own_table() -> None:
    code = segno.make_qr("日本語", mode="kanji")
    assert read(symbol(code)).texts == ["日本語".encode("shift_jis")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-be", "shift_jis", "iso-8859-5"])
def test_a_character_set_label_changes_no_byte(encoding: str) -> None:
    text = "Билет" if encoding == "iso-8859-5" else "A券"
    code = segno.make_qr(text, encoding=encoding, eci=True, mode="byte")
    assert read(symbol(code)).texts == [text.encode(encoding)]


@pytest.mark.parametrize("length", [20, 40, 200, 900, 3000])
def test_a_symbol_of_a_series_has_no_text(length: int) -> None:
    for code in segno.make_sequence("A1" * (length // 2), symbol_count=3):
        assert read(symbol(code)).texts == []
        assert read_second(symbol(code)) == []


@pytest.mark.parametrize("size", [0.5, 0.6, 0.7, 0.85, 1.0])
def test_a_symbol_of_a_series_has_no_text_in_a_poor_picture(size: float) -> None:
    for code in segno.make_sequence("A1" * 150, symbol_count=4):
        grey = cv2.GaussianBlur(symbol(code, 3), (0, 0), 1.2)
        small = cv2.resize(grey, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        assert read(np.asarray(small, dtype=np.uint8)).texts == []


def test_tickets_are_never_taken_for_a_series() -> None:
    rng = random.Random(4)
    for _ in range(60):
        text = "SG1:" + "".join(rng.choices("0123456789ABCDEF $%*+-./:", k=130))
        look = Look(module_px=rng.uniform(2.5, 5), turn_deg=rng.uniform(0, 360), noise=8, blur=0.2)
        frame = grey_of(picture(text.encode(), look, rng))
        assert read(frame).texts in ([text.encode()], [])
        drawn = read(symbol(segno.make_qr(text, error=rng.choice("lmqh")), rng.randint(1, 5)))
        assert drawn.texts == [text.encode()]


def test_micro_symbols_are_not_read() -> None:
    for text in ("1", "12345", "AB12"):
        dark = np.pad(np.array(segno.make_micro(text).matrix, dtype=np.bool_), 4)
        fine = np.where(np.kron(dark, np.ones((6, 6))) > 0, 0, 255).astype(np.uint8)
        assert read(fine).texts == []


def test_a_drawn_symbol_is_read() -> None:
    code = segno.make_qr("SG1:DRAWN")
    assert read_drawn(np.array(code.matrix, dtype=np.bool_)) == [b"SG1:DRAWN"]


def test_places_are_in_the_picture_that_was_given() -> None:
    grey = symbol(segno.make_qr("SG1:PLACE", version=2), 4, 10)
    (one,) = read(grey).seen
    double = np.asarray(cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    (other,) = read(double.astype(np.uint8), 2.0).seen
    assert np.abs(one - other).max() < 2
    assert np.abs(one[0] - 39.5).max() < 3


def test_the_second_opinion_believes_plain_ascii_alone() -> None:
    assert read_second(symbol(segno.make_qr("SG1:SECOND"))) == [b"SG1:SECOND"]
    for data in (bytes(range(128, 200)), b"\x00ABC", "付款码".encode()):
        assert read_second(symbol(segno.make_qr(data))) == []


def test_without_zbar_there_is_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_zbar", lambda: None)
    assert read_second(symbol(segno.make_qr("SG1:SECOND"))) == []


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_come_back_as_they_are(data: bytes) -> None:
    assert read(symbol(segno.make_qr(data, mode="byte"))).texts == [data]
