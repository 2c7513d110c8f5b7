"""Fire signal, key switch and battery: what they ask for, and when."""

from collections.abc import Iterator

import pytest

from gate_agent.config.settings import GpioLine
from gate_agent.drivers.pins.contact_pins import ContactPins, StillContacts
from gate_agent.drivers.pins.inputs import Inputs
from gate_agent.events import Faulted, Mode, ModeAsked, ModeSource, Recovered
from hardware_sim.devices.pins import WorldFactory
from tests.gate_agent.drivers.collected import Collected

WIRES = {
    "fire": GpioLine(12),
    "battery": GpioLine(13),
    "key_free": GpioLine(19),
    "key_closed": GpioLine(20),
}
FIRE = ModeAsked(ModeSource.FIRE, Mode.EMERGENCY)
NO_FIRE = ModeAsked(ModeSource.FIRE, None)


class Board:
    """Pins in memory; closed is low, and nothing holds a line up but the pull."""

    def __init__(self) -> None:
        self.factory = WorldFactory(lambda *_: None)
        self.inbox = Collected()
        self.inputs = Inputs(WIRES, ContactPins(self.factory))

    def close(self, role: str, closed: bool = True) -> None:
        for level in (closed, not closed, closed):
            self.factory.drive(WIRES[role].pin, not level)

    def start(self) -> None:
        self.close("fire")
        self.close("battery")
        self.inputs.start(self.inbox.put)


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board()
    yield board
    board.inputs.stop()
    board.inputs.stop()
    board.factory.close()


def test_at_rest_nobody_asks_for_anything(board: Board) -> None:
    board.start()
    assert board.inbox.events == []


def test_a_fire_signal_that_goes_is_a_fire_until_it_is_back(board: Board) -> None:
    board.start()
    board.close("fire", closed=False)
    board.inbox.wait_for(FIRE)
    board.close("fire")
    board.inbox.wait_for(FIRE, NO_FIRE)


def test_a_wire_that_is_cut_before_the_start_is_a_fire(board: Board) -> None:
    board.close("battery")
    board.inputs.start(board.inbox.put)
    board.inbox.wait_for(FIRE)


def test_the_key_switch_closes_and_frees_and_closed_goes_first(board: Board) -> None:
    board.start()
    board.close("key_free")
    free = ModeAsked(ModeSource.KEY_SWITCH, Mode.FREE)
    board.inbox.wait_for(free)
    board.close("key_closed")
    closed = ModeAsked(ModeSource.KEY_SWITCH, Mode.CLOSED)
    board.inbox.wait_for(free, closed)
    board.close("key_free", closed=False)
    board.close("key_closed", closed=False)
    board.inbox.wait_for(free, closed, ModeAsked(ModeSource.KEY_SWITCH, None))


def test_a_key_that_is_turned_at_the_start_counts(board: Board) -> None:
    board.close("key_closed")
    board.start()
    board.inbox.wait_for(ModeAsked(ModeSource.KEY_SWITCH, Mode.CLOSED))


def test_a_low_battery_is_a_fault_and_no_mode(board: Board) -> None:
    board.start()
    board.close("battery", closed=False)
    (low,) = board.inbox.wait(lambda events: len(events) == 1)
    assert isinstance(low, Faulted)
    assert low.device == "battery"
    board.close("battery")
    board.inbox.wait(lambda events: events[1:] == [Recovered("battery")])


def test_pins_that_are_taken_are_a_fault(board: Board) -> None:
    board.start()
    other, inbox = Inputs({"fire": GpioLine(12)}, ContactPins(board.factory)), Collected()
    other.start(inbox.put)
    (fault,) = inbox.events
    assert isinstance(fault, Faulted)
    assert fault.device == "inputs"
    other.stop()


def test_without_hardware_all_is_at_rest() -> None:
    inputs, inbox = Inputs(WIRES, StillContacts()), Collected()
    inputs.start(inbox.put)
    inputs.stop()
    assert inbox.events == []
