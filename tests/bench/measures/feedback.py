"""From a scanner's bytes to what the visitor is shown, on the page and on a small display.

The gate is a process with a broker and a centre behind it; the scanner is a pseudo-terminal at
115200 baud; the page's other end is a client of its stream, as the browser's script is one.
"""

import json
import socket
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from luma.core.device import dummy

from gate_agent.drivers.displays.panel import chinese_font, draw
from gate_agent.effects import Show, Sign
from gate_agent.validator.reasons import Reason
from hardware_sim.devices.scanner import SimScanner
from tests.bench.figures import Figure, measure
from tests.process.live_park import LivePark

SCANS = 40
PACE_S = 0.3  # faster, for so long, is noise to a scanner's driver, and not people
PATIENCE_S = 20.0


@measure("refusal_shown_ms")
def refusal_shown() -> dict[str, Figure]:
    """The worst of all counts: every visitor waits for his own answer."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with LivePark("page", tickets=SCANS, void=SCANS // 2) as park:
        gate = park.gates["page"]
        gate.write_config(arm="", extra=f"\n[page]\nport = {port}\n")
        with SimScanner(gate.scanner) as scanner:
            gate.start()
            gate.wait(gate.settled)
            times = _times(gate.data / "page.url", port, scanner, park)
            rss = gate.memory_mib("VmRSS")
        gate.end()
    drawn = _drawn_ms()
    note = (
        f"worst of {len(times)} to the page's stream, median {statistics.median(times):.1f}; "
        f"drawing on a 128 x 64 display takes {drawn:.0f} ms more; this gate: {rss:.1f} MiB"
    )
    return {"refusal_shown_ms": Figure(round(max(times), 1), "ms", None, note, "<= 300")}


def _times(link: Path, port: int, scanner: SimScanner, park: LivePark) -> list[float]:
    token = link.read_text().strip().partition("#")[2]
    times = []
    with ExitStack() as stack:
        stream = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
        lines = stack.enter_context(stream.makefile("rb"))
        head = f"GET /state HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        stream.sendall(head.encode() + b"\r\n")
        while lines.readline().strip():
            pass
        before = json.loads(lines.readline())["lanes"]["1"]["show"]
        for number in range(SCANS):
            void = park.printed(-1 - number // 2)
            code = void if number % 2 else b"https://example.com/%d" % number
            start = time.perf_counter()
            scanner.present(code)
            lane = {"show": before, "sign": "ready"}
            while lane["show"] == before or lane["sign"] != "refused":
                assert time.perf_counter() - start < PATIENCE_S, "the refusal was not shown"
                lane = json.loads(lines.readline())["lanes"]["1"]
            times.append((time.perf_counter() - start) * 1000)
            before = lane["show"]
            time.sleep(PACE_S)
    return times


def _drawn_ms() -> float:
    device, times = dummy(width=128, height=64, mode="1"), []
    for reason in Reason:
        start = time.perf_counter()
        device.display(draw(Show(Sign.REFUSED, reason=reason), (128, 64), "1", chinese_font()))
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)
