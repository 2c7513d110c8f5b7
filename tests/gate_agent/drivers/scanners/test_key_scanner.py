"""KeyScanner over a named pipe, and over the kernel's own virtual keyboard where it has one."""

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gate_agent.config.settings import ScannerSettings
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.key_scanner import KeyScanner
from gate_agent.events import Faulted, Recovered, Scanned
from hardware_sim.devices.wedge import ENTER, press, typed
from tests.gate_agent.drivers.collected import Collected, until

Make = Callable[..., KeyScanner]


@pytest.fixture
def device(tmp_path: Path) -> Path:
    path = tmp_path / "usb-Scanner-event-kbd"
    os.mkfifo(path)
    return path


@pytest.fixture
def inbox() -> Collected:
    return Collected()


@pytest.fixture
def make(device: Path, inbox: Collected) -> Iterator[Make]:
    made: list[KeyScanner] = []

    def make(
        take: Callable[[int], object] = lambda _: None, flow: Flow | None = None
    ) -> KeyScanner:
        made.append(KeyScanner(1, ScannerSettings(f"keys@{device}"), flow, take))
        made[-1].start(inbox.put)
        return made[-1]

    yield make
    for driver in made:
        driver.stop()
        driver.stop()


def plugged(device: Path) -> int:
    """The writing end, once the driver has the other."""
    found: list[int] = []

    def opened() -> bool:
        try:
            found.append(os.open(device, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    until(opened)
    return found[0]


def test_codes_are_read(make: Make, device: Path, inbox: Collected) -> None:
    make()
    wedge = plugged(device)
    os.write(wedge, typed(b"SG1:AB$ c") + ENTER + typed(b"two") + ENTER)
    inbox.wait(lambda events: len([e for e in events if isinstance(e, Scanned)]) == 2)
    os.close(wedge)
    scans = [event for event in inbox.events if isinstance(event, Scanned)]
    assert scans == [Scanned(1, b"SG1:AB$ c"), Scanned(1, b"two")]


def test_unplugged_it_comes_back(make: Make, device: Path, inbox: Collected) -> None:
    driver = make()
    wedge = plugged(device)
    os.write(wedge, typed(b"half"))
    until(lambda: bool(driver._keys._line))
    os.close(wedge)
    inbox.wait(lambda events: any(isinstance(event, Faulted) for event in events))
    wedge = plugged(device)
    os.write(wedge, typed(b"whole") + ENTER)
    inbox.wait(lambda events: Scanned(1, b"whole") in events)
    os.close(wedge)
    assert Recovered("scanner 1") in inbox.events


def test_a_device_that_is_not_there(make: Make, device: Path, inbox: Collected) -> None:
    device.unlink()
    make()
    (fault,) = inbox.wait(bool)
    assert isinstance(fault, Faulted)
    assert (
        fault.text == f"cannot read {device}: no such file or directory: is the scanner plugged in?"
    )


def test_what_cannot_be_taken_alone_is_not_read(device: Path, inbox: Collected) -> None:
    """A pipe is no input device: the kernel's own answer to the real request."""
    driver = KeyScanner(1, ScannerSettings(f"keys@{device}"))
    driver.start(inbox.put)
    (fault,) = inbox.wait(bool)
    driver.stop()
    assert isinstance(fault, Faulted)
    assert "inappropriate ioctl" in fault.text


def test_a_stuck_key_is_a_fault(make: Make, device: Path, inbox: Collected) -> None:
    make(flow=Flow(burst=3, per_s=0.01))
    wedge = plugged(device)
    os.write(wedge, (press(30) + ENTER) * 10)
    inbox.wait(lambda events: any(isinstance(e, Faulted) and "stuck" in e.text for e in events))
    os.close(wedge)
    assert inbox.events.count(Scanned(1, b"a")) == 3


def none(_: int) -> None:
    """What `until` does meanwhile has no result."""


UINPUT = Path("/dev/uinput")


@pytest.mark.skipif(not os.access(UINPUT, os.W_OK), reason="this machine has no uinput")
def test_a_keyboard_of_the_kernel(inbox: Collected) -> None:
    """Source: the kernel's uinput.h."""
    before = set(Path("/dev/input").glob("event*"))
    pen = os.open(UINPUT, os.O_WRONLY)
    try:
        fcntl.ioctl(pen, 0x40045564, 1)  # UI_SET_EVBIT: keys
        for code in range(1, 128):
            fcntl.ioctl(pen, 0x40045565, code)  # UI_SET_KEYBIT
        fcntl.ioctl(pen, 0x405C5503, struct.pack("HHHH80sI", 3, 1, 1, 1, b"scenic gate test", 0))
        fcntl.ioctl(pen, 0x5501)  # UI_DEV_CREATE
        until(lambda: len(set(Path("/dev/input").glob("event*")) - before) == 1)
        (path,) = set(Path("/dev/input").glob("event*")) - before
        driver = KeyScanner(1, ScannerSettings(f"keys@{path}"))
        driver.start(inbox.put)
        until(
            lambda: Scanned(1, b"SG1:AB") in inbox.events,
            lambda: none(os.write(pen, typed(b"SG1:AB") + ENTER)),
        )
        driver.stop()
    finally:
        os.close(pen)
