"""A real gate process: how much memory it takes, and how much work it is to start it.

The processes are those of the field: `gate-agent run` under a systemd that listens, a broker with
TLS, a centre that has sent a list of 40,000 tickets and takes the records of a day. Pins are in
memory.
"""

import compileall
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2

from gate_agent.__main__ import daemon_command
from gate_agent.journal.journal import JOURNAL_FILE, Journal
from gate_agent.validator.messages.envelopes import MAX_BATCH_RECORDS
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from hardware_sim.devices.phone import Look, easy_look, empty_scene, picture
from hardware_sim.devices.scanner import SimScanner
from tests.bench.children import camera_gate
from tests.bench.figures import Figure, measure
from tests.process import kernel
from tests.process.live_park import LONGEST_S, Gate, LivePark

TICKETS = 40_000
VISITORS = 10_000
ROUNDS = 4
STARTS = 5
LOOK_S = 0.005
SERIAL = (
    "cryptography.hazmat.primitives.asymmetric.ed25519", "cbor2", "sqlite3", "ssl",
    "paho.mqtt.client", "gpiozero", "gpiozero.pins.mock", "zoneinfo", "tomllib",
)  # fmt: skip
CAMERA = (*SERIAL, "numpy", "cv2", "zxingcpp")
MEMORY = ("VmRSS", "VmHWM", "RssAnon", "RssFile")
PRESENT = Callable[[bytes], None]


def _floor(modules: Sequence[str]) -> dict[str, float]:
    """What an interpreter takes that has only imported `modules`, started and looked at as a gate
    is: MiB by the kernel's name."""
    words, environment = daemon_command(Path())
    script = f"import sys, {', '.join(modules)}\nprint(flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [*words[: words.index("-m")], "-c", script],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "the interpreter could not import them"
        taken = {name: kernel.memory_mib(process.pid, name) for name in MEMORY}
        process.communicate()
    return taken


def _visits(park: LivePark, gate: Gate, present: PRESENT) -> None:
    """Each round: a void ticket, a forged one, an alien code, and a ticket that nobody uses up."""
    for number in range(ROUNDS):
        good = park.printed(number)
        forged = good[:-20] + bytes(reversed(good[-20:]))
        alien = b"https://example.com/%d" % number
        for code in (park.printed(-1 - number), forged, alien, good):
            _recorded(gate, partial(present, code))
        _recorded(gate, partial(present, b""))
    today = Counter(record.kind for record in gate.records(2 * VISITORS))
    del today[PassageKind.BOOT]
    assert today == {
        PassageKind.DENIED: 3 * ROUNDS,
        PassageKind.GRANTED: ROUNDS,
        PassageKind.NOT_TAKEN: ROUNDS,
    }
    gate.wait(gate.settled)


def journal_of_a_day(
    park: LivePark, gate: Gate, visitors: int = VISITORS, first: int = ROUNDS
) -> None:
    """Leaves a journal behind as after a day of so many, with tickets from `first` on: SQLite keeps
    what it has read of it."""
    gate.data.mkdir()
    zone = park.centre.calendar.zone
    journal = Journal.open(gate.data / JOURNAL_FILE, zone, secrets.token_bytes)
    now_ms = time.time_ns() // 1_000_000
    rows: list[Passage] = []
    for at in range(visitors):
        seq, ticket = 2 * at + 1, park.tickets[first + at]
        mono_ms = 1000 + 2500 * at
        granted = Passage(
            seq=seq,
            kind=PassageKind.GRANTED,
            lane=1,
            direction=Direction.IN,
            wall_ms=now_ms,
            mono_ms=mono_ms,
            boot=7,
            clock=ClockState.TRUSTED,
            persons=1,
            ticket=ticket.id,
            product=1,
            list_version=1,
        )
        rows += granted, granted._replace(seq=seq + 1, kind=PassageKind.TAKEN, grant=seq)
        if len(rows) == MAX_BATCH_RECORDS:
            journal.commit(rows)
            rows.clear()
    journal.close()


def _recorded(gate: Gate, act: Callable[[], None]) -> None:
    before = gate.records(2 * VISITORS)[-1].seq
    act()
    gate.wait(lambda: bool(gate.records(before)))


