"""The park of one seed: built, opened, attacked, healed, settled, checked."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from fleet_manager.products import Product
from gate_agent.validator.passage import Direction, Kind, Passage, decode
from gate_agent.validator.ticket import Ticket
from hardware_sim.park.board import LanePlan
from hardware_sim.park.centre import SimCentre
from hardware_sim.park.checks import CHECKS, bounds, clocks, grants
from hardware_sim.park.crowd import Crowd, arrival
from hardware_sim.park.faults import Faults, Rates, heal
from hardware_sim.park.gate import SimGate
from hardware_sim.park.guests import Guest, Manner, SimLane
from hardware_sim.park.network import Weather
from hardware_sim.park.world import World

_Act = Callable[[], None]
PARK = "west-lake"
SETTLE_MS = 90_000.0
CHANCES = 2
LONGEST_SETTLES = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """How large and how bad. `hours` of virtual time with faults; `rates` None: a good day."""

    gates: int = 3
    visitors: int = 30
    hours: float = 0.35
    rates: Rates | None = field(default_factory=Rates)
    misread: float = 0.05
    bounces: float = 0.3
    loss: float = 0.02
    refresh_ms: float = 30_000.0


@dataclass(frozen=True, slots=True)
class Report:
    """`hash`: of every event; the same seed gives the same one on any machine."""

    seed: int
    hash: str
    violations: tuple[str, ...]
    faults: int
    entries: int
    records: int


class Park:
    """Everything there is in one seed's world."""

    def __init__(self, seed: int, plan: Plan) -> None:
        self.world = World(seed)
        self.plan = plan
        self.zone = ZoneInfo("Asia/Shanghai")
        self.tickets: dict[int, Ticket] = {}
        self.guests: list[Guest] = []
        self.samples: list[bytes] = []
        self.gates: list[SimGate] = []
        self._rng = self.world.stream("park")
        rough = plan.rates is not None
        self._weather = Weather(plan.loss, plan.loss, plan.loss) if rough else Weather()
        self.centre = SimCentre(self.world, PARK, self.zone, self._to_gate, plan.refresh_ms)
        self.centre.add_product(Product(1, "day", "一日票", "Day ticket"))
        self._by_name: dict[str, SimGate] = {}
        for number in range(1, plan.gates + 1):
            self._add_gate(f"gate-{number}", number)
        self.lanes = [
            SimLane(self.world, gate, lane.number, plan.misread)
            for gate in self.gates
            for lane in gate.lanes
            if lane.direction is Direction.IN
        ]

    def _add_gate(self, name: str, number: int) -> None:
        plan = self.plan
        lanes = [LanePlan(1, Direction.IN, has_arm=number % 3 != 0)]
        if number % 3 == 2:  # a board with two turnstiles and one journal
            lanes.append(LanePlan(2, Direction.IN, has_arm=True))
        gate = SimGate(
            self.world,
            name,
            PARK,
            self.zone,
            self.centre.enrol(name),
            lanes,
            self._weather,
            self._to_centre,
            lambda gate, lane: grants.watch_release(self, gate, lane),
            plan.bounces,
        )
        self.gates.append(gate)
        self._by_name[name] = gate

    def _to_gate(self, topic: str, payload: bytes) -> None:
        bounds.watch_packet(self, topic, payload)
        self._by_name[topic.split("/")[2]].wire.down(topic, payload)

    def _to_centre(self, topic: str, payload: bytes) -> None:
        bounds.watch_packet(self, topic, payload)
        if len(self.samples) < 500:
            self.samples.append(payload)
        gate = self._by_name[topic.split("/")[2]]
        clocks.watch(self, gate)
        bounds.watch(self, gate)
        self.centre.receive(topic, payload)

    def records(self, gate: SimGate) -> Iterator[Passage]:
        """Everything on all cards of a gate, oldest card first."""
        for card in gate.cards:
            try:
                rows = card.execute("SELECT record FROM passages ORDER BY seq").fetchall()
            except sqlite3.OperationalError:
                continue
            for (record,) in rows:
                yield decode(record)

    def let_in(self, guest: Guest) -> bool:
        """Whether a journal says that somebody entered on this guest's ticket."""
        ticket = self.tickets[guest.serial] if guest.serial is not None else None
        return any(
            row.kind is Kind.TAKEN and ticket is not None and row.ticket == ticket.id
            for gate in self.gates
            for row in self.records(gate)
        )

    # --- the day -------------------------------------------------------------------------------

    def run(self) -> Report:
        """Open, attack, heal, settle, check."""
        end_ms = self.plan.hours * 3_600_000.0
        crowd = Crowd(self)
        crowd.sell_before()
        self.centre.start()
        for gate in self.gates:
            gate.power_on()
        self.world.run(10_000.0)
        self.centre.die_in_process = 0.01 if self.plan.rates is not None else 0.0
        faults = 0
        if self.plan.rates is not None:
            faults = Faults(
                self.world, self.gates, self.centre, self.plan.rates, 15_000.0, end_ms
            ).count
        crowd.send(12_000.0, end_ms)
        self.world.run(end_ms)
        heal(self.gates, self.centre)
        self.centre.die_in_process = 0.0
        self._weather.loss = self._weather.late = self._weather.twice = 0.0
        for lane in self.lanes:
            lane.misread = 0.0
        self._settle()
        for gate in self.gates:
            for row in self.records(gate):
                self.world.note("record", gate.name, row)
        violations = list(self.world.violations)
        for name, check in CHECKS.items():
            violations += [f"{name}: {text}" for text in check(self)]
        return Report(
            self.world.seed,
            self.world.digest(),
            tuple(violations),
            faults,
            sum(guest.passed for guest in self.guests),
            sum(1 for gate in self.gates for _ in self.records(gate)),
        )

    def _settle(self) -> None:
        """Until nobody queues and nothing waits."""
        for turn in range(LONGEST_SETTLES):
            if turn < CHANCES:
                self._second_chance()
            self.world.run(self.world.now_ms + SETTLE_MS)
            quiet = all(lane.idle for lane in self.lanes)
            if (
                turn + 1 >= CHANCES
                and quiet
                and not any(gate.uplink and gate.uplink.waiting for gate in self.gates)
            ):
                return

    def _second_chance(self) -> None:
        """Honest guests who gave up while things were broken come again."""
        for lane in self.lanes:
            again, lane.left = lane.left, []
            for guest in again:
                if guest.honest and guest.passed < guest.persons:
                    guest.tries, guest.given_up, guest.manner = 0, False, Manner.PASS
                    self.world.after(self._rng.uniform(1000.0, 20_000.0), arrival(lane, guest))


def run(seed: int, plan: Plan | None = None) -> Report:
    """The park of one seed, from opening to the verdict."""
    return Park(seed, plan or Plan()).run()
