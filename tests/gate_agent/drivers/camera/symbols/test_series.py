"""Series: a part of one is never a text, and nothing else is taken for a part."""

import random

import cv2
import numpy as np
import pytest
import segno
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gate_agent.drivers.camera.engines import read
from gate_agent.drivers.camera.passes import LIVE, PLAIN
from gate_agent.drivers.camera.symbols.layout import LEVELS, layout, mask
from gate_agent.drivers.camera.symbols.series import in_series
from tests.gate_agent.drivers.camera.hostile import symbol
from tests.gate_agent.drivers.camera.written import segment, series_head, written

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
TEXTS = st.text(ALPHABET, min_size=4, max_size=120)


def _drawn(dark: NDArray[np.bool_], scale: int = 4) -> NDArray[np.uint8]:
    fine = np.kron(np.pad(dark, 4), np.ones((scale, scale), dtype=np.bool_))
    return np.where(fine, 0, 255).astype(np.uint8)


def _spoilt(grey: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """As a camera may see it: small, turned, soft, dim, with noise and a blot."""
    rng = random.Random(seed)
    side = len(grey)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(0, 360), rng.uniform(0.4, 0.7))
    seen = cv2.warpAffine(grey, turn, (side, side), flags=cv2.INTER_AREA, borderValue=255)
    soft = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.3, 1.6)).astype(np.float64)
    soft *= rng.uniform(0.3, 1.0)
    soft += np.random.default_rng(seed).normal(0, rng.choice((1, 5, 12)), soft.shape)
    y, x, size = rng.randrange(side), rng.randrange(side), rng.randint(1, side // 12)
    soft[y : y + size, x : x + size] = rng.choice((0, 255))
    return np.clip(soft, 0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.integers(2, 4), st.integers(3, 8), st.integers(0, 2**32 - 1))
# Their first modules looked like those of an ordinary code in one pass.
@example("OFA6/-$764DJ0IV$80ZHE6CBBAN DIL$Y:7 DPNPE30-*K4$MLS79 X:J/+M", 2, 4, 14524557)
@example("GH**5-HZ 5MH4S287ZGA6T:+$YJTRY2/IDHWYQV/T/X K57GRG$QW6+NHWB9", 2, 3, 2837665)
def test_no_pass_gives_a_part_of_a_series_as_a_text(
    text: str, parts: int, scale: int, seed: int
) -> None:
    for at, code in enumerate(segno.make_sequence(text, symbol_count=parts)):
        grey = _spoilt(symbol(code, scale), seed + at)
        for one in (PLAIN, *LIVE):
            assert one.read(grey).texts == [], one.name


@settings(deadline=None, max_examples=100)
@given(TEXTS, st.sampled_from("lmqh"), st.integers(3, 8), st.integers(0, 2**32 - 1))
def test_every_ordinary_code_that_the_library_reads_is_a_text(
    text: str, level: str, scale: int, seed: int
) -> None:
    grey = _spoilt(symbol(segno.make_qr(text, error=level), scale), seed)
    found = read(grey)
    # What the library has read is a text; what it has not read is at most a place.
    assert found.texts == [text.encode()] or not found.series


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(
    "head",
    [
        series_head(),
        series_head(15, 16),
        "0111" + "00011010" + series_head(),  # behind a character set
        "0101" + series_head(),  # behind the sign of GS1
        "1001" + "00000001" + series_head(),
        "0001" + "0000000000" + series_head(),  # behind segments without a character
        "0010" + "000000000" + "0100" + "00000000" + "1000" + "00000000" + series_head(),
        "0001" + "0000000101" + "0011111011" + "0111000" + series_head(),
        "0010" + "000000011" + "00111001101" + "001100" + series_head(),
        "1000" + "00000001" + "0000000000000" + series_head(),
    ],
)
def test_the_head_of_a_series_is_found_behind_whatever_segment(head: str, mirrored: bool) -> None:
    dark = written(head + segment(b"SG1:PART", 4), 4, "M")
    assert in_series(dark, "M", 3) is True
    found = read(_drawn(dark.T if mirrored else dark))
    assert (found.texts, found.series) == ([], 1)


@pytest.mark.parametrize("version", range(1, 41))
@pytest.mark.parametrize("level", LEVELS)
def test_symbols_of_every_version_are_told_apart(version: int, level: str) -> None:
    body = segment(b"A", version)
    part, alone = (written(head + body, version, level) for head in (series_head(), ""))
    assert in_series(part, level, 3) is True
    assert in_series(alone, level, 3) is False
    assert (read(_drawn(part, 2)).texts, read(_drawn(alone, 2)).texts) == ([], [b"A"])


@pytest.mark.parametrize("version", [1, 4, 9, 14, 15, 20])
def test_faults_in_the_first_modules_do_not_change_the_kind(version: int) -> None:
    plan = layout(version)
    first = plan.path[:4]
    turned = mask(3, plan.side).reshape(-1)[first]
    body = segment(b"SG1:KIND", version)
    part, alone = (written(head + body, version, "L") for head in (series_head(), ""))
    part.reshape(-1)[first] = np.array([False, True, False, False]) ^ turned  # as bytes begin
    alone.reshape(-1)[first] = np.array([False, False, True, True]) ^ turned  # as a series begins
    assert read(_drawn(part)).texts == []
    assert read(_drawn(alone)).texts == [b"SG1:KIND"]


def test_bits_that_look_like_a_head_within_a_text_are_text() -> None:
    for shift in range(8):
        inner = int((series_head() * 4)[shift : shift + 64].ljust(64, "0"), 2).to_bytes(8)
        dark = written(segment(inner, 4), 4, "L")
        assert read(_drawn(dark)).texts == [inner]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from(LEVELS))
def test_faults_that_can_be_corrected_change_nothing(seed: int, part: bool, level: str) -> None:
    body = segment(b"SG1:FAULTS", 5)
    dark = written((series_head() if part else "") + body, 5, level)
    noise = np.random.default_rng(seed)
    where = noise.integers(9, len(dark), (4, 2))
    dark[where[:, 0], where[:, 1]] ^= True
    assert in_series(dark, level, 3) in (part, None)


def test_modules_that_are_no_symbol_tell_nothing() -> None:
    noise = np.random.default_rng(1)
    for side in (0, 1, 20, 21, 57, 177, 181):
        assert in_series(noise.random((side, side)) < 0.5, "Q", 0) is None