def _rss(gate: Gate, modules: Sequence[str], target: str, how: str) -> Figure:
    """The gate's memory, and beside it the floor while the gate still runs: the files' share of
    both follows what the machine happens to have in its cache."""
    taken, floor = {name: gate.memory_mib(name) for name in MEMORY}, _floor(modules)
    count = gate.records(2 * VISITORS)[-1].seq
    note = (
        f"peak {taken['VmHWM']:.1f}; its own {taken['RssAnon']:.1f}, pages of files "
        f"{taken['RssFile']:.1f}; {count} records, {how}; floor: the interpreter with its "
        f"libraries imported, its own {floor['RssAnon']:.1f}, pages of files {floor['RssFile']:.1f}"
    )
    return Figure(round(taken["VmRSS"], 1), "MiB", round(floor["VmRSS"], 1), note, target)


def _await_status(gate: Gate) -> None:
    end = time.monotonic() + LONGEST_S
    while not gate.status():
        assert time.monotonic() < end, gate.log.read_text("utf-8", "replace")
        time.sleep(LOOK_S)


@measure("gate_rss_serial_mib", "gate_ready_cpu_s")
def serial_gate() -> dict[str, Figure]:
    """A gate with a scanner."""
    return _alone("serial")


@measure("gate_rss_camera_mib")
def camera_gate_process() -> dict[str, Figure]:
    """A gate with a camera."""
    return _alone("camera")


def _alone(kind: str) -> dict[str, Figure]:
    """From a process of its own with a bare environment: whatever was measured before has left
    nothing behind in either."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    command = [sys.executable, "-m", __name__, kind]
    ran = subprocess.run(command, env=kept, stdout=subprocess.PIPE, check=True)
    return {name: Figure(**row) for name, row in json.loads(ran.stdout).items()}


def _measured(kind: str) -> dict[str, Figure]:
    """An editable installation has no compiled modules; one on a board has."""
    root = Path(__file__).parents[3]
    for folder in (root / "gate_agent", root / "tests" / "bench"):
        compileall.compile_dir(folder, quiet=1)
    with LivePark(kind, tickets=TICKETS) as park:
        gate = park.gates[kind]
        journal_of_a_day(park, gate)
        return _serial(park, gate) if kind == "serial" else _camera(park, gate)


def _serial(park: LivePark, gate: Gate) -> dict[str, Figure]:
    ready_s: list[float] = []
    with SimScanner(gate.scanner) as scanner:
        for at in range(STARTS):
            gate.start()
            _await_status(gate)
            ready_s.append(gate.cpu_s())
            if at < STARTS - 1:
                gate.end()
        gate.wait(gate.settled)
        _visits(park, gate, lambda code: scanner.present(code) if code else None)
        rss = _rss(gate, (*SERIAL, "serial"), "<= 40", "scanned through a pty")
        gate.end()
    bare_s = _start_cpu_s()
    ready = Figure(
        statistics.median(ready_s),
        "s CPU",
        round(bare_s, 3),
        f"until status.json is there, median of {STARTS} starts, worst {max(ready_s):.2f}; "
        "floor: the interpreter with its libraries imported",
        "<= 0.5",
    )
    return {"gate_rss_serial_mib": rss, "gate_ready_cpu_s": ready}


def _start_cpu_s() -> float:
    script = f"import time, serial, {', '.join(SERIAL)}\nprint(time.process_time())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return float(done.stdout)


def _camera(park: LivePark, gate: Gate) -> dict[str, Figure]:
    rng = random.Random(1)
    gate.write_config("camera")

    def present(code: bytes) -> None:
        frame = picture(code, easy_look(rng), rng) if code else empty_scene(Look(), rng)
        fresh = gate.camera.with_suffix(".new")
        cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_YUYV).tofile(fresh)
        fresh.replace(gate.camera)

    present(b"")
    words, _ = daemon_command(gate.config)
    gate.start([*words[: words.index("-m")], camera_gate.__file__])
    gate.wait(gate.settled)
    _visits(park, gate, present)
    how = "decoded from YUYV frames of 640 × 480 that come from a file instead of a V4L2 camera"
    rss = _rss(gate, CAMERA, "<= 80", how)
    gate.end()
    return {"gate_rss_camera_mib": rss}


if __name__ == "__main__":
    figures = _measured(sys.argv[1])
    print(json.dumps({name: figure.to_json() for name, figure in figures.items()}))
