"""The actor: one thread, one inbox, one order of things: step -> commit -> perform.

It owns the order and nothing else: `judge` decides on tickets, `lane` on what follows, `uplink`
talks to the centre, `journal` records, `outage` bridges the time in which it cannot.
"""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

from gate_agent.actor.inbox import is_stale
from gate_agent.actor.judge import Judge
from gate_agent.actor.outage import Outage
from gate_agent.actor.unit import LaneUnit
from gate_agent.deadlines import next_deadline
from gate_agent.effects import AskCentre, LaneEffect, Release, Show
from gate_agent.errors import JournalError
from gate_agent.events import (
    DirectionAsked,
    DocumentAwaited,
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
    Overridden,
    PersonsChosen,
    Presented,
    Received,
    Recovered,
    Returned,
    Scanned,
    Turned,
    Typed,
)
from gate_agent.health import Health
from gate_agent.journal.journal import Journal
from gate_agent.lane.boot import boot_rows
from gate_agent.lane.entry import at_rest
from gate_agent.lane.modes import Modes
from gate_agent.lane.state import Occurrence, Phase, StepContext
from gate_agent.lane.table import handle
from gate_agent.lane.timing import is_repeat, postponed
from gate_agent.ports import Clock
from gate_agent.trust.in_force import refresh_clock_fault
from gate_agent.uplink.session import Uplink
from gate_agent.validator.decide import Decision
from gate_agent.validator.messages.claim_number import lane_of
from gate_agent.validator.moment import Moment

MOST_EVENTS_BEFORE_TICK = 50
"""While events wait without end, deadlines are checked after so many of them."""


class Agent:
    """`step` takes one event; `catch_up` and `tick` do what is due at lanes, uplink and outage. All
    run on one thread. `outage`: while nothing can be recorded. `decision_basis`: by which lists,
    rules and keys the visitors who wait have been judged."""

    def __init__(
        self,
        units: Sequence[LaneUnit],
        judge: Judge,
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
        self._judge = judge
        self._behind = 0
        self.outage = Outage(journal, health)
        self.decision_basis = judge.decision_basis

    def start(self) -> None:
        """Record the start, resolve what the last run left open, show that the lanes are ready.

        Raises JournalError.
        """
        first = next(iter(self._units.values())).lane
        at = self._context(self._clock.now())
        self._journal.commit(boot_rows(first, self._journal.open_grants(), at))
        for unit in self._units.values():
            unit.show(at_rest(unit.state.mode), self._health)

    def step(self, event: Event, waited_ms: int = 0) -> None:
        """Handle one event, which has waited `waited_ms` in the queue. What an arm did happened
        before it waited. A driver's or a stranger's fault is counted, never raised."""
        if is_stale(event, waited_ms):
            self._health.discard(
                "shown too long ago", f"it waited {waited_ms} ms and is not judged"
            )
            return
        match event:
            case Received(topic, payload):
                self._guarded(lambda: self._receive(topic, payload))
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
            case Overridden(n) | PersonsChosen(n) | DocumentAwaited(n) if n in self._units:
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
            case LinkDown(why):
                self._uplink.link_down(why)

    def catch_up(self, *, more_waiting: bool) -> int | None:
        """Do what is due after an event, unless more events wait; return the next deadline.

        What has happened while a write took its time comes before the deadlines that have passed
        meanwhile: else a visitor who is through the arm would be an intruder.
        """
        self._behind = self._behind + 1 if more_waiting else 0
        if self._behind % MOST_EVENTS_BEFORE_TICK:
            return self.deadline_ms()
        return self.tick()

    def tick(self) -> int | None:
        """Do what is due; return the next deadline, as `deadline_ms`."""
        refresh_clock_fault(self._clock, self._health)
        now_ms, deadline = self._clock.now().mono_ms, self.deadline_ms()
        if deadline is None or now_ms < deadline:
            return deadline
        if self.outage.lasts:
            self._retry()
        for unit in self._units.values():
            due_ms = unit.state.deadline_ms
            if due_ms is not None and now_ms >= due_ms and not self.outage.lasts:
                if unit.state.phase is Phase.CLAIMING:
                    self._uplink.claim_timed_out()
                self._lane(unit, Expired())
        self._guarded(lambda: self._uplink.tick(self.lanes))
        return self.deadline_ms()

    def deadline_ms(self) -> int | None:
        """Return when `tick` is due, in monotonic milliseconds; None for never."""
        if self.outage.retry_ms is not None:
            return self.outage.retry_ms
        lanes = [unit.state.deadline_ms for unit in self._units.values()]
        return next_deadline(self._uplink.deadline_ms(), *lanes)

    def check_journal(self) -> None:
        """Close the lanes if the journal's file was removed below this process."""
        if not self.outage.lasts:
            self._guarded(self._journal.refuse_if_removed)

    def lanes(self) -> tuple[tuple[int, str, str], ...]:
        """Return number, mode and phase of every lane."""
        return tuple((unit.lane.number, *unit.doing) for unit in self._units.values())

    def _scanned(self, unit: LaneUnit, code: bytes, ago_ms: int) -> None:
        digest = sha256(code).digest()[:8]
        if is_repeat(unit.lane, unit.state, digest, self._clock.now().earlier(ago_ms)):
            self._health.count("repeat ignored")
            return
        self._present(unit, digest, partial(self._judge.code, code, unit.rules))

    def _receive(self, topic: str, payload: bytes) -> None:
        answer = self._uplink.receive(topic, payload)
        before, self.decision_basis = self.decision_basis, self._judge.decision_basis
        for unit in self._units.values() if self.decision_basis != before else ():
            if (decision := unit.judged_again()) is not None:
                self._lane(unit, JudgedAgain(decision))
        if answer is not None and (asker := self._units.get(lane_of(answer.number))) is not None:
            self._lane(asker, answer)

    def _document_shown(self, unit: LaneUnit | None, document: str, text: str) -> None:
        if unit is None or unit.state.holder is None:
            self._health.count("document not asked for")
            return
        judge = partial(self._judge.document, unit.state.holder, unit.rules, document, text)
        self._present(unit, unit.state.last_code, judge)

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
        occurrence = Occurrence(unit.lane.number, event, self._clock.now().earlier(ago_ms))
        if self.outage.lasts or not self._handle(occurrence):
            self.outage.store(occurrence)

    def _handle(self, occurrence: Occurrence) -> bool:
        """Step, commit, perform. Return False if it could not be recorded; then nothing of it has
        happened."""
        unit = self._units[occurrence.lane]
        before = unit.state
        step = handle(unit.lane, before, occurrence.event, self._context(occurrence.at))
        if step.rows:
            try:
                self._journal.commit(step.rows)
            except JournalError as error:
                self._out_of_order(error)
                return False
        unit.state = step.state
        if step.state.mode is not before.mode:
            unit.log_mode(self._modes.reason_of(occurrence.lane, self._health.faults))
        for effect in step.effects:
            self._perform(unit, effect)
        late_ms = self._clock.now().mono_ms - occurrence.at.mono_ms
        unit.state = postponed(unit.state, before, late_ms)
        if step.rows:
            self._guarded(self._uplink.recorded)
        return True

    def _perform(self, unit: LaneUnit, effect: LaneEffect) -> None:
        match effect:
            case Release():
                unit.release(self._health)
            case AskCentre():
                self._uplink.send_claim(effect)
            case Show():
                unit.show(effect, self._health)

    def _context(self, now: Moment) -> StepContext:
        list_version, policy = self._judge.list_version, self._uplink.claim_policy
        return StepContext(now, self._journal.head + 1, list_version, policy)

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
