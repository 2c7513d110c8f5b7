"""Search: symbols that no library sees."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gate_agent.drivers.camera.engines import read
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.symbol_reader import repaired
from gate_agent.drivers.camera.symbol_search import FAR, NEAR, search
from hardware_sim.devices.phone import Look, picture
from tests.gate_agent.drivers.camera import hostile

CODE = b"SG1:" + b"A1$" * 43


@pytest.mark.parametrize(
    "look",
    [
        Look(paper=70.0, ink=60.0, noise=3.0),
        Look(paper=70.0, ink=60.0, noise=3.0, dark=True),
        Look(module_px=5, turn_deg=30, paper=72.0, ink=60.0, noise=3.0),
    ],
)
def test_a_symbol_that_no_library_sees(look: Look) -> None:
    grey = grey_of(picture(CODE, look, random.Random(1)))
    found = read(grey)
    assert not found.texts
    assert not found.located
    assert [CODE] in [repaired(grey, sight, thorough=False) for sight in search(grey)]


def test_small_symbols_are_found_far_away() -> None:
    grey = grey_of(picture(CODE, Look(module_px=1.6), random.Random(2)))
    assert 6 in [sight.version for sight in search(grey, FAR)]


def test_hostile_frames_give_no_text() -> None:
    for name, grey in hostile.frames():
        for sight in search(grey, NEAR + FAR):
            assert repaired(grey, sight, thorough=False) == [], name


@settings(deadline=None, max_examples=40)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=90)))
def test_any_picture(grey: NDArray[np.uint8]) -> None:
    assert len(search(grey, NEAR + FAR)) <= 3


@given(st.integers(0, 255))
def test_an_even_picture_has_none(level: int) -> None:
    assert search(np.full((120, 160), level, dtype=np.uint8)) == []
