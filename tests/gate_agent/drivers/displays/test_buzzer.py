"""The buzzer: patterns that are cut off by what is newer, and silence at the end."""

from threading import Lock

import pytest

from gate_agent.config.settings import BuzzerSettings
from gate_agent.drivers.displays.buzzer import PATTERNS, Buzzer
from gate_agent.effects import Show, Sign
from gate_agent.events import Faulted
from hardware_sim.devices.pins import WorldFactory
from tests.gate_agent.drivers.collected import Collected, until


class Heard:
    """Counts the sounds of line 18."""

    def __init__(self) -> None:
        self.factory = WorldFactory(self._driven)
        self._lock = Lock()
        self.sounds = 0

    def _driven(self, _line: int, level: bool) -> None:
        with self._lock:
            self.sounds += level


def test_what_a_visitor_must_notice_has_a_pattern_of_its_own() -> None:
    told = (Sign.GO, Sign.PLEASE_PASS, Sign.SHOW_ID, Sign.REFUSED, Sign.ALARM)
    assert len({PATTERNS[sign] for sign in told}) == len(told)
    assert not PATTERNS.keys() & {Sign.READY, Sign.CLOSED, Sign.FREE, Sign.OUT_OF_ORDER}


@pytest.mark.parametrize(("sign", "sounds"), [(Sign.GO, 1), (Sign.SHOW_ID, 3), (Sign.REFUSED, 2)])
def test_a_sign_sounds_its_pattern_once(sign: Sign, sounds: int) -> None:
    heard, inbox = Heard(), Collected()
    buzzer = Buzzer(1, BuzzerSettings(18), heard.factory)
    buzzer.start(inbox.put)
    buzzer.show(Show(sign))
    until(lambda: heard.sounds == sounds and not heard.factory.outputs[18])
    buzzer.show(Show(Sign.READY))
    buzzer.stop()
    assert heard.sounds == sounds
    assert not inbox.events


def test_an_alarm_ends_when_the_next_visitor_comes() -> None:
    heard = Heard()
    buzzer = Buzzer(1, BuzzerSettings(18), heard.factory)
    buzzer.start(Collected().put)
    buzzer.show(Show(Sign.ALARM))
    until(lambda: heard.factory.outputs.get(18, False))
    buzzer.show(Show(Sign.READY))
    until(lambda: not heard.factory.outputs[18])
    assert heard.sounds == 1
    buzzer.stop()


def test_a_pin_that_is_taken_is_a_fault() -> None:
    heard, inbox = Heard(), Collected()
    first = Buzzer(1, BuzzerSettings(18), heard.factory)
    first.start(Collected().put)
    until(lambda: 18 in heard.factory.outputs)
    second = Buzzer(2, BuzzerSettings(18), heard.factory)
    second.start(inbox.put)
    (event,) = inbox.wait(lambda events: len(events) == 1)
    assert isinstance(event, Faulted)
    assert event.text.startswith("cannot open buzzer 2: ")
    second.stop()
    first.stop()
