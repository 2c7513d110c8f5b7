"""kill -9, again and again, at random points of gates, centre and broker, while visitors walk
through; then everything is started, and the books must agree: nothing lost, nothing doubled."""

import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
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
        """One line."""
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
        """The first one comes."""
        self._thread.start()

    def stop(self) -> None:
        """Whoever is at the arm ends the visit."""
        self.stopping.set()
        self._thread.join(60.0)

    def _run(self) -> None:
        while not self.stopping.is_set():
            self._visit(self._ticket())

    def _visit(self, code: bytes) -> None:
        """Shows the code until a record says that the visit has ended, one way or the other."""
        scanner, arm = self.gate.scanner, self.gate.arm
        assert scanner is not None
        while not self.stopping.is_set():
            scanner.present(code)
            end_s = time.monotonic() + ANSWER_S
            while time.monotonic() < end_s:
                if arm is not None and arm.state.unlocked and not arm.state.legs:
                    arm.push()
                rows = self.gate.rows_after(self._seq)
                if rows:
                    self._seq = rows[-1].seq
                if any(row.kind in ENDED for row in rows):
                    self.served += 1
                    return
                time.sleep(LOOK_S)


def run(folder: Path, count: int, seed: int, say: Callable[[str], None]) -> KillReport:
    """Raises DemoError if the park does not open, or does not come to rest afterwards."""
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
                say(f"{number + 1} kills, {sum(one.served for one in visitors)} visitors")
        for one in visitors:
            one.stop()
        _drain(site)
        served = sum(one.served for one in visitors)
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
    for one in visitors:
        one.start()
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


def _compare(site: DemoSite, killed: Counter[str], served: int, took_s: float) -> KillReport:
    lost = doubled = records = 0
    used: Counter[bytes] = Counter()
    counted: Counter[str] = Counter()
    with sqlite3.connect(f"file:{site.centre_data / 'centre.db'}?mode=ro", uri=True) as db:
        for gate in site.gates.values():
            path = gate.data / "journal.db"
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as card:
                ours = [row for (row,) in card.execute("SELECT record FROM passages ORDER BY seq")]
                lost += card.execute("SELECT count(*) FROM open_grants").fetchone()[0]
            held = Counter(
                row
                for (row,) in db.execute(
                    "SELECT record FROM passage JOIN journal ON no = journal WHERE gate = ?",
                    (gate.plan.name,),
                )
            )
            records += len(ours)
            lost += sum((Counter(ours) - held).values())
            doubled += sum((held - Counter(ours)).values())
            turns = 0
            for row in gate.rows_after(0):
                if (
                    row.kind in (PassageKind.TAKEN, PassageKind.UNRESOLVED)
                    and row.ticket is not None
                ):
                    used[row.ticket] += row.persons
                if row.kind is PassageKind.TAKEN:
                    counted["entries"] += row.persons
                turns += row.kind in (PassageKind.TAKEN, PassageKind.FORCED, PassageKind.UNRESOLVED)
            if gate.arm is not None and turns > gate.arm.state.turns + killed[gate.plan.name]:
                doubled += turns - gate.arm.state.turns
    doubled += sum(persons - 1 for persons in used.values() if persons > 1)
    doubled += abs(site.counts()["total"]["entries"] - counted["entries"])
    return KillReport(
        sum(killed.values()), dict(sorted(killed.items())), served, records, lost, doubled,
        round(took_s, 1),
    )  # fmt: skip
