"""SerialScanner over a real pseudo-terminal."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from serial import Serial, SerialException

from gate_agent.config.settings import ScannerSettings
from gate_agent.drivers.scanners.flow import Flow
from gate_agent.drivers.scanners.serial_scanner import SerialScanner
from gate_agent.events import Faulted, Recovered, Scanned
from hardware_sim.devices.scanner import SimScanner
from tests.gate_agent.drivers.collected import Collected, until

READY = b"READY"
HALF = b"half a co"


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "scanner"


@pytest.fixture
def inbox() -> Collected:
    return Collected()


@pytest.fixture
def driver(port: Path, inbox: Collected) -> Iterator[SerialScanner]:
    driver = SerialScanner(1, ScannerSettings(str(port)), Flow(1e6, 1e6))
    yield driver
    driver.stop()
    driver.stop()


def _begin(driver: SerialScanner, scanner: SimScanner, inbox: Collected) -> None:
    """Started and known to read: what was sent before a port is opened is thrown away."""
    driver.start(inbox.put)
    _until_read(scanner, inbox)


def _until_read(scanner: SimScanner, inbox: Collected) -> None:
    until(lambda: Scanned(1, READY) in inbox.events, lambda: scanner.present(READY))
    # None of the repeated ones may come later than this.
    scanner.present(READY + b"!")
    inbox.wait(lambda events: Scanned(1, READY + b"!") in events)
    assert not any(isinstance(e, Scanned) and e.code.startswith(HALF) for e in inbox.events)
    inbox.events.clear()


@pytest.mark.parametrize("terminator", [b"\r", b"\n", b"\r\n", b""])
def test_codes_come_as_they_are(
    driver: SerialScanner, port: Path, inbox: Collected, terminator: bytes
) -> None:
    with SimScanner(port, terminator=b"\r") as scanner:
        _begin(driver, scanner, inbox)
        scanner._terminator = terminator
        codes = [b"SG1:ABC", b"\x00\x1b[2J\xff\x7f\x80", bytes(range(14, 256))]
        for number, code in enumerate(codes, start=1):
            scanner.present(code)
            inbox.wait_count(number)
        assert inbox.events == [Scanned(1, code) for code in codes]


def test_a_split_code_is_one_code(driver: SerialScanner, port: Path, inbox: Collected) -> None:
    with SimScanner(port) as scanner:
        _begin(driver, scanner, inbox)
        scanner.present_split(b"SG1:" + b"A" * 150, 77, 0.3)
        inbox.wait_for(Scanned(1, b"SG1:" + b"A" * 150))


def test_a_garbled_code_is_the_garbled_code(
    driver: SerialScanner, port: Path, inbox: Collected
) -> None:
    with SimScanner(port) as scanner:
        _begin(driver, scanner, inbox)
        sent = scanner.present_garbled(b"SG1:" + b"A" * 150, random.Random(3))
        inbox.wait_for(Scanned(1, sent))


def test_an_endless_line_is_dropped_and_counted(
    driver: SerialScanner, port: Path, inbox: Collected
) -> None:
    with SimScanner(port) as scanner:
        _begin(driver, scanner, inbox)
        scanner.present(b"x" * 2000)
        scanner.present(b"good")
        inbox.wait_for(Scanned(1, b"good"))
        assert driver.dropped == 1


def test_a_slow_line(driver: SerialScanner, port: Path, inbox: Collected) -> None:
    with SimScanner(port, baud=9600) as scanner:
        _begin(driver, scanner, inbox)
        scanner.present(b"SG1:" + b"B" * 186)
        inbox.wait_for(Scanned(1, b"SG1:" + b"B" * 186))


def test_ten_thousand_random_codes(driver: SerialScanner, port: Path, inbox: Collected) -> None:
    rng = random.Random(5)
    codes = [
        bytes(rng.choice(b"0123456789ABCDEF:$") for _ in range(rng.randrange(1, 30)))
        for _ in range(10_000)
    ]
    with SimScanner(port, baud=10_000_000) as scanner:
        _begin(driver, scanner, inbox)
        for at in range(0, len(codes), 50):
            scanner.send(b"\r".join(codes[at : at + 50]) + b"\r")
            inbox.wait_count(at + 50)
    assert [event for event in inbox.events if isinstance(event, Scanned)] == [
        Scanned(1, code) for code in codes
    ]


def test_a_scanner_that_is_not_there_then_comes_goes_and_comes_again(
    driver: SerialScanner, port: Path, inbox: Collected
) -> None:
    driver.start(inbox.put)
    (fault,) = inbox.wait(bool)
    assert isinstance(fault, Faulted)
    assert fault.device == "scanner 1"
    assert fault.text.startswith(f"cannot read {port}: no such file")
    with SimScanner(port) as scanner:
        inbox.wait(lambda events: Recovered("scanner 1") in events)
        _until_read(scanner, inbox)
        scanner.send(HALF)
        until(lambda: driver.lines.gap_s is not None)
        scanner.unplug()
        inbox.wait(lambda events: bool(events) and isinstance(events[-1], Faulted))
        scanner.plug()
        inbox.wait(lambda events: events[-1] == Recovered("scanner 1"))
        kinds = [type(event) for event in inbox.events]
        assert kinds[0] is Faulted  # and one more if its port was looked for meanwhile
        assert kinds[1:] in ([Recovered], [Faulted, Recovered])
        _until_read(scanner, inbox)


def test_nobody_else_can_read_the_port(driver: SerialScanner, port: Path, inbox: Collected) -> None:
    with SimScanner(port) as scanner:
        _begin(driver, scanner, inbox)
        with pytest.raises(SerialException):
            Serial(str(port), exclusive=True)


def test_a_file_is_no_scanner(driver: SerialScanner, port: Path, inbox: Collected) -> None:
    port.write_bytes(b"SG1:FILE\r")
    driver.start(inbox.put)
    (fault,) = inbox.wait(bool)
    assert isinstance(fault, Faulted)


def test_stop_while_it_waits_for_the_scanner(driver: SerialScanner, inbox: Collected) -> None:
    driver.start(inbox.put)
    inbox.wait(bool)
    driver.stop()
    assert [type(event) for event in inbox.events] == [Faulted]


def test_noise_is_a_fault_and_ends_with_it(port: Path, inbox: Collected) -> None:
    """A line that picks up noise would fill the disk with refusals."""
    driver = SerialScanner(1, ScannerSettings(str(port)), Flow(burst=3, per_s=10))
    with SimScanner(port) as scanner:
        driver.start(inbox.put)
        until(lambda: driver._port is not None)
        noise = bytes(random.Random(7).choices(b"abc\r", k=4000))
        until(
            lambda: any(isinstance(event, Faulted) for event in inbox.events),
            lambda: scanner.send(noise),
        )
        inbox.wait(lambda events: events[-1] == Recovered("scanner 1"))
        assert sum(isinstance(event, Scanned) for event in inbox.events) < 20
        scanner.present(b"good")
        inbox.wait(lambda events: events[-1] == Scanned(1, b"good"))
    driver.stop()
    (fault,) = [event for event in inbox.events if isinstance(event, Faulted)][:1]
    assert fault.text.startswith("noise instead of codes")


def test_noise_on_one_line_leaves_the_others_alone(
    driver: SerialScanner, port: Path, inbox: Collected, tmp_path: Path
) -> None:
    other = SerialScanner(2, ScannerSettings(str(tmp_path / "other")))
    rng = random.Random(9)
    with SimScanner(port) as scanner, SimScanner(tmp_path / "other", baud=10_000_000) as noisy:
        _begin(driver, scanner, inbox)
        other.start(inbox.put)
        for number in range(20):
            code = b"SG1:%d" % number
            noisy.send(rng.randbytes(5000))
            scanner.present(code)
            inbox.wait(lambda events: Scanned(1, code) in events)  # noqa: B023
        other.stop()
    mine = [event for event in inbox.events if isinstance(event, Scanned) and event.lane == 1]
    assert mine == [Scanned(1, b"SG1:%d" % number) for number in range(20)]
