"""kill -9, again and again, at random points of gates, centre and broker, while visitors walk
through; then everything is started, and the books must agree: nothing lost, nothing doubled."""

import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event, Thread

from gate_agent.validator.passage import Passage, PassageKind
from hardware_sim.demo.processes import DemoError
from hardware_sim.demo.site import DemoGate, DemoSite, GatePlan

PLANS = (
    GatePlan("north-1", "north", True, "scanner", "turnstile"),
    GatePlan("south-1", "south", False, "scanner", "handheld"),
)
SOLD_AT_ONCE = 500
LOOK_S = 0.03
ANSWER_S = 2.0
DRAIN_S = 600.0
ENDED = (PassageKind.TAKEN, PassageKind.UNRESOLVED, PassageKind.DENIED)
VICTIMS = ("north-1", "north-1", "south-1", "south-1", "centre", "centre", "broker")


@dataclass(frozen=True, slots=True)
class KillReport:
    """`lost`: records of a journal that the centre does not hold, visitors whom nobody recorded,
    grants without an end. `doubled`: records held twice, tickets that let in more than they admit,
    counts that are not the sum of the records."""

    kills: int
    by_victim: dict[str, int]
    visitors: int
    records: int
    lost: int
    doubled: int
    seconds: float

    def to_json(self) -> str:
        """Return the report as one line."""
        return json.dumps(asdict(self))


class Visitors:
    """One after the other at one gate, each with a ticket of its own, until `stopping`."""

    def __init__(self, gate: DemoGate, tickets: Callable[[], bytes]) -> None:
        self.gate = gate
        self.served = 0
        self.stopping = Event()
        self._ticket = tickets
        self._seq = 0
        self._thread = Thread(target=self._run, name=f"visitors of {gate.plan.name}", daemon=True)

    def start(self) -> None:
        """Let the first visitor come."""
        self._thread.start()

    def stop(self) -> None:
        """Stop coming; whoever is at the arm ends the visit."""
        self.stopping.set()
        self._thread.join(60.0)

    def _run(self) -> None:
        while not self.stopping.is_set():
            self._visit(self._ticket())

    def _visit(self, code: bytes) -> None:
        """Show the code until a record says that the visit has ended, one way or the other."""
        scanner, arm = self.gate.scanner, self.gate.arm
        assert scanner is not None
        while not self.stopping.is_set():
            scanner.present(code)
            end_s = time.monotonic() + ANSWER_S
            while time.monotonic() < end_s:
                if arm is not None and arm.state.unlocked and not arm.state.legs:
                    arm.push()
                if self._has_ended():
                    self.served += 1
                    return
                time.sleep(LOOK_S)

    def _has_ended(self) -> bool:
        rows = self.gate.rows_after(self._seq)
        if rows:
            self._seq = rows[-1].seq
        return any(row.kind in ENDED for row in rows)


def run(folder: Path, count: int, seed: int, say: Callable[[str], None]) -> KillReport:
    """Kill `count` times and compare the books. Raises DemoError if the park does not open, or does
    not come to rest afterwards."""
    rng = random.Random(f"{seed}/kills")
    site = DemoSite(folder, seed, PLANS)
    start_s = time.monotonic()
    killed: Counter[str] = Counter()
    try:
        visitors = _open(site)
        for number in range(count):
            victim = rng.choice(VICTIMS)
            time.sleep(rng.uniform(0.05, 2.0))
            _kill(site, victim)
            killed[victim] += 1
            if (number + 1) % 50 == 0:
                say(f"{number + 1} kills, {sum(queue.served for queue in visitors)} visitors")
        for queue in visitors:
            queue.stop()
        _drain(site)
        served = sum(queue.served for queue in visitors)
        return _compare(site, killed, served, time.monotonic() - start_s)
    finally:
        site.stop()


