"""Gm65Scanner against a module on a pseudo-terminal, byte for byte.

A module that answers is waited for as long as a busy machine may need (CALM). Where a test wants a
module at another speed (SEARCHING) or silence (EAGER), that is short, and the driver tries again.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from gate_agent.config.settings import ScannerSettings
from gate_agent.drivers.scanners import gm65
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.gm65_scanner import Gm65Scanner, Patience
from gate_agent.drivers.scanners.gm65_setup import zones
from gate_agent.events import Faulted, Recovered, Scanned
from hardware_sim.devices.gm65 import Damage, Module, factory
from hardware_sim.devices.scanner import SimScanner
from tests.gate_agent.drivers.collected import Collected, until

Make = Callable[..., Gm65Scanner]

CALM = Patience(
    beat_s=0.05,
    answer_s=5.0,
    longest_s=10.0,
    look_s=5.0,
    restart_s=0.1,
    reopen_s=0.01,
    quiet_s=0.03,
)
SEARCHING = replace(CALM, look_s=0.1)
EAGER = replace(SEARCHING, answer_s=0.1)


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "scanner"


@pytest.fixture
def inbox() -> Collected:
    return Collected()


@pytest.fixture
def make(port: Path, inbox: Collected) -> Iterator[Make]:
    made: list[Gm65Scanner] = []

    def make(kind: str = "gm65", baud: int = 115200, patience: Patience = CALM) -> Gm65Scanner:
        settings = ScannerSettings(f"{kind}@{port}", baud)
        made.append(Gm65Scanner(1, settings, Flow(1e6, 1e6), patience))
        made[-1].start(inbox.put)
        return made[-1]

    yield make
    for driver in made:
        driver.stop()


def flash_at(baud: int) -> bytearray:
    """As from the factory, but for the speed."""
    flash = factory()
    flash[gm65.BAUD : gm65.BAUD + 2] = gm65.BAUDS[baud].to_bytes(2, "little")
    return flash


def codes_of(inbox: Collected) -> list[bytes]:
    return [event.code for event in inbox.events if isinstance(event, Scanned)]


def ready(driver: Gm65Scanner) -> Callable[[], bool]:
    return lambda: driver.ready


@pytest.mark.parametrize("kind", ["gm65", "gm65-command", "gm65-induction"])
def test_a_module_fresh_from_the_factory(
    make: Make, port: Path, inbox: Collected, kind: str
) -> None:
    with Module(port) as module:
        driver = make(kind, patience=SEARCHING)
        until(ready(driver))
        assert module.baud == 115200
        assert all(module.flash[z.address] & z.mask == z.value for z in zones(kind))
        assert module.saves >= 1  # again if it was slow to take the new speed
        codes = [b"SG1:ABC", gm65.reply(b"\x02"), b"\x00\x1b[2J\xff", b"SG1:DEF"]
        for number, code in enumerate(codes, 1):
            until(lambda: kind != "gm65-command" or bool(module.zones[gm65.TRIGGER] & 1))
            module.present(code)
            inbox.wait_count(1, Scanned(1, code))
            assert codes_of(inbox) == codes[:number]
        assert not module.erased
        assert module.refused == 0


def test_a_module_that_is_set_up_is_not_written(make: Make, port: Path) -> None:
    flash = flash_at(115200)
    for zone in zones("gm65"):
        flash[zone.address] = flash[zone.address] & ~zone.mask | zone.value
    with Module(port, flash) as module:
        until(ready(make()))
        assert module.saves == 0
        assert {frame[2] for frame in module.commands} == {7}


@pytest.mark.parametrize(("at", "to"), [(57600, 115200), (1200, 57600), (115200, 9600)])
def test_a_module_is_found_at_any_speed(make: Make, port: Path, at: int, to: int) -> None:
    with Module(port, flash_at(at)) as module:
        until(ready(make(baud=to, patience=SEARCHING)))
        assert module.baud == to


def test_a_setting_code_shown_by_a_visitor_changes_nothing(
    make: Make, port: Path, inbox: Collected
) -> None:
    with Module(port, flash_at(115200)) as module:
        until(ready(make()))
        module.present(b"_SET_BAUD_1200")
        inbox.wait_for(Scanned(1, b"_SET_BAUD_1200"))
        assert module.baud == 115200


def test_a_module_that_never_answers(make: Make, port: Path, inbox: Collected) -> None:
    with Module(port, flash_at(115200)) as module:
        module.mute = True
        driver = make(patience=EAGER)
        (fault,) = inbox.wait(bool)
        assert isinstance(fault, Faulted)
        assert fault.text.startswith(f"cannot read {port}: the scanner does not answer at any")
        module.mute = False
        inbox.wait(lambda events: events[-1] == Recovered("scanner 1"))
        assert driver.ready


def test_a_scanner_that_is_no_module(make: Make, port: Path, inbox: Collected) -> None:
    """Its codes are not used: nobody knows how it is set."""
    with SimScanner(port) as scanner:
        make(patience=EAGER)
        until(lambda: bool(inbox.events), lambda: scanner.present(b"SG1:CODE"))
        (fault,) = inbox.events
        assert isinstance(fault, Faulted)
        assert not [event for event in inbox.events if isinstance(event, Scanned)]


def test_setting_codes_that_stay_on(make: Make, port: Path, inbox: Collected) -> None:
    with Module(port, flash_at(115200)) as module:
        module.stubborn.add(gm65.SETTING_CODES)
        make()
        (fault,) = inbox.wait(bool)
        assert isinstance(fault, Faulted)
        assert "cannot switch setting codes off" in fault.text


def test_a_module_that_falls_silent_while_its_line_stays_open(
    make: Make, port: Path, inbox: Collected
) -> None:
    with Module(port, flash_at(115200)) as module:
        driver = make(patience=EAGER)
        until(ready(driver))
        module.mute = True
        (fault,) = inbox.wait(bool)
        assert isinstance(fault, Faulted)
        module.mute = False
        inbox.wait(lambda events: events[-1] == Recovered("scanner 1"))
        module.present(b"SG1:AGAIN")
        inbox.wait(lambda events: events[-1] == Scanned(1, b"SG1:AGAIN"))


def test_a_module_that_lost_its_settings_is_set_up_again(
    make: Make, port: Path, inbox: Collected
) -> None:
    """Another one from the shelf, plugged in between two looks."""
    with Module(port, flash_at(115200)) as module:
        driver = make()
        until(ready(driver))
        module.flash[:] = flash_at(115200)
        module.brown_out()
        inbox.wait(lambda events: any(isinstance(event, Recovered) for event in events))
        assert module.zones[gm65.SETTING_CODES] & 3 == 2
        assert module.saves == 2


def test_unplugged_and_plugged_in_again(make: Make, port: Path, inbox: Collected) -> None:
    with Module(port, flash_at(115200)) as module:
        driver = make()
        until(ready(driver))
        module.unplug()
        assert isinstance(inbox.wait(bool)[0], Faulted)
        module.plug()
        inbox.wait(lambda events: events[-1] == Recovered("scanner 1"))
        module.present(b"SG1:BACK")
        inbox.wait(lambda events: events[-1] == Scanned(1, b"SG1:BACK"))


def test_answers_that_come_damaged_are_asked_for_again(
    make: Make, port: Path, inbox: Collected
) -> None:
    """One answer in two is damaged, from the first question on: no code and no fault tells."""
    with Module(port, flash_at(115200)) as module:
        module.damages = cycle((Damage.BIT, Damage.NONE))
        driver = make()
        until(ready(driver))
        codes = [b"SG1:%d" % number for number in range(8)]
        for number, code in enumerate(codes, 1):
            module.present(code)
            inbox.wait_count(number)
            asked = len(module.commands)
            until(lambda: len(module.commands) > asked)  # noqa: B023
        assert inbox.events == [Scanned(1, code) for code in codes]
        assert driver.torn > len(codes)


def test_answers_that_are_cut_short_are_asked_for_again(
    make: Make, port: Path, inbox: Collected
) -> None:
    with Module(port, flash_at(115200)) as module:
        module.damages = cycle((Damage.CUT_SHORT, Damage.NONE))
        driver = make()
        until(ready(driver))
        assert driver.torn >= len(zones("gm65"))
        assert inbox.events == []


def test_stop_while_it_looks_for_the_module(make: Make, port: Path, inbox: Collected) -> None:
    with Module(port) as module:
        module.mute = True
        driver = make()
        until(lambda: bool(module.commands) or driver._port is not None)
        driver.stop()
        driver.stop()
        assert inbox.events == []
