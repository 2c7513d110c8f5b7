"""One seed's day: opened, attacked, healed, settled, checked."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.board.sim_lane import Manner
from hardware_sim.park.centre.database import borrowed
from hardware_sim.park.checks import bounds, clocks, grants, lists, trust
from hardware_sim.park.checks.exchange import offers
from hardware_sim.park.checks.exchange.claims import watched_claims
from hardware_sim.park.checks.outages import OutageWatch
from hardware_sim.park.crowd import Crowd, arrival
from hardware_sim.park.every_check import CHECKS
from hardware_sim.park.faults.attacks.retired import RetiredGate
from hardware_sim.park.faults.attacks.siege import Siege
from hardware_sim.park.faults.backup import Backup
from hardware_sim.park.faults.schedule import Faults, heal
from hardware_sim.park.office.hours import Office
from hardware_sim.park.park import Park, Plan
from hardware_sim.park.people import modes
from hardware_sim.park.people.cast import Cast
from hardware_sim.park.people.company import Company
from hardware_sim.park.people.staff import remembered_pins, send_staff
from hardware_sim.park.scenes.plan import plan_scenes
from hardware_sim.park.signature_cache import SignatureCache, cached_verification
from hardware_sim.park.small_bounds import small_bounds

SETTLE_MS = 90_000.0
CHANCES = 2
LONGEST_SETTLES = 40
WRITTEN_MS = 20_000.0
"""By then each gate has written what it heard last."""


@dataclass(frozen=True, slots=True)
class Report:
    """`hash`: of every event; the same seed gives the same one on any machine."""

    seed: int
    hash: str
    violations: tuple[str, ...]
    faults: int
    entries: int
    records: int


class Day:
    """Watches a park from opening to the verdict."""

    def __init__(self, park: Park) -> None:
        self.park = park
        self._rng = park.world.stream("day")
        self._office = Office(park)
        self._grounds: dict[str, object] = {}
        self._outages = OutageWatch(park)
        park.on_release = self._watch_release
        park.on_packet = self._watch_packet
        for gate in park.gates:
            gate.queue.watcher = partial(self._watch, gate)

    def _watch_release(self, gate: SimGate, lane: int) -> None:
        grants.watch_release(self.park, gate, lane)
        lists.watch_release(self.park, gate)

    def _watch_packet(self, topic: str, payload: bytes) -> None:
        bounds.watch_packet(self.park, topic, payload)
        offers.watch_packet(self.park, topic, payload)

    def _watch(self, gate: SimGate) -> None:
        park, core = self.park, gate.core
        if core is not None:
            place = gate.name, len(gate.cards) - 1
            head = core.journal.head
            park.rules.watch(place, head, core.trust.rules)
            park.keys.watch(place, head, core.trust.keys)
            self._outages.watch(gate)
        if gate.mode_asked:
            modes.watch(park, gate)
        bounds.watch(park, gate)
        lists.watch_changes(park, gate)
        if gate.agent is not None and gate.agent.decision_basis != self._grounds.get(gate.name):
            self._grounds[gate.name] = gate.agent.decision_basis
            lists.watch(park, gate)
            trust.watch(park, gate)
        clocks.watch(park, gate)  # after `lists`, which notes the keys that are gone

    def run(self) -> Report:
        """Open, attack, heal, settle, check."""
        with watched_claims(self.park):
            return self._run()

    def _run(self) -> Report:
        end_ms = self.park.plan.hours * 3_600_000.0
        crowd = Crowd(self.park)
        crowd.sell_before()
        crowd.sell_codes()
        siege = Siege(self.park, 15_000.0, end_ms)  # its gate is known, and it reads births
        company = Company(self.park) if self.park.plan.small else None
        self.park.centre.start()
        for gate in self.park.gates:
            gate.power_on()
        self.park.world.run(10_000.0)
        self.park.centre.die_in_process = 0.01 if self.park.plan.rates is not None else 0.0
        faults = 0
        if self.park.plan.rates is not None:
            faults = Faults(
                self.park.world,
                self.park.gates,
                self.park.centre,
                self.park.plan.rates,
                15_000.0,
                end_ms,
            ).count
        if self.park.plan.restore:
            Backup(self.park, end_ms)
        crowd.send(12_000.0, end_ms)
        if company is not None:
            company.send(12_000.0, end_ms)
            faults += self._send_others(end_ms)
        self.park.world.run(end_ms)
        siege.end()
        self._office.close()
        self._calm()
        self._settle()
        for gate in self.park.gates:
            for row in self.park.records(gate):
                self.park.world.note("record", gate.name, row)
        violations = list(self.park.world.violations)
        for name, check in CHECKS.items():
            violations += [f"{name}: {text}" for text in check(self.park)]
        return Report(
            self.park.world.seed,
            self.park.world.digest(),
            tuple(violations),
            faults + siege.count,
            sum(visitor.passed for visitor in self.park.visitors),
            sum(1 for gate in self.park.gates for _ in self.park.records(gate)),
        )

    def _send_others(self, end_ms: float) -> int:
        """Plan who comes, works and goes wrong besides; return how many scenes are faults."""
        park = self.park
        Cast(park).send(12_000.0, end_ms)
        send_staff(park, 12_000.0, end_ms)
        self._office.open(12_000.0, end_ms)
        RetiredGate(park).plan(0.4 * end_ms)
        return plan_scenes(park, self._office, 15_000.0, end_ms) if park.plan.rates else 0

    def _calm(self) -> None:
        """End whatever goes wrong."""
        heal(self.park.gates, self.park.centre)
        self.park.centre.die_in_process = 0.0
        self.park.weather.loss = self.park.weather.late = self.park.weather.twice = 0.0
        for lane in self.park.lanes:
            lane.misread = 0.0

    def _settle(self) -> None:
        """Run until nobody queues and nothing waits."""
        for turn in range(LONGEST_SETTLES):
            if turn < CHANCES:
                self._second_chance()
            self.park.world.run(self.park.world.now_ms + SETTLE_MS)
            quiet = all(lane.idle for lane in self.park.lanes)
            if (
                turn + 1 >= CHANCES
                and quiet
                and not any(gate.core and gate.core.uplink.waiting for gate in self.park.gates)
            ):
                break
        self.park.world.run(self.park.world.now_ms + WRITTEN_MS)

    def _second_chance(self) -> None:
        """Let honest visitors who gave up while things were broken come again."""
        for lane in self.park.lanes:
            again, lane.left = lane.left, []
            for visitor in again:
                if visitor.honest and visitor.passed < visitor.persons:
                    visitor.tries, visitor.manner = 0, Manner.PASS
                    self.park.world.after(
                        self._rng.uniform(1000.0, 20_000.0), arrival(lane, visitor)
                    )


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Collect garbage seldom: a large park holds a million objects and makes few circles, and
    looking for those as often as Python does by itself takes a twentieth of its day."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def run(seed: int, plan: Plan | None = None) -> Report:
    """Run the park of one seed, from opening to the verdict."""
    signatures, plan = SignatureCache(), plan or Plan()
    with (
        cached_verification(signatures),
        small_bounds(small=plan.small and not plan.restore),
        remembered_pins(),
        borrowed() as database,
        _seldom_collected(),
    ):
        return Day(Park(seed, plan, signatures, database)).run()
