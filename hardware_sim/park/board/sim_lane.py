"""Visitors in virtual time: they queue at a lane, show what they have, and do what people do."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Protocol

from gate_agent.effects import Show, Sign
from gate_agent.events import DocumentShown, PersonsChosen, Scanned
from gate_agent.validator.reasons import Reason
from hardware_sim.devices.turnstile_state import Happened, Push, What
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.board.parts import LanePlan
from hardware_sim.park.centre.centre import HURRY_MS
from hardware_sim.park.world import World

AGAIN_MS = 3000.0
MOST_TRIES = 12
LAST_HOPE_MS = 5000.0
"""Who has shown a code stays for the answer."""
IMPATIENT = 0.15
HELPFUL = 0.05
"""Shares of visitors who show a code early, and of refusals that staff override."""
CHOOSE_MS = 500.0, 3000.0
CHOOSES_OTHERWISE = 0.5
"""How soon staff at a handheld say how many of a team go through, and how often another number than
the screen."""
ANSWER_MS = 60_000.0
"""So long a refusal may be overridden."""
LATE_STAFF = 0.3
"""Share of the other refusals that staff would override when it is too late."""
LIST_MS = 0.0, 60.0
"""So long a small list is on its way, and the centre is asked about a ticket."""
_NUMBERS = {Reason.TYPED, Reason.MISTYPED}
_TRY_AGAIN = {Reason.TORN, Reason.BUSY, Reason.PASSING, Reason.NO_LIST, Reason.HOLDER_TIMEOUT}


class Manner(StrEnum):
    """How somebody behaves at the arm."""

    PASS = "pass"
    WIGGLE = "wiggle"
    SLOW = "slow"
    NO_SHOW = "no_show"
    FORCE = "force"


@dataclass(slots=True)
class Visitor:
    """One visitor or a team. `code` None: shows nothing. `honest`: holds a good ticket that
    nobody else uses, so must get in in the end. `document`: what is shown when asked, by an
    `impostor` another person's than the ticket's. `first`: what is done behind the visitor's
    back, so that gates hear of it while the code is shown. `then`: once all have passed.
    `prompt`: shows the code at the very moment of arriving. `number_typed`: staff type the printed
    number of a code that nothing can read."""

    number: int
    code: bytes | None
    serial: int | None
    persons: int
    manner: Manner
    honest: bool
    document: tuple[str, str] | None = None
    impostor: bool = False
    passed: int = 0
    tries: int = 0
    refused: list[Reason] = field(default_factory=list)
    first: Callable[[], None] | None = None
    then: Callable[[], None] | None = None
    prompt: bool = False
    number_typed: str | None = None


class Staff(Protocol):
    """Who works at a gate, as far as its visitors see."""

    def override(
        self, lane: int, record: int, persons: int, reason: Reason, *, late: bool = False
    ) -> None:
        """Let so many in against a refusal, which may be too late."""

    def type_number(self, lane: int, number: str) -> None:
        """Type a printed number."""


class SimLane:
    """The people in front of one lane of one gate. `misread`: share of scans that go wrong.
    `waved`: persons whom staff let in at a handheld. `staff`: who work here. `told`: the
    reasons that the display gave, each with gate, card and number of its record."""

    def __init__(self, world: World, gate: SimGate, plan: LanePlan, misread: float) -> None:
        self.gate = gate
        self.lane = lane = plan.number
        self.direction = plan.direction
        self.zone = plan.zone
        self.told: list[tuple[SimGate, int, int, Reason]] = []
        self.misread = misread
        self.left: list[Visitor] = []
        self.waved = 0
        self.staff: Staff | None = None
        self._world = world
        # The name of the stream decides what a seed means: it stays as it was first written down.
        self._rng: random.Random = world.stream(f"guests {gate.name} {lane}")
        self._late: random.Random = world.stream(f"late staff {gate.name} {lane}")
        self._queue: deque[Visitor] = deque()
        self._visitor: Visitor | None = None
        self._turn = 0
        self._asked: int | None = None
        gate.displays[lane].watcher = self._shown
        self._arm = gate.arms.get(lane)
        if self._arm is not None:
            self._arm.on_happened = self._happened

    @property
    def idle(self) -> bool:
        """Nobody is here."""
        return self._visitor is None and not self._queue

    def arrive(self, visitor: Visitor) -> None:
        """Join the queue."""
        self._queue.append(visitor)
        if self._visitor is None:
            self._next()

    def _next(self) -> None:
        if self._visitor is None and self._queue:
            self._visitor = self._queue.popleft()
            wait_ms = self._rng.uniform(800.0, 2500.0)
            self._soon(0.0 if self._visitor.prompt else wait_ms, self._act)

    def _soon(self, ms: float, act: Callable[[Visitor], None]) -> None:
        """Let this visitor do `act` in `ms`, unless something else has happened first."""
        visitor = self._visitor
        self._turn += 1
        turn = self._turn
        if visitor is None:
            return

        def later() -> None:
            if turn == self._turn and visitor is self._visitor:
                act(visitor)

        self._world.after(ms, later)

    def _act(self, visitor: Visitor) -> None:
        """Show the code, or break through."""
        if visitor.first is not None:
            first, visitor.first = visitor.first, None
            first()
            self._soon(HURRY_MS + self._rng.uniform(*LIST_MS), self._act)
            return
        visitor.tries += 1
        if visitor.tries > MOST_TRIES:
            self._soon(LAST_HOPE_MS, self._leave)
            return
        if visitor.manner is Manner.FORCE or visitor.code is None:
            assert self._arm is not None
            self._arm.push(Push(force=True))
            self._soon(AGAIN_MS, self._leave)
            return
        self._soon(AGAIN_MS + self._rng.uniform(0.0, 500.0), self._act)
        code = visitor.code
        if self._rng.random() < self.misread:
            code = self._garbled(code)
        self._world.note("show", self.gate.name, self.lane, visitor.number)
        if visitor.number_typed is not None and self.staff is not None:
            self.staff.type_number(self.lane, visitor.number_typed)
            return
        self.gate.deliver(Scanned(self.lane, code))

    def _garbled(self, code: bytes) -> bytes:
        at = self._rng.randrange(len(code))
        if self._rng.random() < 0.5:
            return code[:at]
        return code[:at] + bytes((code[at] ^ 1 << self._rng.randrange(7),)) + code[at + 1 :]

    def _shown(self, show: Show) -> None:
        """Receive what the lane's display shows, in the middle of the gate's step: react a little
        later."""
        if show.reason is not None and show.record is not None:
            self.told.append((self.gate, len(self.gate.cards) - 1, show.record, show.reason))
        visitor = self._visitor
        if show.overridden and visitor is None and self._arm is None:
            self.waved += show.persons  # staff are still there, and know whom they meant
        if visitor is None:
            return
        match show.sign:
            case Sign.GO if self._arm is None:
                self._waved_in(visitor, show)
            case Sign.GO:
                self._soon(AGAIN_MS + 4000.0, self._act)
                self._jump_the_queue()
            case Sign.FREE if self._arm is None:
                visitor.passed = visitor.persons  # staff ask nobody for anything
                self._soon(500.0, self._leave)
            case Sign.FREE:
                self._soon(self._rng.uniform(300.0, 4000.0), self._push)
            case Sign.REFUSED if show.reason is not None:
                visitor.refused.append(show.reason)
                if self._helped(visitor, show):
                    return
                if show.reason in _TRY_AGAIN or self.misread:
                    self._soon(self._rng.uniform(1600.0, 4000.0), self._retry_or_leave)
                else:
                    self._soon(1000.0, self._leave)
            case Sign.SHOW_ID:
                self._soon(self._rng.uniform(1000.0, 4000.0), self._show_document)
            case Sign.OUT_OF_ORDER:
                self._soon(5000.0, self._act)
            case _:
                pass

    def _waved_in(self, visitor: Visitor, show: Show) -> None:
        """Go in at a handheld; staff may ask first how many of a team it shall be."""
        if show.record not in (None, self._asked):
            self._asked = show.record
            self._soon(self._rng.uniform(*CHOOSE_MS), partial(self._choose, show))
            return
        visitor.passed += show.persons
        self.waved += show.persons
        through = visitor.passed >= visitor.persons
        self._soon(500.0 if through else AGAIN_MS, self._leave if through else self._act)

    def _choose(self, show: Show, visitor: Visitor) -> None:
        """Let staff say how many of a team go through now: all of them, or some, or more than there
        are; the code is shown again for the others."""
        assert show.record is not None
        self._soon(AGAIN_MS, self._act)
        persons = show.persons
        if self._rng.random() < CHOOSES_OTHERWISE:
            persons += self._rng.choice((-1, 1, 2))
        self.gate.deliver(PersonsChosen(self.lane, show.record, persons, done=True))

    def _helped(self, visitor: Visitor, show: Show) -> bool:
        """Let staff override a refusal, if they are there and mean to."""
        staff, record, reason = self.staff, show.record, show.reason
        if staff is None or record is None or reason is None or visitor.impostor:
            return False
        if self._rng.random() >= (0.9 if reason in _NUMBERS else HELPFUL):
            self._come_late(record, reason)
            return False

        def help_in(visitor: Visitor) -> None:
            self._soon(AGAIN_MS, self._leave)
            staff.override(self.lane, record, visitor.persons - visitor.passed, reason)

        self._soon(self._rng.uniform(1500.0, 9000.0), help_in)
        return True

    def _come_late(self, record: int, reason: Reason) -> None:
        """Let staff come when nobody may be let in against this refusal any more."""
        staff = self.staff
        if staff is not None and self._late.random() < LATE_STAFF:
            late_ms = self._late.uniform(ANSWER_MS + 500.0, ANSWER_MS + 5000.0)
            self._world.after(
                late_ms, lambda: staff.override(self.lane, record, 1, reason, late=True)
            )

    def _jump_the_queue(self) -> None:
        """Let the next visitor show the code while the first is still in the arm."""
        if self._queue and self._rng.random() < IMPATIENT:
            code = self._queue[0].code
            if code is not None:
                self._world.after(
                    self._rng.uniform(50.0, 900.0),
                    lambda: self._show_early(Scanned(self.lane, code)),
                )

    def _show_early(self, scanned: Scanned) -> None:
        self.gate.deliver(scanned)

    def _retry_or_leave(self, visitor: Visitor) -> None:
        again = visitor.refused[-1] in _TRY_AGAIN or visitor.tries < 3
        (self._act if again else self._leave)(visitor)

    def _show_document(self, visitor: Visitor) -> None:
        self._soon(AGAIN_MS, self._act)
        if visitor.document is not None:
            self.gate.deliver(DocumentShown(self.lane, *visitor.document))

    def _happened(self, happened: Happened) -> None:
        visitor = self._visitor
        if visitor is None or self._arm is None:
            return
        match happened.what:
            case What.UNLOCKED if visitor.passed < visitor.persons:
                self._walk_in(visitor)
            case What.TURNED | What.FORCED:
                visitor.passed += 1
                if visitor.passed >= visitor.persons:
                    self._soon(300.0, self._leave)
                elif self._arm.state.unlocked:
                    self._walk_in(visitor)
                else:
                    self._soon(AGAIN_MS, self._act)
            case What.LOCKED | What.BLOCKED if visitor.manner is Manner.NO_SHOW:
                self._soon(500.0, self._leave)
            case What.BLOCKED:
                self._soon(AGAIN_MS, self._act)
            case _:
                pass

    def _walk_in(self, visitor: Visitor) -> None:
        if visitor.manner is Manner.NO_SHOW:
            return
        slow = visitor.manner is Manner.SLOW
        wait_ms = self._rng.uniform(3500.0, 4900.0) if slow else self._rng.uniform(300.0, 2500.0)
        self._soon(wait_ms, self._push)

    def _push(self, visitor: Visitor) -> None:
        assert self._arm is not None
        wiggle = self._rng.uniform(5.0, 33.0) if visitor.manner is Manner.WIGGLE else 0.0
        # If nothing comes of it the code is shown again.
        self._soon(AGAIN_MS + 2000.0, self._act)
        self._arm.push(Push(wiggle_deg=wiggle))

    def _leave(self, visitor: Visitor) -> None:
        self._turn += 1
        self._visitor = None
        self.left.append(visitor)
        then, visitor.then = visitor.then, None
        if then is not None and visitor.passed >= visitor.persons:
            then()
        self._next()
