"""The arm in real time: pulses in, contacts out."""

import random
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from gpiozero import DigitalInputDevice, OutputDevice

from hardware_sim.devices.arm import TurnstileArm, Wiring
from hardware_sim.devices.pins import PinServer
from hardware_sim.devices.turnstile_state import Happened, Mechanics, Push, What

PATIENCE_S = 60.0
MECHANICS = Mechanics(turn_ms=200, release_ms=1000)


class Bench:
    """The gate's pins, the arm, and what happened at it."""

    def __init__(self, folder: Path) -> None:
        self.server = PinServer(folder / "pins")
        self.server.start()
        self.relay = OutputDevice(17, initial_value=False, pin_factory=self.server.factory)
        self.happened: Queue[Happened] = Queue()
        self.arm = TurnstileArm(
            folder / "pins", Wiring(17, 27, 22), random.Random(1), MECHANICS, self.happened.put
        )
        self.arm.start()
        assert self.arm.connected.wait(PATIENCE_S)
        self.passage = DigitalInputDevice(27, pull_up=True, pin_factory=self.server.factory)
        self.home = DigitalInputDevice(22, pull_up=True, pin_factory=self.server.factory)
        assert self.passage.wait_for_active(PATIENCE_S)
        assert self.home.wait_for_active(PATIENCE_S)

    def next(self) -> What:
        return self.happened.get(timeout=PATIENCE_S).what

    def unlock(self) -> None:
        self.relay.on()
        assert self.next() == What.UNLOCKED
        self.relay.off()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.arm.stop()
    bench.arm.stop()
    bench.server.stop()


def test_a_visitor_passes(bench: Bench) -> None:
    bench.unlock()
    bench.arm.push()
    assert bench.home.wait_for_inactive(PATIENCE_S)
    assert bench.passage.wait_for_inactive(PATIENCE_S)
    assert bench.arm.wait(lambda state: state.turns == 1, PATIENCE_S)
    assert bench.passage.wait_for_active(PATIENCE_S)
    assert bench.home.wait_for_active(PATIENCE_S)
    assert not bench.arm.state.unlocked


def test_nobody_comes(bench: Bench) -> None:
    bench.unlock()
    assert bench.next() == What.LOCKED
    bench.arm.push()
    assert bench.next() == What.BLOCKED
    assert bench.arm.state.turns == 0


def test_force_power_and_counter(bench: Bench) -> None:
    bench.arm.push(Push(force=True))
    assert bench.arm.wait(lambda state: state.forced == 1, PATIENCE_S)
    bench.arm.reset_counter()
    assert bench.arm.wait(lambda state: state.counter == 0, PATIENCE_S)
    bench.arm.power(False)
    assert bench.passage.wait_for_inactive(PATIENCE_S)
    bench.arm.power(True)
    assert bench.passage.wait_for_active(PATIENCE_S)
    assert not bench.arm.wait(lambda state: state.turns > 1, 0.1)
