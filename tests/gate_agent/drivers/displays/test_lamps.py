"""Lamps: what is shown for each sign."""

from collections.abc import Iterator
from threading import Event

import pytest
from gpiozero.pins.mock import MockFactory

from gate_agent.config.settings import LampSettings
from gate_agent.drivers.displays.lamps import Lamps
from gate_agent.drivers.pins.factory import open_factory
from gate_agent.effects import Show, Sign
from gate_agent.errors import DriverFault
from gate_agent.events import Faulted
from hardware_sim.devices.pins import WorldFactory
from tests.gate_agent.drivers.collected import PATIENCE_S, Collected

SETTINGS = LampSettings(go_pin=5, stop_pin=6)
DARK, GREEN, RED = (False, False), (True, False), (False, True)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    with open_factory("mock") as factory:
        yield factory


def _lit(factory: MockFactory) -> tuple[bool, bool]:
    return bool(factory.pin(5).state), bool(factory.pin(6).state)


def _told_of(line: int, level: bool, flag: Event) -> WorldFactory:
    """Pins in memory that set `flag` when `line` is driven to `level`."""
    return WorldFactory(lambda *driven: flag.set() if driven == (line, level) else None)


def test_every_sign_has_its_lamps(factory: MockFactory) -> None:
    lamps = Lamps(1, SETTINGS, factory)
    lamps.start(Collected().put)
    assert _lit(factory) == DARK
    shown = {}
    for sign in Sign:
        lamps.show(Show(sign))
        shown[sign] = _lit(factory)
    lamps.stop()
    lamps.stop()
    assert _lit(factory) == DARK
    green = {sign for sign, lit in shown.items() if lit == GREEN}
    red = {sign for sign, lit in shown.items() if lit == RED}
    assert green == {Sign.GO, Sign.PLEASE_PASS, Sign.FREE, Sign.EVACUATE}
    assert red == {Sign.REFUSED, Sign.CLOSED, Sign.ALARM, Sign.OUT_OF_ORDER}
    assert {sign for sign, lit in shown.items() if lit == DARK} == set(Sign) - green - red


@pytest.mark.parametrize(("before", "after"), [(Sign.READY, DARK), (Sign.CLOSED, RED)])
def test_a_refusal_goes_back_to_what_was_shown(before: Sign, after: tuple[bool, bool]) -> None:
    red_off = Event()
    factory = _told_of(6, False, red_off)
    lamps = Lamps(1, SETTINGS, factory, refused_s=0.05)
    lamps.start(Collected().put)
    lamps.show(Show(before))
    red_off.clear()
    lamps.show(Show(Sign.REFUSED))
    assert _lit(factory) == RED
    if after == DARK:
        assert red_off.wait(PATIENCE_S)
    assert _lit(factory) == after
    lamps.stop()
    factory.close()


def test_a_refusal_between_keeps_the_green_arrow_afterwards() -> None:
    green_again = Event()
    factory = _told_of(5, True, green_again)
    lamps = Lamps(1, SETTINGS, factory, refused_s=0.05)
    lamps.start(Collected().put)
    lamps.show(Show(Sign.GO, persons=2))
    green_again.clear()
    lamps.show(Show(Sign.REFUSED))
    assert green_again.wait(PATIENCE_S)
    lamps.stop()
    factory.close()


def test_a_newer_sign_is_not_taken_back(factory: MockFactory) -> None:
    lamps = Lamps(1, SETTINGS, factory, refused_s=0.02)
    lamps.start(Collected().put)
    lamps.show(Show(Sign.REFUSED))
    lamps.show(Show(Sign.GO))
    lamps.show(Show(Sign.CLOSED))
    assert not Event().wait(0.1)
    assert _lit(factory) == RED
    lamps.stop()


def test_the_end_of_an_older_refusal_does_not_end_a_newer_one(factory: MockFactory) -> None:
    lamps = Lamps(1, SETTINGS, factory, refused_s=60)
    lamps.start(Collected().put)
    lamps.show(Show(Sign.REFUSED))
    lamps._back()  # in another thread than the newer refusal's own
    assert _lit(factory) == RED
    lamps.stop()


def test_lamps_that_are_not_open(factory: MockFactory) -> None:
    lamps, inbox = Lamps(1, SETTINGS, factory), Collected()
    with pytest.raises(DriverFault, match="cannot show go"):
        lamps.show(Show(Sign.GO))
    other = Lamps(2, LampSettings(go_pin=4, stop_pin=6), factory)
    other.start(Collected().put)
    lamps.start(inbox.put)
    (event,) = inbox.events
    assert isinstance(event, Faulted)
    assert event.device == "lamps 1"
    with pytest.raises(DriverFault, match="cannot show go"):
        lamps.show(Show(Sign.GO))
    other.stop()
    lamps.start(inbox.put)
    lamps.show(Show(Sign.GO))
    lamps.stop()
