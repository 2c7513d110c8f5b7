"""What every arm must do, over every kind of pins it can be given.

The pins in memory are driven in the driver's own process; the park's are at the far end of a
socket, with the arm's real mechanics behind them, and the relay under a real guard.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Protocol

import pytest

from gate_agent.config.settings import ArmSettings, GpioLine
from gate_agent.drivers.arms.guard.client import Guard
from gate_agent.drivers.arms.guard.start import RelayLine
from gate_agent.drivers.arms.relay import GuardedRelay, PinRelay
from gate_agent.drivers.arms.tripod import RelayArm
from gate_agent.drivers.pins.contact_pins import ContactPins
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Moved, Recovered, Returned, Turned
from gate_agent.ports import Arm
from hardware_sim.devices.arm import TurnstileArm, Wiring
from hardware_sim.devices.lines import lines_at
from hardware_sim.devices.pins import PinServer, WorldFactory
from hardware_sim.devices.turnstile_state import Mechanics, Push
from tests.gate_agent.drivers.collected import PATIENCE_S, Collected, until

RELAY, PASSAGE, HOME, READY = 17, 27, 22, 5
SETTINGS = ArmSettings(
    {
        "relay": GpioLine(RELAY),
        "passage": GpioLine(PASSAGE),
        "home": GpioLine(HOME),
        "ready": GpioLine(READY),
    },
    pulse_ms=200,
)


def active_high(settings: ArmSettings) -> bool:
    return not settings.wires["relay"].turned


class Bench(Protocol):
    """An arm and the world around it."""

    arm: Arm
    inbox: Collected

    def visitor_passes(self) -> None: ...
    def visitor_wiggles(self) -> None: ...
    def power(self, on: bool) -> None: ...
    def released(self) -> None: ...
    def at_rest(self) -> bool: ...


class MemoryBench:
    """gpiozero's pins in memory, moved by hand."""

    def __init__(self, settings: ArmSettings) -> None:
        self._settings = settings
        self._factory = WorldFactory(lambda *_: None)
        for line in (PASSAGE, HOME, READY):
            self._factory.drive(line, False)  # closed at rest
        relay = PinRelay(17, active_high(settings), self._factory)
        self.arm: Arm = RelayArm(1, settings, relay, ContactPins(self._factory))
        self.inbox = Collected()
        self.arm.start(self.inbox.put)

    def _set(self, line: int, *, closed: bool) -> None:
        for level in (closed, not closed, closed):
            self._factory.drive(line, not level)

    def _settled(self) -> None:
        Event().wait(0.15)

    def visitor_passes(self) -> None:
        for line, closed in ((22, False), (27, False), (27, True), (22, True)):
            self._set(line, closed=closed)
            self._settled()

    def visitor_wiggles(self) -> None:
        for closed in (False, True):
            self._set(22, closed=closed)
            self._settled()

    def power(self, on: bool) -> None:
        for line in (PASSAGE, HOME, READY):
            self._set(line, closed=on)

    def released(self) -> None:
        until(lambda: not self.at_rest())

    def at_rest(self) -> bool:
        return bool(self._factory.pin(17).state) is not active_high(self._settings)

    def close(self) -> None:
        self.arm.stop()
        self._factory.close()


class ParkBench:
    """A turnstile in another place: pins over a socket, bouncing contacts, mechanics."""

    def __init__(self, settings: ArmSettings, folder: Path) -> None:
        self._settings = settings
        self._server = PinServer(folder / "pins")
        self._server.start()
        wiring = Wiring(RELAY, PASSAGE, HOME, READY, active_high(settings))
        self._turnstile = TurnstileArm(
            folder / "pins", wiring, random.Random(1), Mechanics(turn_ms=300)
        )
        self._turnstile.start()
        assert self._turnstile.connected.wait(PATIENCE_S)
        until(lambda: set(self._server.factory.world) == {5, 22, 27})
        self.inbox = Collected()
        guard = Guard(str(lines_at(folder / "pins")), [RelayLine(17, active_high(settings))])
        relay = GuardedRelay(guard, 0)
        self.arm: Arm = RelayArm(1, settings, relay, ContactPins(self._server.factory))
        self.arm.start(self.inbox.put)

    def visitor_passes(self) -> None:
        turns = self._turnstile.state.turns
        self._turnstile.push(Push(force=True))
        assert self._turnstile.wait(lambda state: state.turns > turns, PATIENCE_S)

    def visitor_wiggles(self) -> None:
        self._turnstile.push(Push(through=False, wiggle_deg=34, force=True))

    def power(self, on: bool) -> None:
        self._turnstile.power(on)

    def released(self) -> None:
        assert self._turnstile.wait(lambda state: state.unlocked, PATIENCE_S)

    def at_rest(self) -> bool:
        return self._turnstile.lines.level(17) is not active_high(self._settings)

    def close(self) -> None:
        self.arm.stop()
        self._turnstile.stop()
        self._server.stop()


@pytest.fixture(params=["memory", "park"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str, tmp_path: Path) -> Iterator[Callable[[ArmSettings], Bench]]:
    made: list[MemoryBench | ParkBench] = []

    def make(settings: ArmSettings) -> Bench:
        made.append(MemoryBench(settings) if kind == "memory" else ParkBench(settings, tmp_path))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture(params=[True, False], ids=["active high", "active low"])
def bench(request: pytest.FixtureRequest, make: Callable[[ArmSettings], Bench]) -> Bench:
    relay = GpioLine(RELAY, turned=not request.param)
    return make(replace(SETTINGS, wires={**SETTINGS.wires, "relay": relay}))


def test_starting_does_not_release(bench: Bench) -> None:
    assert bench.at_rest()
    assert bench.inbox.events == []


def test_a_release_and_a_passage(bench: Bench) -> None:
    bench.arm.release()
    bench.released()
    bench.visitor_passes()
    bench.inbox.wait_for(Moved(1), Turned(1))
    until(bench.at_rest)


def test_a_wiggle_is_told_and_is_no_passage(bench: Bench) -> None:
    bench.visitor_wiggles()
    bench.inbox.wait_for(Moved(1), Returned(1))


def test_each_of_a_team_turns_once(bench: Bench) -> None:
    for person in range(1, 4):
        bench.arm.release()
        bench.released()
        bench.visitor_passes()
        bench.inbox.wait_count(person, Turned(1))
    bench.inbox.wait_for(*(Moved(1), Turned(1)) * 3)


def test_a_turn_without_a_release_is_told_too(bench: Bench) -> None:
    bench.visitor_passes()
    bench.inbox.wait_for(Moved(1), Turned(1))


def test_a_power_cut_at_the_turnstile_is_a_fault_and_no_passage(bench: Bench) -> None:
    bench.power(on=False)
    (fault,) = bench.inbox.wait(lambda events: len(events) == 1)
    assert isinstance(fault, Faulted)
    assert (fault.device, "no power" in fault.text) == ("arm 1", True)
    bench.power(on=True)
    bench.inbox.wait(lambda events: events[1:] == [Recovered("arm 1")])
    bench.visitor_passes()
    bench.inbox.wait(lambda events: events[2:] == [Moved(1), Turned(1)])


def test_stopped_it_is_at_rest_and_refuses(bench: Bench) -> None:
    bench.arm.release()
    bench.released()
    bench.arm.stop()
    until(bench.at_rest)
    bench.arm.stop()
    with pytest.raises(DriverFault):
        bench.arm.release()
