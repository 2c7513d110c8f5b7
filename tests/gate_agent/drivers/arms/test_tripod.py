"""RelayArm: what only it must do. The port's own contract is in tests/contract/test_arm.py."""

from collections.abc import Iterator

import pytest
from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPin

from gate_agent.config.settings import ArmSettings, GpioLine
from gate_agent.drivers.arms.guard.client import Watcher
from gate_agent.drivers.arms.relay import PinRelay
from gate_agent.drivers.arms.tripod import RelayArm
from gate_agent.drivers.pins.contact_pins import ContactPins, StillContacts
from gate_agent.drivers.pins.factory import open_factory
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted, Recovered
from tests.gate_agent.drivers.collected import Collected, until

SETTINGS = ArmSettings(
    {"relay": GpioLine(17), "passage": GpioLine(27), "home": GpioLine(22)}, pulse_ms=200
)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    with open_factory("mock") as factory:
        yield factory


def arm_on(factory: MockFactory, settings: ArmSettings = SETTINGS, lane: int = 1) -> RelayArm:
    relay = settings.wires["relay"]
    pins = ContactPins(factory)
    return RelayArm(lane, settings, PinRelay(relay.pin, not relay.turned, factory), pins)


def _levels(pin: MockPin) -> list[bool]:
    return [bool(state.state) for state in pin.states]


def test_a_pulse_has_its_length(factory: MockFactory) -> None:
    arm, inbox = arm_on(factory), Collected()
    relay = factory.pin(17)
    arm.start(inbox.put)
    arm.release()
    assert relay.state, "release returns while the pulse lasts"
    until(lambda: not relay.state)
    arm.stop()
    assert _levels(relay) == [False, True, False]
    assert relay.states[2].timestamp >= 0.2


def test_a_second_release_is_a_second_pulse_and_a_third_is_refused(factory: MockFactory) -> None:
    arm = arm_on(factory)
    relay = factory.pin(17)
    arm.start(Collected().put)
    arm.release()
    arm.release()
    with pytest.raises(DriverFault, match="two pulses are still to come"):
        arm.release()
    until(lambda: len(relay.states) == 5)
    arm.stop()
    assert _levels(relay) == [False, True, False, True, False]
    assert relay.states[3].timestamp >= 0.1, "a board must see two"


def test_an_active_low_relay_never_blips(factory: MockFactory) -> None:
    wires = {"relay": GpioLine(17, turned=True), "passage": GpioLine(27)}
    settings = ArmSettings(wires, pulse_ms=200)
    relay = factory.pin(17)
    relay._change_state(True)  # the relay board's pull-up
    relay.clear_states()
    arm = arm_on(factory, settings)
    arm.start(Collected().put)
    assert _levels(relay) == [True]
    arm.release()
    arm.stop()
    assert relay.state, "stopped in the middle of a pulse, it is at rest"
    assert _levels(relay) == [True, False, True]


def test_release_before_start_and_after_stop(factory: MockFactory) -> None:
    arm = arm_on(factory)
    with pytest.raises(DriverFault, match="cannot release arm 1"):
        arm.release()
    arm.start(Collected().put)
    arm.stop()
    arm.stop()
    with pytest.raises(DriverFault, match="cannot release arm 1"):
        arm.release()


def test_pins_that_are_taken_are_a_fault_and_no_error(factory: MockFactory) -> None:
    first, second, inbox = arm_on(factory), arm_on(factory, lane=2), None
    inbox = Collected()
    first.start(Collected().put)
    second.start(inbox.put)
    (event,) = inbox.events
    assert isinstance(event, Faulted)
    assert event.device == "arm 2"
    assert "in use" in event.text
    with pytest.raises(DriverFault):
        second.release()
    first.release()
    second.stop()
    first.stop()


class StickyPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """An output that can be made to fail."""

    broken: bool | None = None

    def _set_state(self, value: bool) -> None:
        if self.broken is not None and bool(value) is self.broken:
            raise GPIOZeroError("the line does not move")
        super()._set_state(value)


def test_a_relay_that_does_not_close() -> None:
    with MockFactory(revision="a02082", pin_class=StickyPin) as factory:
        arm = arm_on(factory)
        arm.start(Collected().put)
        factory.pin(17).broken = True
        with pytest.raises(DriverFault, match="the line does not move"):
            arm.release()
        factory.pin(17).broken = None
        until(lambda: not factory.pin(17).state)
        arm.stop()


def test_a_relay_that_does_not_open_is_tried_until_it_does() -> None:
    with MockFactory(revision="a02082", pin_class=StickyPin) as factory:
        arm, inbox = arm_on(factory), Collected()
        arm.start(inbox.put)
        # Lines without a world are open contacts: a fault, until somebody closes them.
        factory.pin(27).drive_low()
        factory.pin(22).drive_low()
        inbox.wait(lambda events: Recovered("arm 1") in events)
        factory.pin(17).broken = False
        arm.release()
        events = inbox.wait(lambda events: any(_opens_not(event) for event in events))
        assert factory.pin(17).state
        factory.pin(17).broken = None
        inbox.wait(lambda now: Recovered("arm 1") in now[len(events) :])
        assert not factory.pin(17).state
        assert sum(_opens_not(event) for event in inbox.events) == 1
        arm.stop()


def _opens_not(event: object) -> bool:
    return isinstance(event, Faulted) and "cannot open the relay" in event.text


class Blinking:
    """A relay that is away for less than a thread needs to have its turn."""

    def start(self, watcher: Watcher) -> None:
        watcher.lost("the board refused to release the arm")
        watcher.back()

    def stop(self) -> None: ...
    def pulse(self, ms: int) -> None: ...


def test_a_relay_that_is_back_at_once_was_a_fault_all_the_same() -> None:
    inbox = Collected()
    arm = RelayArm(1, ArmSettings({}, port="lot@/dev/x"), Blinking(), StillContacts())
    arm.start(inbox.put)
    inbox.wait_for(Faulted("arm 1", "the board refused to release the arm"), Recovered("arm 1"))
    arm.stop()
