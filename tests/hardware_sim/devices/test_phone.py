"""Pictures of codes: the same for the same seed, and readable when held well."""

import random

import numpy as np
import pytest

from gate_agent.drivers.camera.decode import texts_in
from hardware_sim.devices.phone import Look, easy_look, empty_scene, hard_look, picture


def test_the_same_seed_gives_the_same_pixels() -> None:
    def one(seed: int) -> bytes:
        rng = random.Random(seed)
        return picture(b"SG1:SEED", hard_look(rng), rng).tobytes()

    assert one(7) == one(7)
    assert one(7) != one(8)


def test_a_frame_has_its_size() -> None:
    frame = picture(b"x", Look(width=320, height=200, noise=3.0), random.Random(1))
    assert frame.shape == (200, 320, 3)
    assert frame.dtype == np.uint8
    assert empty_scene(Look(width=320, height=200), random.Random(1)).shape == (200, 320, 3)


@pytest.mark.parametrize("turn_deg", [0, 30, 90, 180, 275])
def test_turned(turn_deg: float) -> None:
    frame = picture(b"SG1:" + b"T" * 60, Look(turn_deg=turn_deg), random.Random(2))
    assert texts_in(frame) == [b"SG1:" + b"T" * 60]


@pytest.mark.parametrize("look", [Look(tilt=0.15), Look(blur=0.3), Look(noise=8), Look(dark=True)])
def test_not_quite_well_held(look: Look) -> None:
    assert texts_in(picture(b"SG1:" + b"N" * 60, look, random.Random(3))) == [b"SG1:" + b"N" * 60]


def test_glare_blinds() -> None:
    rng = random.Random(4)
    code = b"SG1:" + b"G" * 130
    look = Look(glare=1.0, error="L")
    assert any(texts_in(picture(code, look, rng)) == [] for _ in range(10))


def test_any_code_a_symbol_can_hold() -> None:
    rng = random.Random(5)
    for code in (b"x", bytes(range(256)), "付款码".encode(), b"7" * 300):
        assert picture(code, easy_look(rng), rng).any()
    with pytest.raises(ValueError, match="too large"):
        picture(b"x" * 5000, Look(), rng)
