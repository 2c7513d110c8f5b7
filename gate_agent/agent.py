"""The actor: one thread, one bounded queue, one order of things: step -> commit -> perform.

It owns the order and nothing else: see `judge`, `lane`, `uplink`, `journal` and `outage`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

from gate_agent.boot import boot_rows
from gate_agent.earliest import earliest
from gate_agent.errors import JournalError
from gate_agent.events import (
    AskCentre,
    DocumentShown,
    Event,
    Expired,
    Faulted,
    JudgedAgain,
    LaneEvent,
    LinkDown,
    LinkUp,
    Lost,
    ModeAsked,
    ModeSet,
    Moved,
    Presented,
    Received,
    Recovered,
    Release,
    Returned,
    Scanned,
    Show,
    Turned,
)
from gate_agent.health import Health
from gate_agent.identity import Identity
from gate_agent.inbox import is_stale
from gate_agent.journal import Journal
from gate_agent.judge import Judge
from gate_agent.lane import handle
from gate_agent.lane_entry import at_rest
from gate_agent.lane_state import At, Phase, is_repeat, postponed
from gate_agent.modes import Modes
from gate_agent.outage import Occurrence, Outage
from gate_agent.ports import Clock
from gate_agent.staff_events import DirectionAsked, Overridden, Typed
from gate_agent.unit import LaneUnit
from gate_agent.uplink import Uplink
from gate_agent.validator.decide import Decision
from gate_agent.validator.moment import Moment


class Agent:
    """`step` takes one event; `tick` looks at the deadlines of lanes, uplink and outage. Both run
    on one thread. `outage`: while nothing can be recorded. `ground`: what codes are judged by."""

    def __init__(
        self,
        units: Sequence[LaneUnit],
        identity: Identity,
        journal: Journal,
        uplink: Uplink,
        clock: Clock,
        health: Health,
    ) -> None:
        self._units = {unit.lane.number: unit for unit in units}
        self._journal = journal
        self._uplink = uplink
        self._clock, self._health = clock, health
        self._modes = Modes(self._units)
        self._judge = Judge(
            identity, journal, uplink, clock, health,
            lambda ticket: sum(unit.claimed(ticket) for unit in units),
        )  # fmt: skip
        self.outage = Outage(journal, health)
        self.ground = uplink.shelf.ground

    def start(self) -> None:
        """Record the start, resolve what the last run left open, show that the lanes are ready.
        Raises JournalError."""
        self._uplink.load()
        first = next(iter(self._units.values())).lane
        at = self._at(self._clock.now())
        self._journal.commit(boot_rows(first, self._journal.open_grants(), at))
        for unit in self._units.values():
            unit.show(at_rest(unit.state.mode), self._health)

    def step(self, event: Event, waited_ms: int = 0) -> None:
        """What `event` leads to, which has waited its turn. What an arm did happened before it
        waited. A driver's or a stranger's fault is counted, never raised."""
        if is_stale(event, waited_ms):
            self._health.lose("shown too long ago", f"it waited {waited_ms} ms and is not judged")
            return
        match event:
            case Received(topic, payload):
                self._guarded(lambda: self._received(topic, payload))
            case Scanned(number, code) if (unit := self._units.get(number)) is not None:
                self._scanned(unit, code, waited_ms)
            case DocumentShown(number, document, text):
                self._document_shown(self._units.get(number), document, text)
            case Typed(number, serial, check) if (unit := self._units.get(number)) is not None:
                typed = sha256(f"typed {serial} {check}".encode()).digest()[:8]
                self._present(unit, typed, partial(self._judge.typed, serial, check, unit.rules))
            case DirectionAsked(number, direction) if number in self._units:
                self._units[number].turn(direction)
            case Moved(n) | Turned(n) | Returned(n) | Lost(n) if n in self._units:
                self._lane(self._units[n], event, waited_ms)
            case Overridden(n) if n in self._units:
                self._lane(self._units[n], event)
            case ModeAsked(source, mode, who):
                self._modes.ask(source, mode)
                self._set_modes(changed=True, who=who)
            case Faulted(device, text):
                self._health.fault(device, text)
                self._device_works(device, works=False)
            case Recovered(device):
                self._health.recover(device)
                self._device_works(device, works=True)
            case LinkUp():
                self._guarded(self._uplink.link_up)
            case LinkDown():
                self._uplink.link_down()

    def tick(self) -> int | None:
        """What has become due; gives what `deadline_ms` says next."""
        self._uplink.trust.look_at_clock()
        now_ms, deadline = self._clock.now().mono_ms, self.deadline_ms()
        if deadline is None or now_ms < deadline:
            return deadline
        if self.outage.lasts:
            self._retry()
        for unit in self._units.values():
            due_ms = unit.state.deadline_ms
            if due_ms is not None and now_ms >= due_ms and not self.outage.lasts:
                if unit.state.phase is Phase.CLAIMING:
                    self._uplink.neighbours.timed_out()
                self._lane(unit, Expired())
        self._guarded(lambda: self._uplink.tick(self.lanes))
        return self.deadline_ms()

    def deadline_ms(self) -> int | None:
        """When `tick` is due, in monotonic milliseconds; None for never."""
        if self.outage.retry_ms is not None:
            return self.outage.retry_ms
        lanes = [unit.state.deadline_ms for unit in self._units.values()]
        return earliest(self._uplink.deadline_ms(), *lanes)

    def lanes(self) -> tuple[tuple[int, str, str], ...]:
        """Number, mode and phase of every lane."""
        return tuple((unit.lane.number, *unit.doing) for unit in self._units.values())

    def _scanned(self, unit: LaneUnit, code: bytes, ago_ms: int) -> None:
        digest = sha256(code).digest()[:8]
        if is_repeat(unit.lane, unit.state, digest, self._clock.now().earlier(ago_ms)):
            self._health.count("repeat ignored")
            return
        self._present(unit, digest, partial(self._judge.code, code, unit.rules))

    def _received(self, topic: str, payload: bytes) -> None:
        answer = self._uplink.received(topic, payload)
        before, self.ground = self.ground, self._uplink.shelf.ground
        for unit in self._units.values() if self.ground != before else ():
            if (decision := unit.judged_again()) is not None:
                self._lane(unit, JudgedAgain(decision))
        # The number of a claim ends with the number of its lane.
        if answer is not None and (asker := self._units.get(answer.number & 0xFF)) is not None:
            self._lane(asker, answer)

    def _document_shown(self, unit: LaneUnit | None, document: str, text: str) -> None:
        if unit is None or unit.state.holder is None:
            self._health.count("document not asked for")
            return
        judge = partial(self._judge.document, unit.state.holder, unit.rules, document, text)
        self._present(unit, unit.state.seen, judge)

    def _present(self, unit: LaneUnit, digest: bytes, judge: Callable[[], Decision]) -> None:
        if self.outage.lasts:
            unit.out_of_order(self._health)
            return
        self._guarded(lambda: self._lane(unit, Presented(judge(), digest, judge)))

    def _device_works(self, device: str, *, works: bool) -> None:
        for unit in self._units.values():
            if unit.reader_works(device, works=works) and unit.state.phase is Phase.IDLE:
                unit.show(at_rest(unit.state.mode), self._health)
        self._set_modes(self._modes.arm_works(device, works=works))

    def _set_modes(self, changed: bool, who: str = "") -> None:
        for unit in self._units.values() if changed else ():
            self._lane(unit, ModeSet(self._modes.of(unit.lane.number), who))
        self._uplink.report_soon()

    def _lane(self, unit: LaneUnit, event: LaneEvent, ago_ms: int = 0) -> None:
        one = Occurrence(unit.lane.number, event, self._clock.now().earlier(ago_ms))
        if self.outage.lasts or not self._handle(one):
            self.outage.keep(one)

    def _handle(self, one: Occurrence) -> bool:
        """Step, commit, perform. False if nothing of it happened: it could not be recorded."""
        unit = self._units[one.lane]
        before = unit.state
        step = handle(unit.lane, before, one.event, self._at(one.at))
        if step.rows:
            try:
                self._journal.commit(step.rows)
            except JournalError as error:
                self._out_of_order(error)
                return False
        unit.state = step.state
        if step.state.mode is not before.mode:
            unit.tell_mode(self._modes.why(one.lane, self._health.faults))
        for effect in step.effects:
            match effect:
                case Release():
                    unit.release(self._health)
                case AskCentre():
                    self._uplink.neighbours.claim(effect)
                case Show():
                    unit.show(effect, self._health)
        unit.state = postponed(unit.state, before, self._clock.now().mono_ms - one.at.mono_ms)
        if step.rows:
            self._guarded(self._uplink.recorded)
        return True

    def _at(self, now: Moment) -> At:
        seq, list_version = self._journal.head + 1, self._uplink.list_version
        return At(now, seq, list_version, self._uplink.neighbours.ask)

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except JournalError as error:
            self._out_of_order(error)

    def _out_of_order(self, error: JournalError) -> None:
        self.outage.begin(error, self._clock.now().mono_ms)
        for unit in self._units.values():
            unit.out_of_order(self._health)

    def _retry(self) -> None:
        try:
            self.outage.end()
        except JournalError as error:
            self._out_of_order(error)
            return
        for unit in self._units.values():
            unit.show(at_rest(unit.state.mode), self._health)
        while (late := self.outage.oldest) and self._handle(late):
            self.outage.forget_oldest()
