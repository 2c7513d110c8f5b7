"""Decode: real symbols through the real libraries; any picture gives a list."""

import io
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gate_agent.drivers.camera import decode
from gate_agent.drivers.camera.decode import ENOUGH_S, decode_file, texts_in
from gate_agent.drivers.camera.engines import Located, PassResult
from gate_agent.drivers.camera.passes import PLAIN, STRETCHED, THOROUGH, Pass
from gate_agent.drivers.camera.pictures import grey_of
from hardware_sim.devices.phone import Look, easy_look, empty_scene, hard_look, picture

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


def test_the_whole_ladder_reads_what_the_plain_pass_does_not_and_nothing_else() -> None:
    rng = random.Random(12)
    plain = prepared = 0
    for _ in range(25):
        code = _code(rng)
        frame = picture(code, hard_look(rng), rng)
        first, every = PLAIN.read(grey_of(frame)).texts, texts_in(frame)
        assert first in ([], [code])
        assert every in ([], [code])
        plain += bool(first)
        prepared += bool(every)
    assert prepared > plain


def test_dark_mode() -> None:
    rng = random.Random(13)
    code = _code(rng)
    frame = picture(code, Look(dark=True), rng)
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


def _inked(code: str, ink: int, alpha: int = 255) -> NDArray[np.uint8]:
    """A symbol of which only the dark modules are drawn, the rest is transparent."""
    dark = grey_of(_symbol(code)) < 128
    image = np.zeros((*dark.shape, 4), dtype=np.uint8)
    image[dark] = (ink, ink, ink, alpha)
    return image


@pytest.mark.parametrize("ink", [0, 60, 200, 255])
@pytest.mark.parametrize("deep", [False, True])
def test_ink_of_any_grey_on_nothing_is_read(ink: int, deep: bool) -> None:
    image = _inked("SG1:INK", ink)
    assert texts_in(image.astype(np.uint16) * 257 if deep else image) == [b"SG1:INK"]


def test_white_ink_in_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    assert cv2.imwrite(str(path), _inked("SG1:WHITE", 255))
    assert decode_file(path)[0] == [b"SG1:WHITE"]


def test_what_is_hidden_in_transparent_pixels_is_not_read() -> None:
    image = np.zeros((*(grey := grey_of(_symbol("SG1:HIDDEN"))).shape, 4), dtype=np.uint8)
    image[:, :, :3] = grey[:, :, None]
    assert texts_in(image) == []


class Clock:
    """CPU time that only passes when the test says so."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.mark.parametrize(("cost_s", "most"), [(0.001, 80), (0.1, 15), (0.7, 3), (2.0, 1)])
def test_no_pass_is_begun_over_a_picture_that_has_cost_enough(
    monkeypatch: pytest.MonkeyPatch, cost_s: float, most: int
) -> None:
    clock, asked = Clock(), list[str]()

    def costly(one: Pass, *_: object) -> PassResult:
        asked.append(one.name)
        clock.s += cost_s
        return PassResult()

    monkeypatch.setattr(Pass, "read", costly)
    assert texts_in(np.zeros((4000, 5000), dtype=np.uint8), cpu_s=clock) == []
    assert asked[0] == "plain"
    assert len(asked) <= most
    assert clock.s <= ENOUGH_S + 2 * cost_s


def test_what_a_file_has_cost_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    def watched(one: Pass, *_: object) -> PassResult:
        asked.append(one.name)
        return PassResult()

    monkeypatch.setattr(Pass, "read", watched)
    image = np.zeros((480, 640), dtype=np.uint8)
    assert texts_in(image, cpu_s=Clock(), spent_s=ENOUGH_S + 0.1) == []
    assert asked == ["plain"]


@pytest.mark.parametrize("better_first", [True, False])
def test_of_two_sights_of_a_symbol_the_better_is_repaired_first(
    monkeypatch: pytest.MonkeyPatch, better_first: bool
) -> None:
    grey = grey_of(_symbol("SG1:TWO SIGHTS"))
    (corners,) = PLAIN.read(grey).seen
    version = (round(float(np.ptp(corners, axis=0)[0]) / 4) - 17 + 2) // 4
    sights = [Located(corners, version), Located(corners + np.float32(5), version)]
    passes = iter(sights if better_first else sights[::-1])
    repairs = list[Located]()

    def one_place(*_: object) -> PassResult:
        return PassResult(located=[sight] if (sight := next(passes, None)) else [])

    def noted(_: object, sight: Located, **__: object) -> list[bytes]:
        repairs.append(sight)
        return []

    monkeypatch.setattr(Pass, "read", one_place)
    monkeypatch.setattr(decode, "repaired", noted)
    monkeypatch.setattr(decode, "search", lambda *_: [])
    texts_in(grey)
    assert repairs == sights


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


def test_each_pass_alone_takes_any_grey_picture() -> None:
    for one in (PLAIN, *THOROUGH):
        for shape in ((1, 1), (3, 200), (480, 640)):
            assert one.read(np.zeros(shape, dtype=np.uint8)).texts == []


def _aside(along_deg: float, share: float) -> NDArray[np.float64]:
    """What a view from far aside does to a picture of 900 × 900: 2 × 3, into one of 640 × 480."""
    angle = np.deg2rad(along_deg)
    along = np.array((np.cos(angle), np.sin(angle)))
    flat = np.eye(2) - (1 - share) * np.outer(along, along)
    return np.column_stack([flat, np.array([320, 240]) - flat @ np.array([450, 450])])


def _aslant(code: bytes, along_deg: float, share: float) -> NDArray[np.uint8]:
    grey = grey_of(picture(code, Look(width=900, height=900, module_px=4.5), random.Random(5)))
    soft = cv2.GaussianBlur(grey, (0, 0), 0.8)
    seen = cv2.warpAffine(
        soft, _aside(along_deg, share), (640, 480), flags=cv2.INTER_AREA, borderValue=90
    )
    return np.asarray(seen, dtype=np.uint8)


@pytest.mark.parametrize("along_deg", [0, 45, 90, 135])
def test_a_code_that_is_seen_from_far_aside_is_read_in_a_stretched_view(along_deg: float) -> None:
    code = _code(random.Random(15))
    grey = _aslant(code, along_deg, 0.36)
    read = {one.name: one.read(grey).texts for one in STRETCHED if one.along_deg == along_deg}
    assert list(read.values()) == [[code]]
    assert texts_in(grey) == [code]


@pytest.mark.parametrize("one", STRETCHED)
def test_places_in_a_stretched_view_are_those_in_the_picture(one: Pass) -> None:
    code = _code(random.Random(16))
    (straight,) = PLAIN.read(_aslant(code, 0, 1.0)).seen
    assert one.along_deg is not None
    onto = _aside(one.along_deg, 0.5)
    expected = np.add(straight, (450 - 320, 450 - 240)) @ onto[:, :2].T + onto[:, 2]
    grey = _aslant(code, one.along_deg, 0.5)
    for place in (*one.read(grey).seen, *one.read(grey, 1000 * 1000, (320, 240)).seen):
        assert np.abs(place - expected).max() < 4
    assert one.read(grey).texts == one.read(grey, 1000 * 1000, (320, 240)).texts == [code]
