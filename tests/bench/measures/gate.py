"""From the bytes of a scanner to the relay's command, durable commit included."""

import secrets
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

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
from tests.bench.figures import Absent, Figure, measure

SCANS = 300
COMMIT_MS = 0.5
"""What a commit takes on the disk that the ratio is given for: disks differ by a hundred times."""
RAM = Path("/dev/shm")

Connect = Callable[[Path | str], sqlite3.Connection]
_connect = partial(sqlite3.connect, isolation_level=None)


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


def agent_with(folder: Path, arm: Arm, connect: Connect = _connect) -> Agent:
    """Return an agent at work. `connect`: opens its journal's database."""
    identity = Identity(folder, samples.KEY_ID, samples.PRIVATE.sign, samples.RING, None)
    journal = Journal.open(folder / "journal.db", samples.ZONE, secrets.token_bytes, connect)
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


class _SlowCommit(sqlite3.Connection):
    """A database on a RAM disk whose commits wait `wait_ns` longer, for what a sync would take."""

    wait_ns = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Execute as ever; return from a commit when its wait is over."""
        cursor = super().execute(sql, parameters)
        if sql == "COMMIT":
            end_ns = time.perf_counter_ns() + self.wait_ns
            while time.perf_counter_ns() < end_ns:
                pass
        return cursor


class Floor:
    """One verification and one bare commit, in a database of its own. `commit_ms`: what the commit
    took, each time."""

    def __init__(self, folder: Path, code: bytes, connect: Connect = _connect) -> None:
        self._public = samples.PRIVATE.public_key()
        signed = parse(code)
        self._signature = signed.signature
        self._message = to_sign(signed.ticket, samples.PARK)
        self._db = connect(folder / "bare.db")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, record BLOB)")
        self.commit_ms: list[float] = []

    def took_ms(self) -> float:
        """Do both; return how long that took."""
        start = time.perf_counter_ns()
        self._public.verify(self._signature, self._message)
        verified = time.perf_counter_ns()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("INSERT INTO row (record) VALUES (?)", (self._signature,))
        self._db.execute("COMMIT")
        end = time.perf_counter_ns()
        self.commit_ms.append((end - verified) / 1e6)
        return (end - start) / 1e6

    def close(self) -> None:
        """Close the database."""
        self._db.close()


@dataclass(frozen=True, slots=True)
class _Times:
    """Of each scan, in ms: `whole` from the scanner's bytes to the relay's command, `floor` of one
    verification and one bare commit right after it, `commit` of the latter."""

    whole: list[float]
    floor: list[float]
    commit: list[float]

    @property
    def ratio(self) -> float:
        return round(statistics.median(self.whole) / statistics.median(self.floor), 3)

    @property
    def note(self) -> str:
        whole, floor, commit = map(statistics.median, (self.whole, self.floor, self.commit))
        return (
            f"median {whole:.3f} ms over {floor:.3f} ms for one verification and one bare commit, "
            f"which took {commit:.3f} ms"
        )


def _scan_all(folder: Path, connect: Connect = _connect) -> _Times:
    """Show every ticket once and time it. Wall time, because a commit waits for the disk."""
    codes = [samples.code(samples.ticket(serial)) for serial in range(1, SCANS + 1)]
    whole_ms: list[float] = []
    floor_ms: list[float] = []
    arm = Arm()
    agent = agent_with(folder, arm, connect)
    floor = Floor(folder, codes[0], connect)
    for code in codes:
        start = time.perf_counter_ns()
        agent.step(Scanned(1, code))
        whole_ms.append((arm.released_ns - start) / 1e6)
        agent.step(Turned(1))
        floor_ms.append(floor.took_ms())
    floor.close()
    return _Times(whole_ms, floor_ms, floor.commit_ms)


@measure("scan_to_release_ratio", "scan_to_release_own_us")
def scan_to_release() -> dict[str, Figure]:
    """The floor is timed between the scans, and both commit on the same disk: RAM, and a wait that
    makes a bare commit take half a millisecond."""
    if not RAM.is_dir():
        raise Absent(f"no RAM disk {RAM}")
    with tempfile.TemporaryDirectory(dir=RAM) as name, tempfile.TemporaryDirectory(dir=RAM) as dry:
        ram = _scan_all(Path(dry), partial(_connect, factory=_SlowCommit))
        _SlowCommit.wait_ns = round(1e6 * (COMMIT_MS - statistics.median(ram.commit)))
        try:
            times = _scan_all(Path(name), partial(_connect, factory=_SlowCommit))
        finally:
            _SlowCommit.wait_ns = 0
    own_us = 1000 * (statistics.median(times.whole) - statistics.median(times.floor))
    return {
        "scan_to_release_ratio": Figure(times.ratio, "ratio", 1.0, times.note, "<= 1.5"),
        "scan_to_release_own_us": Figure(
            round(own_us),
            "us",
            0,
            "from scan to release, without one verification and one bare commit; "
            f"ratio {ram.ratio} where a commit takes {statistics.median(ram.commit):.3f} ms",
        ),
    }


@measure("scan_to_release_disk_ratio", "scan_to_release_p99_ms")
def scan_to_release_here() -> dict[str, Figure]:
    """The same on this machine's disk, whatever its commit takes."""
    build = Path("build")
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as name:
        times = _scan_all(Path(name))
    p99, floor_p99 = (statistics.quantiles(row, n=100)[98] for row in (times.whole, times.floor))
    return {
        "scan_to_release_disk_ratio": Figure(times.ratio, "ratio", 1.0, times.note),
        "scan_to_release_p99_ms": Figure(
            round(p99, 3), "ms", round(floor_p99, 3), "wall time on this machine's disk"
        ),
    }
