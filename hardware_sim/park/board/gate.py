"""One simulated board: the real Agent over a simulated disk, clock, wire and arms."""

import sqlite3
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import cast

from gate_agent.actor.agent import Agent
from gate_agent.actor.build import GateCore, build_core
from gate_agent.actor.unit import LaneUnit
from gate_agent.clock import SystemClock, TimeSource
from gate_agent.errors import JournalError
from gate_agent.events import Event, Mode, ModeAsked, ModeSource
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.lane.state import Lane
from gate_agent.lists.list_files import ListFiles
from gate_agent.trust.documents import TrustDocuments
from gate_agent.trust.identity import Identity
from gate_agent.trust.in_force import load_time
from gate_agent.trust.key_renewal import Certified, KeyRenewal
from gate_agent.validator.decide import LaneRules
from gate_agent.validator.moment import Moment
from gate_agent.validator.passage import decode
from hardware_sim.park.board.arm import SimArm
from hardware_sim.park.board.disk import Disk, DiskConnection
from hardware_sim.park.board.folder import PowerCut
from hardware_sim.park.board.parts import RELEASE_MS, LanePlan, SimClock, SimDisplay
from hardware_sim.park.board.queue import ActorQueue, Alarm, Delivery, Done, nobody
from hardware_sim.park.network import SimLink, Weather
from hardware_sim.park.world import World

RETRY_BOOT_MS = 2000.0
_HAIR_MS = 0.01
"""Boards count whole milliseconds: a timer must not come a rounding error too early."""


