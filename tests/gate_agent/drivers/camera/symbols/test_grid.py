"""Grid: modules out of pictures that are small, blurred, turned over, bent."""

import random

import numpy as np
import pytest
import segno
from numpy.typing import NDArray

from gate_agent.drivers.camera.engines import Located
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.symbol_reader import Votes, repaired
from gate_agent.drivers.camera.symbols.grid import BENT, FLAT, Corners, fit, modules
from gate_agent.drivers.camera.symbols.layout import layout
from hardware_sim.devices.phone import Look, picture

CODE = b"SG1:" + b"A1$" * 43
SIDE = 41


def _corners(look: Look, off: float = 0.0) -> Corners:
    """Of the symbol in a picture that is not turned or tilted, `off` by so many modules."""
    half = SIDE * look.module_px / 2
    square = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    wrong = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)]) * off * look.module_px
    middle = (look.width / 2 - 0.5, look.height / 2 - 0.5)
    return (square + wrong + middle).astype(np.float32)


def _dark() -> NDArray[np.bool_]:
    code = segno.make_qr(CODE.decode(), error="m", boost_error=False)
    return np.array(code.matrix, dtype=np.bool_)


@pytest.mark.parametrize(
    ("look", "most"),
    [
        (Look(module_px=4), 0.0),
        (Look(module_px=1.4), 0.02),
        (Look(module_px=4, blur=0.6), 0.02),
        (Look(module_px=4, motion=1.4, motion_deg=30), 0.02),
        (Look(module_px=3, dark=True), 0.0),
        (Look(module_px=4, bend=1.0), 0.02),
    ],
)
def test_modules_are_told_apart(look: Look, most: float) -> None:
    grey, plan = grey_of(picture(CODE, look, random.Random(1))), layout(6)
    found = fit(grey, _corners(look, 0.6), plan)
    assert found is not None
    soft, error = modules(found, plan, BENT if look.bend > 0 else FLAT)
    assert error < 0.5
    assert np.mean((soft > 0) != _dark()) <= most


def test_what_is_too_small_or_outside_is_not_fitted() -> None:
    grey, plan = np.zeros((480, 640), dtype=np.uint8), layout(6)
    for size, at in ((20.0, 100.0), (200.0, 5000.0), (200.0, -5000.0)):
        square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * size + at
        assert fit(grey, square.astype(np.float32), plan) is None


def test_any_corners_give_an_answer() -> None:
    grey = grey_of(picture(CODE, Look(), random.Random(2)))
    wild = np.random.default_rng(2)
    for _ in range(60):
        corners = wild.uniform(-100, 740, (4, 2)).astype(np.float32)
        version = int(wild.integers(1, 15))
        assert repaired(grey, Located(corners, version), thorough=True) in ([], [CODE])


def test_sights_add_up() -> None:
    """Noise in which no single frame can be repaired, and the frames together can."""
    look = Look(module_px=3, noise=150.0)
    rng = random.Random(3)
    votes, sight = Votes(), Located(_corners(look), 6)
    frames = [grey_of(picture(CODE, look, rng)) for _ in range(24)]
    assert not any(repaired(frame, sight, thorough=False) for frame in frames[:8])
    texts = [
        repaired(frame, sight, thorough=False, votes=votes, now_ms=66.0 * at)
        for at, frame in enumerate(frames)
    ]
    assert [CODE] in texts
    assert all(one in ([], [CODE]) for one in texts)


def test_sights_of_another_symbol_begin_anew() -> None:
    votes = Votes()
    noise = np.random.default_rng(4)
    one, other = (noise.choice((-1.0, 1.0), (41, 41)).astype(np.float32) for _ in range(2))
    assert votes.add(one, 6, 0) is None
    assert votes.add(one, 6, 66) is not None
    assert votes.add(other, 6, 132) is None
    assert votes.add(other, 6, 198) is not None
    assert votes.add(other, 6, 5000) is None
    votes.clear()
    assert votes.add(other, 6, 5066) is None
