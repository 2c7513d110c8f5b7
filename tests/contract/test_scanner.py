"""What every scanner must do: lines with each end, a GM65 module, a keyboard wedge."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Protocol

import pytest

from gate_agent.config.settings import ScannerSettings
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.gm65_scanner import Gm65Scanner, Patience
from gate_agent.drivers.scanners.key_scanner import KeyScanner
from gate_agent.drivers.scanners.lines import FIRST_GAP_S
from gate_agent.drivers.scanners.serial_scanner import SerialScanner
from gate_agent.events import Faulted, Recovered, Scanned
from gate_agent.ports import Device
from hardware_sim.devices.gm65 import Module
from hardware_sim.devices.scanner import SimScanner
from hardware_sim.devices.wedge import ENTER, typed
from tests.gate_agent.drivers.collected import Collected, until

LANE = 3
READY = b"READY"
TICKETS = [b"SG1:" + bytes(range(0x30, 0x3A)) * 14, b"SG1:%*+-./: A$", b"0123456789ABCDEF012345"]
Open = Callable[[], Device]


class Bench(Protocol):
    """A scanner that can be shown codes and unplugged."""

    def driver(self) -> Device: ...
    def present(self, code: bytes) -> None: ...
    def send(self, data: bytes) -> None: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...


class LinesBench(SimScanner):
    def __init__(self, folder: Path, end: bytes) -> None:
        super().__init__(folder / "scanner", terminator=end)
        self._silence_s = 0.0 if end else 2 * FIRST_GAP_S

    def present(self, code: bytes) -> None:
        super().present(code)
        Event().wait(self._silence_s)  # this is what ends a code that has no end

    def driver(self) -> Device:
        return SerialScanner(LANE, ScannerSettings(str(self.path)), Flow(1e6, 1e6))


class ModuleBench(Module):
    def __init__(self, folder: Path, kind: str) -> None:
        self.kind = kind
        super().__init__(folder / "scanner")

    def driver(self) -> Device:
        settings = ScannerSettings(f"{self.kind}@{self.path}")
        patience = Patience(beat_s=0.1, answer_s=2.0, reopen_s=0.05)
        return Gm65Scanner(LANE, settings, Flow(1e6, 1e6), patience)


class WedgeBench:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "usb-Scanner-event-kbd"
        self._pen: int | None = None
        self.plug()

    def driver(self) -> Device:
        settings = ScannerSettings(f"keys@{self.path}")
        return KeyScanner(LANE, settings, Flow(1e6, 1e6), lambda _: None)

    def present(self, code: bytes) -> None:
        self.send(typed(code) + ENTER)

    def send(self, data: bytes) -> None:
        try:
            if self._pen is None:
                self._pen = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(self._pen, data)
        except OSError:
            return

    def plug(self) -> None:
        if not self.path.exists():
            os.mkfifo(self.path)

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        if self._pen is not None:
            os.close(self._pen)
            self._pen = None


MAKES: dict[str, Callable[[Path], Bench]] = {
    "CR": lambda folder: LinesBench(folder, b"\r"),
    "LF": lambda folder: LinesBench(folder, b"\n"),
    "CR LF": lambda folder: LinesBench(folder, b"\r\n"),
    "silence": lambda folder: LinesBench(folder, b""),
    "gm65": lambda folder: ModuleBench(folder, "gm65"),
    "gm65-command": lambda folder: ModuleBench(folder, "gm65-command"),
    "gm65-induction": lambda folder: ModuleBench(folder, "gm65-induction"),
    "keys": WedgeBench,
}


@pytest.fixture(params=list(MAKES))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = MAKES[request.param](tmp_path)
    yield made
    made.unplug()


@pytest.fixture
def inbox() -> Collected:
    return Collected()


@pytest.fixture
def driver(bench: Bench, inbox: Collected) -> Iterator[Device]:
    driver = bench.driver()
    driver.start(inbox.put)
    reads(bench, inbox)
    yield driver
    driver.stop()


def reads(bench: Bench, inbox: Collected) -> None:
    """Until it is known to read; what it was shown before that is nobody's."""
    until(lambda: Scanned(LANE, READY) in inbox.events, lambda: bench.present(READY))
    show(bench, inbox, b"READY TOO")
    inbox.events.clear()


def show(bench: Bench, inbox: Collected, code: bytes) -> None:
    """As a visitor does: until the gate has it."""
    until(lambda: Scanned(LANE, code) in inbox.events, lambda: bench.present(code))


def codes(inbox: Collected) -> list[bytes]:
    """What came, each once."""
    scans = [event.code for event in inbox.events if isinstance(event, Scanned)]
    return list(dict.fromkeys(scans))


def test_codes_come_in_order_and_as_they_are(
    bench: Bench, driver: Device, inbox: Collected
) -> None:
    for ticket in TICKETS:
        show(bench, inbox, ticket)
    assert codes(inbox) == TICKETS
    assert {type(event) for event in inbox.events} == {Scanned}


def test_unplugged_it_is_a_fault_and_comes_back_by_itself(
    bench: Bench, driver: Device, inbox: Collected
) -> None:
    bench.unplug()
    inbox.wait(lambda events: any(isinstance(event, Faulted) for event in events))
    bench.plug()
    inbox.wait(lambda events: Recovered(f"scanner {LANE}") in events)
    show(bench, inbox, TICKETS[0])
    assert codes(inbox) == [TICKETS[0]]


def test_half_a_code_is_no_code(bench: Bench, driver: Device, inbox: Collected) -> None:
    half = TICKETS[0][:20]
    if isinstance(bench, LinesBench) and bench._terminator == b"":
        pytest.skip("where silence ends a code, a half one cannot be told from a whole one")
    bench.send(typed(half) if isinstance(bench, WedgeBench) else half)
    bench.unplug()
    inbox.wait(lambda events: any(isinstance(event, Faulted) for event in events))
    bench.plug()
    inbox.wait(lambda events: Recovered(f"scanner {LANE}") in events)
    show(bench, inbox, TICKETS[1])
    assert codes(inbox) == [TICKETS[1]]


def test_a_device_that_is_not_there_is_a_fault_and_no_error(bench: Bench, inbox: Collected) -> None:
    bench.unplug()
    driver = bench.driver()
    driver.start(inbox.put)
    (fault,) = inbox.wait(bool)
    driver.stop()
    assert isinstance(fault, Faulted)
    assert fault.device == f"scanner {LANE}"
    assert "no such file or directory: is the scanner plugged in?" in fault.text


def test_stopped_it_says_nothing_and_can_be_stopped_again(
    bench: Bench, driver: Device, inbox: Collected
) -> None:
    driver.stop()
    driver.stop()
    bench.present(TICKETS[0])
    assert inbox.events == []