class SimGate:
    """`may_release` is asked before each pulse with (gate, lane). `unfinished`: tickets of records
    whose effects were cut off. `asked`: the modes that this process was asked for; `mode_asked`:
    one was just now. `modes_by`: boot, ms of it and name of each of the staff who asked. `torn`: a
    list was damaged. `boots`: virtual time by number. `died_ms`: when it was last alive, in virtual
    time, if it is not."""

    def __init__(
        self,
        world: World,
        name: str,
        *,
        park: str,
        zone: tzinfo,
        identity: Identity,
        certified: Certified,
        lanes: list[LanePlan],
        weather: Weather,
        to_centre: Callable[[str, bytes], None],
        may_release: Callable[["SimGate", int], None],
        bounces: float,
    ) -> None:
        rng = world.stream(f"gate {name}")
        self.name = name
        self.queue = ActorQueue(world, self._handle)
        self._alarm = Alarm(world, self._on_timer)
        self.disk = Disk(world.stream(f"disk {name}"))
        self.cards = [self.disk.db]
        self.clock = SimClock()
        rng_wire = world.stream(f"wire {name}")
        self.wire = SimLink(world, rng_wire, weather, to_centre, self.deliver)
        self.lanes = lanes
        self.displays = {plan.number: SimDisplay() for plan in lanes}
        self.arms = {
            plan.number: SimArm(
                world,
                plan.number,
                rng,
                self.deliver,
                lambda lane: may_release(self, lane),
                bounces,
            )
            for plan in lanes
            if plan.has_arm
        }
        self.journal: Journal | None = None
        self.agent: Agent | None = None
        self.core: GateCore | None = None
        self.boots: dict[int, float] = {}
        self.unfinished: set[bytes] = set()
        self.torn = False
        self.died_ms = 0.0
        self.asked: dict[ModeSource, Mode] = {}
        self.mode_asked = False
        self.modes_by: list[tuple[int, int, str]] = []
        self.system: SystemClock | None = None
        self._draw = world.stream(f"own key {name}").randbytes
        self._draw_nonce = world.stream(f"questions {name}").randbytes
        self._world = world
        self._rng = rng
        self._park = park
        self._zone = zone
        self._identity, self._certified = identity, certified
        self._boot_ms, self._boot_number, self._life = 0.0, 0, 0

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.agent is not None

    def power_on(self) -> None:
        """Boot the board, unless it runs: a new boot number, a new monotonic clock."""
        if self.alive:
            return
        self._boot_ms = self._world.now_ms
        self._boot_number = self._rng.getrandbits(32)
        self.start()

    def start(self) -> None:
        """Start the process as systemd does; if it cannot start it tries again."""
        if self.alive:
            return
        self._life += 1
        life = self._life
        self._world.note("start", self.name)
        try:
            self._build()
        except PowerCut:
            self.die()
            self._world.after(RETRY_BOOT_MS, self.power_on)
        except JournalError as error:
            self.disk.lose_power()
            self._world.note("cannot start", self.name, str(error))
            self._world.after(RETRY_BOOT_MS, lambda: self._start_again(life))

    def _start_again(self, life: int) -> None:
        if life == self._life:
            self.start()

    def _build(self) -> None:
        self.boots[self._boot_number] = self._boot_ms
        journal = Journal.open(self.name, self._zone, self._rng.randbytes, self._connect)
        documents = TrustDocuments(self.disk.documents)
        self.system = SystemClock(
            self._boot_number,
            trust_host=False,
            bound=load_time(documents, journal.bound_ms),
            source=TimeSource(self._read_clock, lambda: self.clock.synchronised),
        )
        health = self.health = Health()
        own = KeyRenewal(self.name, self._identity, documents, health, self._draw, self._certified)
        units = [
            LaneUnit(
                Lane(plan.number, plan.direction, plan.has_arm, release_ms=RELEASE_MS),
                LaneRules(plan.direction, plan.zone, self._zone),
                self.arms.get(plan.number),
                (self.displays[plan.number],),
            )
            for plan in self.lanes
        ]
        core = build_core(
            self._park,
            self.name,
            units,
            own=own,
            journal=journal,
            documents=documents,
            list_files=ListFiles(self.disk.lists),
            clock=self.system,
            link=self.wire,
            health=health,
            draw=self._draw_nonce,
        )
        for arm in self.arms.values():
            arm.start(lambda _event: None)
        core.start()
        self.asked.clear()
        self.journal, self.agent, self.core = journal, core.agent, core
        self.wire.start(lambda _event: None)
        self._arm_timer(core.agent.deadline_ms())

    def _connect(self, _path: Path | str) -> sqlite3.Connection:
        return cast(sqlite3.Connection, DiskConnection(self.disk))

    def _read_clock(self) -> tuple[int, int]:
        now_ms = self._world.now_ms - self.disk.writes_ms
        wall_ms = self._world.epoch_ms + int(now_ms) + self.clock.error_ms
        return wall_ms if wall_ms > 0 else 0, int(now_ms - self._boot_ms)

    def now(self) -> Moment:
        """Return what the board's clock says."""
        assert self.system is not None
        return self.system.now()

    def deliver(self, event: Event, done: Done = nobody) -> None:
        """Give the actor an event, if there is power; `done` receives what became of it."""
        if self.alive:
            self.queue.put(event, done)
        else:
            done(Delivery.DEAD)

    def _handle(self, event: Event, waited_ms: int, took_ms: float, last: bool) -> Delivery:
        """Handle an event. Decisions on what waited are taken when its write begins."""
        agent = self.agent
        assert agent is not None  # what waits dies with the process
        try:
            self.disk.writes_ms = took_ms
            if isinstance(event, ModeAsked) and event.who:
                now = self.now()
                self.modes_by.append((now.boot, now.mono_ms, event.who))
            agent.step(event, waited_ms)
            self.disk.writes_ms = 0.0
            if isinstance(event, ModeAsked):
                self._note_mode(event)
            deadline = agent.catch_up(more_waiting=not last)
        except PowerCut:
            self._lose_power()
            return Delivery.CUT
        self._arm_timer(deadline)
        return Delivery.DONE

    def _note_mode(self, event: ModeAsked) -> None:
        self.mode_asked = True
        self.asked.pop(event.source, None)
        if event.mode is not None:
            self.asked[event.source] = event.mode

    def _arm_timer(self, deadline: int | None) -> None:
        if deadline is not None:
            self._alarm.set(self._boot_ms + deadline + _HAIR_MS)

    def _on_timer(self) -> None:
        if self.agent is None or self.queue.busy:
            return
        try:
            deadline = self.agent.tick()
        except PowerCut:
            self._lose_power()
            return
        self._arm_timer(deadline)

    def enrol(self, identity: Identity) -> None:
        """Put another bundle onto the board, which starts again."""
        self._identity = identity
        self.die()
        self.start()

    def change_card(self) -> None:
        """Put an empty card into the dead board. The old card stays for the checks."""
        self.disk.replace()
        self.cards.append(self.disk.db)

    def _lose_power(self) -> None:
        self.die()
        self._world.after(self._rng.uniform(500.0, 60_000.0), self.power_on)
        row = self.disk.db.execute(
            "SELECT record FROM passages ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        if row is not None and (last := decode(row[0])).ticket is not None:
            self.unfinished.add(last.ticket)

    def die(self) -> None:
        """End the process with everything it only remembered."""
        self._world.note("die", self.name)
        if self.alive:
            self.died_ms = self._world.now_ms
        self._life += 1
        self._alarm.cancel()
        if self.agent is not None:
            for number, late in self.agent.outage.turns_waiting.items():
                self.arms[number].turns_doubtful += late
                self.arms[number].turns_seen -= late
                self.arms[number].rightful -= late
        self.agent = self.core = self.journal = self.system = None
        self.queue.clear()
        self.disk.lose_power()
        self.wire.stop()
        for arm in self.arms.values():
            arm.stop()