def _open(site: DemoSite) -> list[Visitors]:
    site.manage("product", "add", "day", "--name-zh", "一日票", "--name-en", "Day ticket")
    site.centre.start()
    stock: list[bytes] = []
    for gate in site.gates.values():
        gate.start()

    def draw() -> bytes:
        try:
            return stock.pop()
        except IndexError:
            rows = site.issue("--product", "day", "--count", str(SOLD_AT_ONCE))
            stock.extend(row["code"].encode() for row in rows)
            return stock.pop()

    stock.append(draw())
    _wait(site, lambda status, _rows: bool(status.get("list_version")), "have no ticket list")
    visitors = [Visitors(gate, draw) for gate in site.gates.values()]
    for queue in visitors:
        queue.start()
    return visitors


def _kill(site: DemoSite, victim: str) -> None:
    if victim == "broker":
        site.broker.kill()
        site.broker.start()
        return
    process = site.centre if victim == "centre" else site.gates[victim].process
    process.kill()
    process.start()


def _drain(site: DemoSite) -> None:
    _wait(
        site,
        lambda status, rows: (
            bool(rows) and status.get("head") == rows[-1].seq and status.get("waiting") == 0
        ),
        "still have records that the centre has not acknowledged",
    )


def _wait(
    site: DemoSite, holds: Callable[[dict[str, object], list[Passage]], bool], what: str
) -> None:
    end_s = time.monotonic() + DRAIN_S
    while time.monotonic() < end_s:
        site.check_running()
        if all(holds(gate.status(), gate.rows_after(0)) for gate in site.gates.values()):
            return
        time.sleep(0.25)
    raise DemoError(f"after {DRAIN_S:.0f} s some gates {what}; see the logs in {site.folder}")


@dataclass(slots=True)
class _Books:
    """What all gates and the centre have recorded, and where they differ."""

    records: int = 0
    lost: int = 0
    doubled: int = 0
    entries: int = 0
    used: Counter[bytes] = field(default_factory=Counter)


def _compare(site: DemoSite, killed: Counter[str], served: int, took_s: float) -> KillReport:
    books = _Books()
    with sqlite3.connect(f"file:{site.centre_data / 'centre.db'}?mode=ro", uri=True) as db:
        for gate in site.gates.values():
            _compare_journal(gate, db, books)
            _compare_turns(gate, killed[gate.plan.name], books)
    books.doubled += sum(persons - 1 for persons in books.used.values() if persons > 1)
    books.doubled += abs(site.counts()["total"]["entries"] - books.entries)
    return KillReport(
        kills=sum(killed.values()),
        by_victim=dict(sorted(killed.items())),
        visitors=served,
        records=books.records,
        lost=books.lost,
        doubled=books.doubled,
        seconds=round(took_s, 1),
    )


def _compare_journal(gate: DemoGate, db: sqlite3.Connection, books: _Books) -> None:
    """Compare a gate's journal with what the centre holds of it, record by record."""
    with sqlite3.connect(f"file:{gate.data / 'journal.db'}?mode=ro", uri=True) as card:
        at_gate = Counter(row for (row,) in card.execute("SELECT record FROM passages"))
        books.lost += card.execute("SELECT count(*) FROM open_grants").fetchone()[0]
    query = "SELECT record FROM passage JOIN journal ON no = journal WHERE gate = ?"
    at_centre = Counter(row for (row,) in db.execute(query, (gate.plan.name,)))
    books.records += at_gate.total()
    books.lost += (at_gate - at_centre).total()
    books.doubled += (at_centre - at_gate).total()


def _compare_turns(gate: DemoGate, kills: int, books: _Books) -> None:
    """Compare a gate's records with the turns of its arm; a turn in the middle of a kill may have
    two records. Counts entries and uses on the way."""
    turns = 0
    for row in gate.rows_after(0):
        if row.kind in (PassageKind.TAKEN, PassageKind.UNRESOLVED) and row.ticket is not None:
            books.used[row.ticket] += row.persons
        if row.kind is PassageKind.TAKEN:
            books.entries += row.persons
        turns += row.kind in (PassageKind.TAKEN, PassageKind.FORCED, PassageKind.UNRESOLVED)
    if gate.arm is not None and turns > gate.arm.state.turns + kills:
        books.doubled += turns - gate.arm.state.turns
