"""Reader: what a frame costs, and that a code in view is read."""

import random
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gate_agent.drivers.camera import passes, reader
from gate_agent.drivers.camera.engines import Located, PassResult
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.reader import Reader
from hardware_sim.devices.phone import Look, empty_scene, picture
from tests.gate_agent.drivers.camera import hostile

CODE = b"SG1:" + b"A1$" * 43


class Clock:
    """CPU time that only passes when the test says so."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def _grey(look: Look, seed: int = 1) -> NDArray[np.uint8]:
    return grey_of(picture(CODE, look, random.Random(seed)))


def _idle(seed: int = 2) -> NDArray[np.uint8]:
    return grey_of(empty_scene(Look(noise=3.0), random.Random(seed)))


def test_an_easy_code_is_read_in_its_first_frame() -> None:
    reads = Reader()
    assert reads.look(_idle(), 0)[0] == []
    assert reads.look(_grey(Look()), 66) == ([CODE], True)
    assert reads.look(_grey(Look()), 132) == ([], False)
    assert not reads.busy


@pytest.mark.parametrize(
    "look",
    [
        Look(module_px=1.5),
        Look(module_px=4, blur=0.6),
        Look(module_px=4, motion=1.4),
        Look(module_px=2.5, dark=True),
        Look(module_px=3, tilt=0.3, turn_deg=20),
        Look(module_px=4, bend=1.5),
        Look(module_px=4, paper=70.0, ink=60.0, noise=3.0),
    ],
)
def test_a_hard_code_is_read_within_a_second(look: Look) -> None:
    reads, rng = Reader(Clock()), random.Random(3)
    reads.look(_idle(), 0)
    texts = [reads.look(grey_of(picture(CODE, look, rng)), 66.0 * at)[0] for at in range(1, 16)]
    assert [CODE] in texts
    assert all(one in ([], [CODE]) for one in texts)


def _aslant(grey: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Seen from far aside: as narrow as `share` of what it is."""
    onto = np.array([(share, 0, 320 * (1 - share)), (0, 1, 0)])
    soft = cv2.GaussianBlur(grey, (0, 0), 0.8)
    seen = cv2.warpAffine(soft, onto, (640, 480), flags=cv2.INTER_AREA, borderValue=90)
    return np.asarray(seen, dtype=np.uint8)


def test_a_code_held_far_aslant_is_read_within_a_second() -> None:
    reads, aslant = Reader(Clock()), _aslant(_grey(Look(module_px=4.5)), 0.24)
    reads.look(_idle(), 0)
    texts = [reads.look(aslant, 66.0 * at)[0] for at in range(1, 16)]
    assert [CODE] in texts


def test_nothing_is_read_where_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Reader()
    for at in range(12):
        reads.look(_idle(at), 66.0 * at)
    monkeypatch.setattr(passes.Pass, "read", lambda *_: pytest.fail("a decoder was asked"))
    for at in range(12, 30):
        assert reads.look(_idle(at), 66.0 * at) == ([], False)


@pytest.mark.parametrize(("cost_ms", "most"), [(0.5, 30), (7.0, 2), (30.0, 1)])
def test_a_frame_without_a_symbol_is_left_after_its_time(
    monkeypatch: pytest.MonkeyPatch, cost_ms: float, most: int
) -> None:
    clock, asked = Clock(), list[str]()

    def costly(one: passes.Pass, *_: object) -> PassResult:
        asked.append(one.name)
        clock.s += cost_ms / 1000
        return PassResult()

    monkeypatch.setattr(passes.Pass, "read", costly)
    Reader(clock).look(_idle(), 0)
    assert asked[0] == "plain"
    assert len(asked) <= most


def test_a_repair_is_told_when_the_frame_has_cost_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, told = Clock(), list[bool]()
    sight = Located(np.array([(0, 0), (90, 0), (90, 90), (0, 90)], dtype=np.float32), 6)

    def endless(*_: object, go_on: Callable[[], bool], **__: object) -> list[bytes]:
        while go_on():
            clock.s += 0.01
        told.append(True)
        return []

    monkeypatch.setattr(reader, "repaired", endless)
    monkeypatch.setattr(passes.Pass, "read", lambda *_: PassResult(located=[sight]))
    Reader(clock).look(_idle(), 0)
    assert told == [True]
    assert round(clock.s * 1000) <= reader.REPAIR_MS + 10


def test_no_hostile_frame_gives_a_text_or_raises() -> None:
    for name, grey in hostile.frames():
        reads = Reader()
        for at in range(4):
            assert reads.look(np.roll(grey, 5 * at, axis=1), 66.0 * at)[0] == [], name


@settings(deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60)))
def test_any_grey_picture(grey: NDArray[np.uint8]) -> None:
    assert Reader().look(grey, 0) == ([], True)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(0, 200))
def test_a_spoilt_code_is_itself_or_nothing(seed: int, size: int) -> None:
    grey = _grey(Look(module_px=3)).copy()
    noise = np.random.default_rng(seed)
    y, x = noise.integers(0, 480 - size), noise.integers(0, 640 - size)
    grey[y : y + size, x : x + size] = noise.integers(0, 256, (size, size))
    assert Reader().look(grey, 0)[0] in ([], [CODE])
