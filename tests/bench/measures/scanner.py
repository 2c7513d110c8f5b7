"""Scanners: nothing lost between codes and answers, and how soon a cable is noticed."""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gate_agent.config.settings import ScannerSettings
from gate_agent.drivers.scanners.demux import Demux
from gate_agent.drivers.scanners.gm65_scanner import Gm65Scanner
from gate_agent.drivers.scanners.serial_scanner import SerialScanner
from gate_agent.events import Event, Faulted, Scanned
from hardware_sim.devices.gm65 import Module
from hardware_sim.devices.mixed_line import mixed
from hardware_sim.devices.scanner import SimScanner
from tests.bench.figures import Figure, measure

ITEMS = 10_000
SEEDS = 5
ROUNDS = 5
CODE = b"SG1:" + b"A" * 130
LOOK_S = 0.002
LONGEST_S = 30.0


@measure("demux_lost")
def demux() -> dict[str, Figure]:
    """Codes and answers that did not come, came changed or were invented, of ITEMS."""
    worst, us = 0, []
    for seed in range(SEEDS):
        line = mixed(random.Random(seed), ITEMS)
        ear = Demux()
        ear.tailed = True
        start = time.process_time_ns()
        got = line.through(ear, random.Random(seed))
        us.append((time.process_time_ns() - start) / ITEMS / 1000)
        wrong = sum(one != other for one, other in zip(got, line.wanted, strict=False))
        worst = max(worst, wrong + abs(len(got) - len(line.wanted)))
    note = (
        f"of {ITEMS} mixed codes and answers in chunks of 1 to 64 bytes, worst of {SEEDS} seeds; "
        f"{statistics.median(us):.0f} µs CPU each, with the random chunks"
    )
    return {"demux_lost": Figure(worst, "items", 0, note, "= 0")}


class _Inbox:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def until(self, kind: type[Event], meanwhile: Callable[[], object] | None = None) -> float:
        """Seconds until an event of this kind comes that was not there before."""
        self.events.clear()
        start = time.monotonic()
        while not any(isinstance(event, kind) for event in self.events):
            assert time.monotonic() < start + LONGEST_S, kind
            if meanwhile is not None:
                meanwhile()
            time.sleep(LOOK_S)
        return time.monotonic() - start


@measure("scanner_unplug_s", "scanner_back_s")
def cable() -> dict[str, Figure]:
    """A USB cable pulled, and a module on a UART that only falls silent."""
    pulled: list[float] = []
    silent: list[float] = []
    back: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "scanner"
        for kind, make in (("lines", SimScanner), ("gm65", Module)):
            settings = ScannerSettings(f"{kind}@{port}")
            driver = SerialScanner(1, settings) if kind == "lines" else Gm65Scanner(1, settings)
            inbox = _Inbox()
            with make(port) as scanner:
                driver.start(inbox.events.append)
                show = _shower(scanner)
                inbox.until(Scanned, show)
                for _ in range(ROUNDS):
                    started = time.monotonic()
                    scanner.unplug()
                    inbox.until(Faulted)
                    pulled.append(time.monotonic() - started)
                    scanner.plug()
                    back.append(inbox.until(Scanned, show))
                    if isinstance(scanner, Module):
                        scanner.mute = True
                        silent.append(inbox.until(Faulted))
                        scanner.mute = False
                        back.append(inbox.until(Scanned, show))
            driver.stop()
    unplug = Figure(
        round(max(*pulled, *silent), 2),
        "s",
        None,
        f"worst; a pulled cable {max(pulled):.2f}, a module on a UART that falls silent "
        f"{max(silent):.2f}, of {ROUNDS} each",
        "<= 2",
    )
    note = f"until a code is read again, worst of {len(back)}; median {statistics.median(back):.2f}"
    return {
        "scanner_unplug_s": unplug,
        "scanner_back_s": Figure(round(max(back), 2), "s", None, note, "<= 3"),
    }


def _shower(scanner: SimScanner) -> Callable[[], None]:
    """A visitor who holds a code out: it is read again every 0.3 s."""
    last = [0.0]

    def show() -> None:
        if time.monotonic() - last[0] > 0.3:
            last[0] = time.monotonic()
            scanner.present(CODE)

    return show
