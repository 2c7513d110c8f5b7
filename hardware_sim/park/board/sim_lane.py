"""Visitors in virtual time: they queue at a lane, show what they have, and do what people do."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from gate_agent.effects import Show, Sign
from gate_agent.events import DocumentShown, Scanned
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from hardware_sim.devices.turnstile_state import Happened, Push, What
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.centre.centre import HURRY_MS
from hardware_sim.park.world import World

AGAIN_MS = 3000.0
MOST_TRIES = 12
LAST_HOPE_MS = 5000.0
"""Who has shown a code stays for the answer."""
IMPATIENT = 0.15
LIST_MS = 0.0, 60.0
"""So long a small list is on its way, and the centre is asked about a ticket."""
_TRY_AGAIN = {Reason.TORN, Reason.BUSY, Reason.PASSING, Reason.NO_LIST, Reason.HOLDER_TIMEOUT}


class Manner(StrEnum):
    """How somebody behaves at the arm."""

    PASS = "pass"
    WIGGLE = "wiggle"
    SLOW = "slow"
    NO_SHOW = "no_show"
    FORCE = "force"


@dataclass(slots=True)
class Guest:
    """One visitor or a team. `code` None: shows nothing. `honest`: holds a good ticket that
    nobody else uses, so must get in in the end. `document`: what is shown when asked, by an
    `impostor` another person's than the ticket's. `first`: what is done behind the guest's
    back, so that gates hear of it while the code is shown. `then`: once all have passed."""

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


class SimLane:
    """The people in front of one lane of one gate. `misread`: share of scans that go wrong.
    `waved`: persons whom staff let in at a handheld."""

    def __init__(
        self, world: World, gate: SimGate, lane: int, direction: Direction, misread: float
    ) -> None:
        self.gate = gate
        self.lane = lane
        self.direction = direction
        self.misread = misread
        self.left: list[Guest] = []
        self.waved = 0
        self._world = world
        self._rng: random.Random = world.stream(f"guests {gate.name} {lane}")
        self._queue: deque[Guest] = deque()
        self._guest: Guest | None = None
        self._turn = 0
        gate.displays[lane].watcher = self._shown
        self._arm = gate.arms.get(lane)
        if self._arm is not None:
            self._arm.on_happened = self._happened

    @property
    def idle(self) -> bool:
        """Nobody is here."""
        return self._guest is None and not self._queue

    def arrive(self, guest: Guest) -> None:
        """Join the queue."""
        self._queue.append(guest)
        if self._guest is None:
            self._next()

    def _next(self) -> None:
        if self._guest is None and self._queue:
            self._guest = self._queue.popleft()
            self._soon(self._rng.uniform(800.0, 2500.0), self._act)

    def _soon(self, ms: float, act: Callable[[Guest], None]) -> None:
        """`act` for this guest, unless something else has happened first."""
        guest = self._guest
        self._turn += 1
        turn = self._turn
        if guest is None:
            return

        def later() -> None:
            if turn == self._turn and guest is self._guest:
                act(guest)

        self._world.after(ms, later)

    def _act(self, guest: Guest) -> None:
        """Show the code, or break through."""
        if guest.first is not None:
            first, guest.first = guest.first, None
            first()
            self._soon(HURRY_MS + self._rng.uniform(*LIST_MS), self._act)
            return
        guest.tries += 1
        if guest.tries > MOST_TRIES:
            self._soon(LAST_HOPE_MS, self._leave)
            return
        if guest.manner is Manner.FORCE or guest.code is None:
            assert self._arm is not None
            self._arm.push(Push(force=True))
            self._soon(AGAIN_MS, self._leave)
            return
        self._soon(AGAIN_MS + self._rng.uniform(0.0, 500.0), self._act)
        code = guest.code
        if self._rng.random() < self.misread:
            code = self._garbled(code)
        self._world.note("show", self.gate.name, self.lane, guest.number)
        self.gate.deliver(Scanned(self.lane, code))

    def _garbled(self, code: bytes) -> bytes:
        at = self._rng.randrange(len(code))
        if self._rng.random() < 0.5:
            return code[:at]
        return code[:at] + bytes((code[at] ^ 1 << self._rng.randrange(7),)) + code[at + 1 :]

    def _shown(self, show: Show) -> None:
        """The lane's display speaks, in the middle of the gate's step: react a little later."""
        guest = self._guest
        if guest is None:
            return
        match show.sign:
            case Sign.GO if self._arm is None:
                guest.passed += show.persons
                self.waved += show.persons
                self._soon(500.0, self._leave)
            case Sign.GO:
                self._soon(AGAIN_MS + 4000.0, self._act)
                self._jump_the_queue()
            case Sign.FREE if self._arm is None:
                guest.passed = guest.persons  # staff ask nobody for anything
                self._soon(500.0, self._leave)
            case Sign.FREE:
                self._soon(self._rng.uniform(300.0, 4000.0), self._push)
            case Sign.REFUSED if show.reason is not None:
                guest.refused.append(show.reason)
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

    def _jump_the_queue(self) -> None:
        """Whoever is next shows the code while the first is still in the arm."""
        if self._queue and self._rng.random() < IMPATIENT:
            code = self._queue[0].code
            if code is not None:
                self._world.after(
                    self._rng.uniform(50.0, 900.0),
                    lambda: self._show_early(Scanned(self.lane, code)),
                )

    def _show_early(self, scanned: Scanned) -> None:
        self.gate.deliver(scanned)

    def _retry_or_leave(self, guest: Guest) -> None:
        again = guest.refused[-1] in _TRY_AGAIN or guest.tries < 3
        (self._act if again else self._leave)(guest)

    def _show_document(self, guest: Guest) -> None:
        self._soon(AGAIN_MS, self._act)
        if guest.document is not None:
            self.gate.deliver(DocumentShown(self.lane, *guest.document))

    def _happened(self, happened: Happened) -> None:
        guest = self._guest
        if guest is None or self._arm is None:
            return
        match happened.what:
            case What.UNLOCKED if guest.passed < guest.persons:
                self._walk_in(guest)
            case What.TURNED | What.FORCED:
                guest.passed += 1
                if guest.passed >= guest.persons:
                    self._soon(300.0, self._leave)
                elif self._arm.state.unlocked:
                    self._walk_in(guest)
                else:
                    self._soon(AGAIN_MS, self._act)
            case What.LOCKED | What.BLOCKED if guest.manner is Manner.NO_SHOW:
                self._soon(500.0, self._leave)
            case What.BLOCKED:
                self._soon(AGAIN_MS, self._act)
            case _:
                pass

    def _walk_in(self, guest: Guest) -> None:
        if guest.manner is Manner.NO_SHOW:
            return
        slow = guest.manner is Manner.SLOW
        wait_ms = self._rng.uniform(3500.0, 4900.0) if slow else self._rng.uniform(300.0, 2500.0)
        self._soon(wait_ms, self._push)

    def _push(self, guest: Guest) -> None:
        assert self._arm is not None
        wiggle = self._rng.uniform(5.0, 33.0) if guest.manner is Manner.WIGGLE else 0.0
        # If nothing comes of it the code is shown again.
        self._soon(AGAIN_MS + 2000.0, self._act)
        self._arm.push(Push(wiggle_deg=wiggle))

    def _leave(self, guest: Guest) -> None:
        self._turn += 1
        self._guest = None
        self.left.append(guest)
        then, guest.then = guest.then, None
        if then is not None and guest.passed >= guest.persons:
            then()
        self._next()
