"""What strangers can do to a gate: flood it over a real broker, and keep its readers of bytes busy.

The gate is a real process with a scanner on a pty and an arm that turns; who floods it has the
centre's certificate, so the broker lets it write, and no key that signs.
"""

import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate_agent.__main__ import daemon_command
from gate_agent.validator.messages.envelopes import Ack, topic_of
from gate_agent.validator.passage import PassageKind
from hardware_sim.broker import find_mosquitto
from hardware_sim.devices.scanner import SimScanner
from tests.bench.children import flood, turning_gate
from tests.bench.figures import Absent, Figure, measure
from tests.process.live_park import LONGEST_S, PARK, Gate, LivePark
from tests.readers import timing
from tests.readers.registry import READERS

NAME = "north-1"
SCANS = 100
EVERY_S = 0.25
"""A reader's driver lets 5 codes a second through."""

LOOK_S = 0.001
ARM = """
[lane.arm]
wires = ["relay 17", "passage 27"]
pulse_ms = 200
release_ms = 3000
"""


@measure("lane_flood_p99_ratio", "device_events_lost")
def flooded_lane() -> dict[str, Figure]:
    """From the code's last byte on the wire to its record on disk, which the screen follows."""
    if find_mosquitto() is None:
        raise Absent("mosquitto is not installed")
    with LivePark(NAME) as park:
        gate = park.gates[NAME]
        gate.write_config(arm=ARM)
        words, _ = daemon_command(gate.config)
        with SimScanner(gate.scanner) as scanner:
            gate.start([*words[: words.index("-m")], turning_gate.__file__])
            gate.wait(gate.settled)
            park.server.end()  # the broker knows one client of its name
            (gate.folder / "turning").touch()
            quiet_ms = _answers_ms(gate, scanner, "quiet")
            with _flood(park):
                flooded_ms = _answers_ms(gate, scanner, "flood")
                refused = _refused(gate)
            (gate.folder / "turning").unlink()
            lost, sent = _lost(gate)
            gate.end()
    quiet, flooded = _p99(quiet_ms), _p99(flooded_ms)
    note = (
        f"p99 {flooded:.1f} over {quiet:.1f} ms, medians {statistics.median(flooded_ms):.1f} over "
        f"{statistics.median(quiet_ms):.1f}; {flood.A_SECOND} messages a second, {refused} refused"
    )
    return {
        "lane_flood_p99_ratio": Figure(round(flooded / quiet, 2), "ratio", 1.0, note, "<= 2"),
        "device_events_lost": Figure(lost, "events", 0, f"of {sent} codes and turns", "0"),
    }


def _answers_ms(gate: Gate, scanner: SimScanner, what: str) -> list[float]:
    """Scan codes of another shop; return how long after each its record was there."""
    times = []
    for number in range(SCANS):
        after, start = gate.records()[-1].seq, time.perf_counter()
        scanner.present(b"https://example.com/%s/%d" % (what.encode(), number))
        while not any(row.kind is PassageKind.DENIED for row in gate.records(after)):
            assert time.perf_counter() < start + LONGEST_S, gate.status()
            time.sleep(LOOK_S)
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(max(0.0, start + EVERY_S - time.perf_counter()))
    return times


def _p99(times_ms: list[float]) -> float:
    return statistics.quantiles(times_ms, n=100, method="inclusive")[98]


@contextmanager
def _flood(park: LivePark) -> Iterator[None]:
    """While it lasts, somebody with the centre's certificate writes to the gate."""
    broker = park.centre.config.broker
    topic = topic_of(PARK, NAME, Ack)
    files = (str(broker.ca), str(broker.certificate), str(broker.key))
    command = [sys.executable, flood.__file__, str(park.broker.port), *files, topic]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            yield
        finally:
            process.kill()


def _refused(gate: Gate) -> int:
    return int(gate.status()["counters"].get("message refused", 0))


def _lost(gate: Gate) -> tuple[int, int]:
    """Return how many codes and turns are on no record, and how many there were."""
    turned = Path(gate.folder / "turns").stat().st_size
    sent = 2 * SCANS + turned
    lost, end = sent, time.monotonic() + LONGEST_S
    while lost > 0 and time.monotonic() < end:
        kinds = Counter(row.kind for row in gate.records())
        lost = sent - kinds[PassageKind.DENIED] - kinds[PassageKind.FORCED]
        time.sleep(0.1)
    return max(0, lost), sent


@measure("reader_worst_ms")
def slowest_reader() -> dict[str, Figure]:
    """Over every reader of bytes in tests/readers and every kind of hostile bytes; lists and tables
    beside them, which the list key has signed or an operator gives."""
    floor_ms = timing.floor_ms()
    worst = {reader: timing.slowest(reader) for reader in READERS}
    of_strangers = [reader for reader in READERS if not reader.trusted]
    of_trusted = [reader for reader in READERS if reader.trusted]
    slow = max(of_strangers, key=lambda reader: worst[reader].spent_ms)
    trusted = max(of_trusted, key=lambda reader: worst[reader].spent_ms)
    note = (
        f"{timing.MOST_BYTES} bytes: {slow.name} with {worst[slow].kind}; of {len(READERS)} "
        f"readers; trusted bytes {worst[trusted].spent_ms:.1f}: {trusted.name}; floor: a pass"
    )
    figure = Figure(round(worst[slow].spent_ms, 1), "ms", round(floor_ms, 2), note, "<= 20")
    return {"reader_worst_ms": figure}
