"""From the bytes of a scanner to the relay's command, durable commit included."""

import secrets
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from gate_agent.actor.agent import Agent
from gate_agent.actor.build import build_core
from gate_agent.actor.unit import LaneUnit
from gate_agent.events import Scanned, Turned
from gate_agent.folder import DiskFolder
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.lane.state import Lane
from gate_agent.lists.list_files import ListFiles
from gate_agent.time_bound import TimeBound
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.identity import Identity
from gate_agent.trust.key_renewal import KeyRenewal
from gate_agent.validator.moment import Moment
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.ticket import parse, to_sign
from tests.bench import samples
from tests.bench.figures import Figure, measure

SCANS = 300


class Arm:
    """Notes when the command to release arrives."""

    released_ns = 0

    def start(self, _put: object) -> None: ...
    def stop(self) -> None: ...
    def release(self) -> None:
        self.released_ns = time.perf_counter_ns()


class _Link:
    def start(self, _put: object) -> None: ...
    def stop(self) -> None: ...
    def rekey(self, _certificate: Path, _private: Path) -> None: ...
    def publish(self, _topic: str, _payload: bytes) -> None: ...


class _Clock:
    doubt = ""
    bound = TimeBound()

    def now(self) -> Moment:
        return samples.MOMENT

    def raise_lower_bound(self, _passed_ms: int) -> None: ...
    def take_beacon_time(self, _time_ms: int) -> None: ...
    def reset_lower_bound(self, _passed_ms: int) -> None: ...
    def take_issue_time(self, _issued_ms: int, _ticket: bytes) -> None: ...


def agent_with(folder: Path, arm: Arm) -> Agent:
    identity = Identity(folder, samples.KEY_ID, samples.PRIVATE.sign, samples.RING, None)
    journal = Journal.open(folder / "journal.db", samples.ZONE, secrets.token_bytes)
    health, clock = Health(), _Clock()
    documents, files = TrustDocuments.on_disk(folder), ListFiles(DiskFolder(folder / "lists"))
    own = KeyRenewal("north-1", identity, documents, health, secrets.token_bytes)
    unit = LaneUnit(Lane(1, Direction.IN, has_arm=True), samples.RULES, arm)
    core = build_core(
        samples.PARK,
        "north-1",
        [unit],
        own=own,
        journal=journal,
        documents=documents,
        list_files=files,
        clock=clock,
        link=_Link(),
        health=health,
        draw=secrets.token_bytes,
    )
    files.save(samples.SEALED, samples.LISTED)
    core.start()
    return core.agent


class Floor:
    """One verification and one bare commit, in a database of its own."""

    def __init__(self, folder: Path, code: bytes) -> None:
        self._public = samples.PRIVATE.public_key()
        signed = parse(code)
        self._signature = signed.signature
        self._message = to_sign(signed.ticket, samples.PARK)
        self._db = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, record BLOB)")

    def took_ms(self) -> float:
        """Does both; gives how long that took."""
        start = time.perf_counter_ns()
        self._public.verify(self._signature, self._message)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("INSERT INTO row (record) VALUES (?)", (self._signature,))
        self._db.execute("COMMIT")
        return (time.perf_counter_ns() - start) / 1e6

    def close(self) -> None:
        """Of the database."""
        self._db.close()


@measure("scan_to_release_ratio", "scan_to_release_p99_ms")
def scan_to_release() -> dict[str, Figure]:
    """Wall time, because a commit waits for the disk; the floor is timed between the scans."""
    codes = [samples.code(samples.ticket(serial)) for serial in range(1, SCANS + 1)]
    whole_ms: list[float] = []
    floor_ms: list[float] = []
    build = Path("build")
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as name:
        arm = Arm()
        agent = agent_with(Path(name), arm)
        floor = Floor(Path(name), codes[0])
        for code in codes:
            start = time.perf_counter_ns()
            agent.step(Scanned(1, code))
            whole_ms.append((arm.released_ns - start) / 1e6)
            agent.step(Turned(1))
            floor_ms.append(floor.took_ms())
        floor.close()
    whole, bare = statistics.median(whole_ms), statistics.median(floor_ms)
    p99 = statistics.quantiles(whole_ms, n=100)[98]
    floor_p99 = statistics.quantiles(floor_ms, n=100)[98]
    note = f"median {whole:.3f} ms over {bare:.3f} ms for one verification and one bare commit"
    return {
        "scan_to_release_ratio": Figure(round(whole / bare, 3), "ratio", 1.0, note, "<= 1.5"),
        "scan_to_release_p99_ms": Figure(
            round(p99, 3), "ms", round(floor_p99, 3), "wall time on this machine's disk"
        ),
    }
