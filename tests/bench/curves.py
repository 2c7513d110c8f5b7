"""`./run bench curves`: from a scan to the relay, and from a journal to the centre, beside what
somebody would write without us; to docs/bench/curves.json, which `./run docs` draws.

What it stands beside is a short script of good practice: a ticket as JSON with an Ed25519 signature
and SQLite as it comes; a JSON message a record with QoS 1, as paho sends it, which says that the
broker has it, not that it is kept anywhere.
"""

import base64
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from fleet_manager.database import tables
from gate_agent.events import Scanned, Turned
from hardware_sim.network import CuttableProxy
from tests.bench import samples
from tests.bench.history import machine
from tests.bench.measures.gate import Arm, Floor, agent_with
from tests.bench.measures.process import journal_of_a_day
from tests.process.live_park import LONGEST_S, Gate, LivePark

OUT = Path("docs/bench/curves.json")
SCANS = 2000
SHARES = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)
ROUND_TRIPS_MS = (0, 20, 50, 100, 200)
VISITORS = 5000
PLAIN_RECORDS = 1000
LOOK_S = 0.002


def percentiles(times: list[float]) -> list[float]:
    """Of each share in SHARES, in the unit of `times`."""
    cuts = statistics.quantiles(times, n=1000, method="inclusive")
    return [round(cuts[round(share * 10) - 1], 4) for share in SHARES]


class PlainScript:
    """What checks a ticket and keeps the passage where nobody has thought of power cuts."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("CREATE TABLE used (serial INTEGER PRIMARY KEY, at REAL)")
        self._public = samples.PRIVATE.public_key().public_bytes_raw()

    def code(self, serial: int) -> bytes:
        """A ticket."""
        ticket = {"serial": serial, "product": 7, "from": "2026-11-22", "until": "2036-11-23"}
        text = json.dumps(ticket).encode()
        return base64.b64encode(samples.PRIVATE.sign(text) + text)

    def let_in(self, code: bytes) -> bool:
        """Whether it may enter; then it is used."""
        raw = base64.b64decode(code)
        Ed25519PublicKey.from_public_bytes(self._public).verify(raw[:64], raw[64:])
        ticket = json.loads(raw[64:])
        today = datetime.now(UTC).date().isoformat()
        row = self._db.execute("SELECT at FROM used WHERE serial = ?", (ticket["serial"],))
        if row.fetchone() is not None or not ticket["from"] <= today < ticket["until"]:
            return False
        self._db.execute("INSERT INTO used VALUES (?, ?)", (ticket["serial"], time.time()))
        self._db.commit()
        return True


def scans() -> dict[str, Any]:
    """Milliseconds from a code to the relay, one way after the other for each ticket."""
    ours: list[float] = []
    floor: list[float] = []
    plain: list[float] = []
    codes = [samples.code(samples.ticket(serial)) for serial in range(1, SCANS + 1)]
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as name:
        arm = Arm()
        agent = agent_with(Path(name), arm)
        script = PlainScript(Path(name) / "plain.db")
        least = Floor(Path(name), codes[0])
        for serial, code in enumerate(codes):
            start = time.perf_counter_ns()
            agent.step(Scanned(1, code))
            ours.append((arm.released_ns - start) / 1e6)
            agent.step(Turned(1))
            floor.append(least.took_ms())
            other = script.code(serial)
            start = time.perf_counter_ns()
            assert script.let_in(other)
            plain.append((time.perf_counter_ns() - start) / 1e6)
        least.close()
    rows = {"ours": ours, "floor": floor, "plain": plain}
    return {"shares": SHARES, "scans": SCANS} | {
        name: percentiles(times) for name, times in rows.items()
    }


def _marks(park: LivePark, gate: str) -> int:
    """How many records of the gate's journal the centre has committed."""
    query = select(tables.journal.c.mark).where(tables.journal.c.gate == gate)
    with park.centre.store.read() as connection:
        return connection.scalar(query) or 0


def _until(park: LivePark, gate: str, least: int) -> tuple[float, int]:
    """When the centre had so many, and how many it had then."""
    end = time.monotonic() + 4 * LONGEST_S
    while (mark := _marks(park, gate)) < least:
        assert time.monotonic() < end, f"{mark} of {least} records came"
        time.sleep(LOOK_S)
    return time.monotonic(), mark


def _catch_up(park: LivePark, gate: Gate, at: int, delay_s: float) -> float:
    """Records a second that are committed at the centre, from the first batch to the last. Each
    gate has let in other tickets: double uses would be work of another kind."""
    name = gate.folder.name
    journal_of_a_day(park, gate, VISITORS, at * VISITORS)
    with CuttableProxy(park.broker.port, delay_s=delay_s) as proxy:
        text = gate.config.read_text("utf-8").replace(
            f"port = {park.broker.port}", f"port = {proxy.port}"
        )
        gate.config.write_text(text, "utf-8")
        gate.start()
        first_s, first = _until(park, name, 1)
        last_s, last = _until(park, name, 2 * VISITORS)
        gate.kill()
    return (last - first) / (last_s - first_s)


def _plain(park: LivePark, gate: Gate, delay_s: float) -> float:
    """Records a second that the broker has acknowledged, one a message."""
    sent, done = 0, Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=gate.folder.name)
    tls = park.folder / f"identity-{gate.folder.name}"
    client.tls_set(str(tls / "ca.crt"), str(tls / "cert.pem"), str(tls / "key.pem"))
    client.max_queued_messages_set(0)
    ready = Event()
    client.on_connect = lambda *_: ready.set()

    def published(*_: object) -> None:
        nonlocal sent
        sent += 1
        if sent == PLAIN_RECORDS:
            done.set()

    client.on_publish = published
    record = {"gate": "north-1", "serial": 4711, "kind": "taken", "at": 1795305600123, "lane": 1}
    with CuttableProxy(park.broker.port, delay_s=delay_s) as proxy:
        client.connect_async("localhost", proxy.port)
        client.loop_start()
        assert ready.wait(LONGEST_S)
        start_s = time.monotonic()
        for number in range(PLAIN_RECORDS):
            text = json.dumps(record | {"number": number})
            client.publish(f"sg1/west-lake/{gate.folder.name}/up/plain", text, qos=1)
        assert done.wait(4 * LONGEST_S)
        took_s = time.monotonic() - start_s
        client.disconnect()
        client.loop_stop()
    return PLAIN_RECORDS / took_s


def sync() -> dict[str, Any]:
    """By round trip: how fast a gate that was away is heard."""
    names = [f"north-{at}" for at in range(len(ROUND_TRIPS_MS))]
    ours: list[int] = []
    plain: list[int] = []
    with LivePark(*names, tickets=VISITORS * len(names) + 10) as park:
        for at, (name, round_trip_ms) in enumerate(zip(names, ROUND_TRIPS_MS, strict=True)):
            delay_s = round_trip_ms / 2000
            ours.append(round(_catch_up(park, park.gates[name], at, delay_s)))
            plain.append(round(_plain(park, park.gates[name], delay_s)))
            print(f"{round_trip_ms} ms: {ours[-1]} and {plain[-1]} records a second", flush=True)
    return {
        "round_trips_ms": ROUND_TRIPS_MS, "records": 2 * VISITORS, "ours": ours, "plain": plain,
    }  # fmt: skip


def main() -> int:
    """Measures both; gives the exit status."""
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "scan": scans(),
        "sync": sync(),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found["scan"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
