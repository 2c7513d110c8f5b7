"""The park of one seed as it stands: gates, lanes, centre, network, tickets and visitors."""

import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from gate_agent.journal import journal
from gate_agent.trust.key_renewal import certified_by
from gate_agent.validator.moment import Moment
from gate_agent.validator.passage import Direction, Passage, PassageKind, decode
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.key_set import KeySet
from gate_agent.validator.trust.rule_book import NO_BOOK, Rules
from hardware_sim.park.attackers import ON
from hardware_sim.park.board.disk import ALL_RECORDS
from hardware_sim.park.board.enrolment import Enrolment
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.board.parts import LanePlan
from hardware_sim.park.board.sim_lane import SimLane, Visitor
from hardware_sim.park.calendar_day import draw_day
from hardware_sim.park.centre.catalogue import PRODUCTS
from hardware_sim.park.centre.centre import STATIONS, SimCentre
from hardware_sim.park.centre.database import Database
from hardware_sim.park.centre.office_log import OfficeLog
from hardware_sim.park.network import Weather
from hardware_sim.park.oracle.claim_book import ClaimBook
from hardware_sim.park.oracle.in_force import InForceLog
from hardware_sim.park.oracle.staff_act import StaffAct
from hardware_sim.park.rates import Rates
from hardware_sim.park.signature_cache import SignatureCache
from hardware_sim.park.world import World

PARK = "west-lake"
SAMPLES = 500
PASSBACK_MS = 60_000
"""Where bounds are small: so long that some come again before, and some after."""
_decoded = lru_cache(1 << 18)(decode)


@dataclass(frozen=True, slots=True)
class Plan:
    """How large and how bad. `hours` of virtual time with faults; `rates` None: a good day.
    `visitors`: sold single tickets; teams, groups and other sellers' codes come on top, so that
    two and a half times as many persons come. `refunds` and `walk_ups`: shares of the tickets that
    are voided, and sold, during the day; four times as many of the codes are taken back. `restore`:
    a backup of the centre is put back in the middle of the day. `stations`: over which the gates
    are spread, the most at the first. `small`: bounds are so small that they are met, but for a
    restore, which asks for old records once more. `attacks`: names of the attackers who come, if
    there are faults."""

    gates: int = 3
    visitors: int = 30
    hours: float = 0.35
    rates: Rates | None = field(default_factory=Rates)
    misread: float = 0.05
    bounces: float = 0.3
    loss: float = 0.02
    refunds: float = 0.05
    walk_ups: float = 0.125
    refresh_ms: float = 30_000.0
    restore: bool = False
    attacks: frozenset[str] = ON
    stations: int = 2
    small: bool = True


LARGE = Plan(
    gates=40,
    visitors=8_000,
    hours=12.0,
    rates=None,
    misread=0.0,
    loss=0.0,
    refunds=0.005,
    walk_ups=0.0,
    stations=1,
    small=False,
)
"""A good day of a large park: 20,000 persons, and a refund, which makes a new list at every gate,
for one ticket in 200."""


def _weather(plan: Plan) -> Weather:
    """Return what the network does to messages on a day."""
    if plan.rates is None:
        return Weather(keeps_order=True)
    return Weather(plan.loss, plan.loss, plan.loss)


