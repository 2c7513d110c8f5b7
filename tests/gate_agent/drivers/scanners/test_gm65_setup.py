"""What is said to a module, and in which order."""

import pytest

from gate_agent.drivers.scanners import gm65
from gate_agent.drivers.scanners.gm65_setup import (
    MODES,
    Talk,
    beat,
    set_speed,
    set_up,
    speeds,
    trigger,
    zones,
)
from gate_agent.errors import DriverFault

READ, WRITE, SAVE = 7, 8, 9


class Zones:
    """A module as its answers show it. `deaf`: addresses that are not answered."""

    def __init__(self) -> None:
        self.zones = bytearray(256)
        self.said: list[tuple[int, int]] = []
        self.deaf: set[int] = set()
        self.stubborn: set[int] = set()
        self.saves = True

    def answer(self, command: gm65.Command) -> bytes | None:
        kind, address, data = command.frame[2], command.frame[5], command.frame[6:-2]
        self.said.append((kind, address))
        if kind == SAVE:
            return b"\x00" if self.saves else None
        if address in self.deaf:
            return None
        if kind == READ:
            return bytes(self.zones[address : address + data[0]])
        if kind == WRITE and address not in self.stubborn:
            self.zones[address : address + len(data)] = data
        return b"\x00"

    def talk(self, talk: Talk) -> "Zones":
        try:
            command = next(talk)
            while True:
                command = talk.send(self.answer(command))
        except StopIteration:
            return self

    @property
    def kinds(self) -> list[int]:
        return [kind for kind, _ in self.said]


@pytest.mark.parametrize("kind", MODES)
def test_a_new_module_is_set_up_read_back_and_saved_once(kind: str) -> None:
    module = Zones()
    module.zones[gm65.MODE] = 0xD4
    module.talk(set_up(kind, must_save=False))
    for zone in zones(kind):
        assert module.zones[zone.address] & zone.mask == zone.value
    assert module.zones[gm65.MODE] == 0xD4 | MODES[kind], "light and sound stay as they were"
    assert module.kinds.count(SAVE) == 1
    assert module.said[-1] == (SAVE, 0)
    assert module.said[:3] == [(READ, 3), (WRITE, 3), (READ, 3)], "setting codes first of all"


def test_a_module_that_is_as_wanted_is_only_read() -> None:
    module = Zones().talk(set_up("gm65", must_save=False))
    module.said.clear()
    module.talk(set_up("gm65", must_save=False))
    assert set(module.kinds) == {READ}


def test_a_new_speed_is_saved() -> None:
    module = Zones().talk(set_up("gm65", must_save=False))
    module.said.clear()
    module.talk(set_up("gm65", must_save=True))
    assert module.kinds.count(SAVE) == 1


@pytest.mark.parametrize("address", [zone.address for zone in zones("gm65-command")])
def test_a_zone_that_takes_no_value_is_a_fault(address: int) -> None:
    module = Zones()
    module.stubborn.add(address)
    with pytest.raises(DriverFault, match="the scanner keeps its own"):
        module.talk(set_up("gm65-command", must_save=False))
    assert SAVE not in module.kinds


@pytest.mark.parametrize("address", [zone.address for zone in zones("gm65-command")])
def test_silence_is_a_fault(address: int) -> None:
    module = Zones()
    module.deaf.add(address)
    with pytest.raises(DriverFault, match="does not answer"):
        module.talk(set_up("gm65-command", must_save=False))


def test_a_save_without_answer_is_a_fault() -> None:
    module = Zones()
    module.saves = False
    with pytest.raises(DriverFault, match="cannot save"):
        module.talk(set_up("gm65", must_save=False))


def test_a_beat_tells_a_module_that_lost_its_settings() -> None:
    module = Zones().talk(set_up("gm65", must_save=False))
    module.talk(beat("gm65"))
    module.zones[gm65.SETTING_CODES] = 0
    with pytest.raises(DriverFault, match="lost its settings"):
        module.talk(beat("gm65"))
    module.deaf.add(gm65.SETTING_CODES)
    with pytest.raises(DriverFault, match="does not answer"):
        module.talk(beat("gm65"))


def test_a_module_on_command_is_told_once() -> None:
    module = Zones().talk(set_up("gm65-command", must_save=False))
    module.said.clear()
    module.talk(beat("gm65-command"))
    assert module.said == [(READ, 3), (READ, 2), (WRITE, 2)]
    module.said.clear()
    module.talk(trigger())
    assert module.said == [(READ, 2)]
    module.deaf.add(gm65.TRIGGER)
    module.talk(trigger())


def test_speeds_to_look_at() -> None:
    assert speeds(115200) == (115200, 9600, 57600, 38400, 19200, 14400, 4800, 1200)
    assert speeds(9600)[:2] == (9600, 115200)
    assert set_speed(115200).frame[6:8] == b"\x1a\x00"


def test_nothing_that_is_said_erases_or_skips_the_check() -> None:
    for kind in MODES:
        module, frames = Zones(), []
        for talk in (set_up(kind, must_save=True), beat(kind), trigger()):
            try:
                command = next(talk)
                while True:
                    frames.append(command.frame)
                    command = talk.send(module.answer(command))
            except StopIteration:
                pass
        assert {frame[2] for frame in frames} <= {READ, WRITE, SAVE}
        assert all(frame[-2:] == gm65.check_of(frame[2:-2]) for frame in frames)
