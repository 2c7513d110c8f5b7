"""Repairs that are given up when their time is over."""

import random

import pytest

from gate_agent.drivers.camera import symbol_reader
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.symbol_reader import repaired
from gate_agent.drivers.camera.symbol_search import search
from hardware_sim.devices.phone import Look, picture

CODE = b"SG1:" + b"A1$" * 43
DIM = grey_of(picture(CODE, Look(paper=70.0, ink=60.0, noise=3.0), random.Random(1)))


def test_a_repair_that_may_go_on_reads() -> None:
    assert [CODE] in [repaired(DIM, one, thorough=False, go_on=lambda: True) for one in search(DIM)]


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
