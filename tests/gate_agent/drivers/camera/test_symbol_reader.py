"""Repairs that are given up when their time is over."""

import random

import numpy as np
import pytest

from gate_agent.drivers.camera import symbol_reader
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.symbol_reader import TOGETHER_MS, Votes, repaired
from gate_agent.drivers.camera.symbol_search import search
from gate_agent.drivers.camera.symbols.layout import side_of
from gate_agent.drivers.camera.symbols.repair import Soft
from hardware_sim.devices.phone import Look, picture

CODE = b"SG1:" + b"A1$" * 43
DIM = grey_of(picture(CODE, Look(paper=70.0, ink=60.0, noise=3.0), random.Random(1)))


def test_a_repair_that_may_go_on_reads() -> None:
    assert [CODE] in [repaired(DIM, one, thorough=False, go_on=lambda: True) for one in search(DIM)]


def _sight(seed: int, version: int = 5) -> Soft:
    noise = np.random.default_rng(seed)
    return np.where(noise.random((side_of(version),) * 2) < 0.5, 0.8, -0.8).astype(np.float32)


@pytest.mark.parametrize("version", [5, 6])
def test_a_sight_of_something_else_does_not_end_the_sum_of_many(version: int) -> None:
    votes, symbol = Votes(), _sight(1)
    for at in range(6):
        votes.add(symbol, 5, 66.0 * at)
    assert votes.add(_sight(2, version), version, 400) is None
    summed = votes.add(symbol * np.float32(0.1), 5, 466)
    assert summed is not None
    assert np.abs(summed).mean() > 0.6  # seven sights, of which six were clear


def test_the_next_visitors_symbol_is_summed_beside_those_before() -> None:
    votes = Votes()
    for seed in range(9):
        assert votes.add(_sight(seed), 5, 10.0 * seed) is None
        assert votes.add(_sight(seed), 5, 10.0 * seed + 5) is not None


def test_sights_that_are_far_apart_in_time_are_not_summed() -> None:
    votes = Votes()
    votes.add(_sight(1), 5, 0)
    assert votes.add(_sight(1), 5, TOGETHER_MS + 1) is None


@pytest.mark.parametrize("steps", range(3))
def test_a_repair_takes_no_step_once_it_is_told_to_stop(
    monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    taken: list[str] = []

    def watch(name: str) -> None:
        step = getattr(symbol_reader, name)

        def watched(*given: object, **more: object) -> object:
            taken.append(name)
            return step(*given, **more)

        monkeypatch.setattr(symbol_reader, name, watched)

    for name in ("fit", "modules", "repair"):
        watch(name)
    sights = search(DIM)
    assert sights
    for sight in sights:
        taken.clear()
        repaired(DIM, sight, thorough=True, go_on=lambda: len(taken) < steps)
        assert len(taken) <= steps