class Park:
    """Everything there is in one seed's world. `day`: when and where it is; `stations`: by gate.
    `on_release` is called before each pulse of an arm, `on_packet` for every message on the
    network. `outsiders`: who receives what the centre sends to a gate that is no board of the park.
    `used_up`, `invented`: tickets that such a gate has used, sold ones and others; `claimed`: that
    it has only claimed. `lies`: how many provable ones it has sent. `disowned`: gates whose records
    count no more."""

    def __init__(
        self, seed: int, plan: Plan, signatures: SignatureCache, database: Database
    ) -> None:
        self.plan = plan
        self.day = draw_day(seed, random.Random(f"{seed}/calendar"), plan.hours)
        self.world = World(seed, self.day.epoch_ms)
        self.zone = self.day.zone
        self.tickets: dict[int, Ticket] = {}
        self.visitors: list[Visitor] = []
        self.samples: list[bytes] = []
        self.bounds: dict[str, tuple[object, object, Moment]] = {}
        self.strange: list[tuple[bytes, set[int]]] = []
        self.prints, self.exempted = dict[int, int](), dict[int, float]()
        self.shared: set[int] = set()
        self.passback_ms = PASSBACK_MS if plan.small else Rules().passback_ms
        self.rules, self.keys = InForceLog(NO_BOOK), InForceLog[KeySet | None](None)
        self.passed_on: dict[int, bool] = {}
        self.forgeries: list[tuple[bytes, Ticket]] = []
        self.claims = ClaimBook()
        self.signatures = signatures
        self.name = PARK
        self.lists_seen: dict[tuple[str, int, str], int] = {}
        self.list_keys: dict[str, tuple[int, frozenset[bytes]]] = {}
        self.list_keys_dropped: set[str] = set()
        self.lists_began: dict[tuple[str, str, int], tuple[int, int]] = {}
        self.released: defaultdict[tuple[str, int, int], list[int]] = defaultdict(list)
        self.trusted: dict[tuple[str, int], tuple[int, int]] = {}
        self.keep_records = journal.KEEP_ACKED_RECORDS
        self.gates: list[SimGate] = []
        self.on_release: Callable[[SimGate, int], None] = lambda _gate, _lane: None
        self.on_packet: Callable[[str, bytes], None] = lambda _topic, _data: None
        self._rng = self.world.stream("park")
        self.weather = _weather(plan)
        self.centre = SimCentre(
            world=self.world,
            park=PARK,
            zone=self.zone,
            send=self._to_gate,
            refresh_ms=plan.refresh_ms,
            signatures=signatures,
            database=database,
        )
        self.enrolment = Enrolment(self.world, self.centre, signatures)
        self.centre.add_products(PRODUCTS)
        self.centre.set_rules({"passback-time": f"{self.passback_ms // 1000}s"})
        self._by_name: dict[str, SimGate] = {}
        self.outsiders: dict[str, Callable[[str, bytes], None]] = {}
        self.used_up, self.invented, self.claimed = set[bytes](), set[bytes](), set[bytes]()
        self.lies: Counter[str] = Counter()
        self.disowned: set[str] = set()
        self.stations = self._spread()
        for number in range(1, plan.gates + 1):
            self._add_gate(f"gate-{number}", number)
        self.lanes = [
            SimLane(self.world, gate, lane, plan.misread)
            for gate in self.gates
            for lane in gate.lanes
        ]
        self.staff_acts: defaultdict[str, list[StaffAct]] = defaultdict(list)
        self.office_log = OfficeLog()

    def _spread(self) -> dict[str, str]:
        """Return the station of each gate: all at the first, but for one gate of each other."""
        names = [f"gate-{number}" for number in range(1, self.plan.gates + 1)]
        first, *others = STATIONS
        stations = dict.fromkeys(names, first)
        for other in others[: self.plan.stations - 1]:
            stations[self._rng.choice(names)] = other
        return stations

    def gate(self, name: str) -> SimGate:
        """Return the gate of that name."""
        return self._by_name[name]

    def _add_gate(self, name: str, number: int) -> None:
        plan = self.plan
        lanes = [LanePlan(1, Direction.IN, has_arm=number % 3 != 0)]
        if number % 3 == 2:  # a board with two ways in, one way out and one journal
            lanes.append(LanePlan(2, Direction.IN, has_arm=True, zone=1))
            lanes.append(LanePlan(3, Direction.OUT, has_arm=True))
        gate = SimGate(
            world=self.world,
            name=name,
            park=PARK,
            zone=self.zone,
            identity=self.enrolment.add(name, self.stations[name]),
            certified=certified_by(self.centre.ceremony.authority, name),
            lanes=lanes,
            weather=self.weather,
            to_centre=self._to_centre,
            may_release=self._released,
            bounces=plan.bounces,
        )
        self.gates.append(gate)
        self._by_name[name] = gate

    def _released(self, gate: SimGate, lane: int) -> None:
        self.on_release(gate, lane)

    def _to_gate(self, topic: str, payload: bytes) -> None:
        name = topic.split("/")[2]
        if name in self.outsiders:
            self.outsiders[name](topic, payload)
            return
        self.on_packet(topic, payload)
        self._by_name[name].wire.down(topic, payload)

    def _to_centre(self, topic: str, payload: bytes) -> None:
        if len(self.samples) < SAMPLES:
            self.samples.append(payload)
        self.on_packet(topic, payload)
        self.centre.states.sent(topic, payload)
        self.centre.receive(topic, payload)

    def by_card(self, gate: SimGate) -> list[list[Passage]]:
        """Return everything on each card of a gate, oldest card first."""
        cards: list[list[Passage]] = []
        for card in gate.cards:
            try:
                rows = card.execute(ALL_RECORDS).fetchall()
            except sqlite3.OperationalError:
                rows = []  # the board never got as far as making its journal
            cards.append([_decoded(record) for _, record, _ in rows])
        return cards

    @property
    def used_by_liars(self) -> set[bytes]:
        """Return the sold tickets that count as used though nobody came in."""
        return set() if self.disowned else self.used_up

    def records(self, gate: SimGate) -> Iterator[Passage]:
        """Yield everything on all cards of a gate, oldest card first."""
        for rows in self.by_card(gate):
            yield from rows

    def ticket_of(self, row: Passage) -> Ticket | None:
        """Return the sold ticket that a record names."""
        return (
            None if row.ticket is None else self.tickets.get(int.from_bytes(row.ticket[4:], "big"))
        )

    def cards_of(self, gate: SimGate) -> Iterator[tuple[bytes, list[Passage]]]:
        """Yield each card's journal id, and everything on it."""
        for card in gate.cards:
            try:
                (journal,) = card.execute(
                    "SELECT value FROM meta WHERE key = 'journal_id'"
                ).fetchone()
                rows = card.execute(ALL_RECORDS).fetchall()
            except sqlite3.OperationalError:
                continue
            yield bytes(journal), [_decoded(record) for _, record, _ in rows]

    def entered(self) -> set[bytes]:
        """Return the tickets on which somebody entered, as the journals say. Who came in while a
        lane was free may leave on any ticket."""
        return {
            row.ticket
            for gate in self.gates
            for row in self.records(gate)
            if row.kind is PassageKind.TAKEN
            and row.direction is Direction.IN
            and row.ticket is not None
        }
