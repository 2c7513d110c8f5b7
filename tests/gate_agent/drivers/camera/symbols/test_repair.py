"""Repair: what can be mended is mended exactly, and nothing else is made up."""

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gate_agent.drivers.camera.symbols.layout import LEVELS, layout
from gate_agent.drivers.camera.symbols.repair import repair

CODE = "SG1:" + "A1$" * 12


def _dark(text: str, version: int, level: str) -> NDArray[np.bool_]:
    code = segno.make_qr(text, version=version, error=level.lower(), boost_error=False)
    return np.array(code.matrix, dtype=np.bool_)


@pytest.mark.parametrize("version", range(1, 15))
@pytest.mark.parametrize("level", LEVELS)
def test_a_clean_symbol_is_itself(version: int, level: str) -> None:
    dark = _dark("A" * version, version, level)
    mended = repair(np.where(dark, 1, -1).astype(np.float32), layout(version))
    assert mended is not None
    assert (mended.modules == dark).all()
    assert mended.agreed == 1


@pytest.mark.parametrize("level", LEVELS)
def test_unsure_modules_cost_half_of_what_wrong_ones_do(level: str) -> None:
    """A spot that a plain reader cannot correct, at every place where it may lie."""
    dark = _dark(CODE, 5, level)
    plan = layout(5)
    sure = np.where(dark, 1, -1).astype(np.float32)
    size = {"L": 9, "M": 12, "Q": 13, "H": 15}[level]
    for y, x in ((9, 9), (12, 9), (14, 14), (9, 20 - size // 4)):
        soft = sure.copy()
        spot = np.s_[y : y + size, x : x + size]
        soft[spot] = np.random.default_rng(y).normal(0, 0.1, (size, size))
        mended = repair(soft, plan)
        assert mended is not None, (y, x)
        assert (mended.modules == dark).all()


def test_too_much_is_nothing() -> None:
    dark = _dark(CODE, 5, "L")
    soft = np.where(dark, 1, -1).astype(np.float32)
    soft[9:30, 9:30] = np.random.default_rng(1).normal(0, 1, (21, 21))
    assert repair(soft, layout(5)) is None


@pytest.mark.parametrize("version", [1, 2, 5, 6, 10])
def test_rubbish_is_never_a_symbol(version: int) -> None:
    plan = layout(version)
    noise = np.random.default_rng(version)
    for _ in range(60):
        soft = noise.normal(0, 0.8, (plan.side, plan.side)).astype(np.float32)
        known = plan.signs != 0
        soft[known] = plan.signs[known]  # as hostile as can be: everything but the data fits
        assert repair(soft, plan) is None


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9), st.sampled_from(LEVELS))
def test_a_noisy_symbol_is_itself_or_nothing(seed: int, sigma: float, level: str) -> None:
    dark = _dark(CODE, 5, level)
    noise = np.random.default_rng(seed).normal(0, sigma, dark.shape)
    mended = repair((np.where(dark, 1, -1) + noise).astype(np.float32), layout(5))
    assert mended is None or (mended.modules == dark).all()


@settings(deadline=None)
@given(hnp.arrays(np.float32, (21, 21), elements=st.floats(-4, 4, width=32)))
def test_any_numbers(soft: NDArray[np.float32]) -> None:
    repair(soft, layout(1))
