"""Scripted visitors at a tripod's true mechanics, and a count that knows the mechanics alone.

Contacts bounce, contacts of one board open not quite together, people wiggle, back out, follow each
other through on one grant, break through, and the turnstile's power dips at any moment. What the
contact logic and the lane make of it is compared with how often the arm really turned.

Some things no contact can show, and the reference says so: a turn that lies in the dark, and one
that set out in the light and ended in the dark (that one must end as unresolved). A turn that
shows itself for less than `DOUBT_MS` is drawn again: a person could argue either way.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from gate_agent.drivers.arms.passage_sensor import PassageSensor
from gate_agent.drivers.pins.contacts import Contact
from gate_agent.effects import Release
from gate_agent.events import Event, Expired, LaneEvent, Presented
from gate_agent.lane.state import Lane, LaneState, StepContext
from gate_agent.lane.table import handle
from gate_agent.validator.decide import Granted
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.devices.turnstile import due_ms, step
from hardware_sim.devices.turnstile_state import (
    HOME_DEG,
    PASSAGE_DEG,
    Cause,
    Mechanics,
    Power,
    Push,
    RelayState,
    Tick,
    Turnstile,
)

DOUBT_MS = 300.0
_LANE = Lane(1, Direction.IN, has_arm=True, release_ms=5500)
_TICKET = Ticket(
    key_id=b"abcd", serial=7, issued_at=600, not_before=600, expires_at=86_400, product=1, admits=9
)
_LEVELS: dict[str, Callable[[Turnstile], bool]] = {
    "ready": lambda state: state.powered,
    "home": lambda state: state.home_closed,
    "passage": lambda state: state.passage_closed,
}


class Act(Enum):
    """What a visitor does."""

    PASS = "pass"
    WIGGLE = "wiggle"
    BACK_OUT = "back out"
    TAILGATE = "tailgate"
    TEAM = "team"
    FORCE = "force"
    NO_SHOW = "no show"


ACTS = tuple(Act)


@dataclass
class Truth:
    """What the mechanics say. `seen`: turns that showed themselves; `lost`: those that set out in
    the light and ended in the dark; `doubtful`: those that a person could argue about."""

    seen: int = 0
    lost: int = 0
    hidden: int = 0
    doubtful: int = 0


@dataclass
class Counted:
    """What the lane recorded, by kind of record, in persons."""

    kinds: Counter[PassageKind] = field(default_factory=Counter)

    @property
    def passages(self) -> int:
        """Persons who are known to have gone through."""
        return self.kinds[PassageKind.TAKEN] + self.kinds[PassageKind.FORCED]


class Visit:
    """One visitor or team from the grant to the arm at rest. `home`, `ready`: whether wired."""

    def __init__(self, rng: random.Random, *, dips: bool, home: bool = True, ready: bool = True):
        self.act = rng.choice(ACTS)
        self.dips = dips and rng.random() < 0.4
        self._rng = rng
        self._wired = {"passage": True, "home": home, "ready": ready}
        self.truth, self.counted = Truth(), Counted()
        turn_ms = rng.choice((300.0, 450.0, 700.0, 1000.0, 1600.0))
        self._state = Turnstile(Mechanics(turn_ms=turn_ms, fail_safe=rng.random() < 0.3))
        self._causes: list[tuple[float, Cause]] = []
        self._edges: list[tuple[float, str, bool]] = []
        self._lane = LaneState()
        self._seq = 1
        self._now_ms = 1000.0

    def run(self) -> None:
        """All of it, from a lane and an arm at rest to the same."""
        self._script()
        self._contacts = {name: Contact(True) for name, wired in self._wired.items() if wired}
        passage, home, ready = (self._contacts.get(name) for name in _ORDER)
        self._judge = PassageSensor(1, passage, home, ready, 0.0)
        if self.act is not Act.FORCE:
            persons = 3 if self.act is Act.TEAM else 1
            self._happens(
                Presented(Granted(ticket=_TICKET, persons=persons), b"code"), self._now_ms
            )
        self._play()

    # --- the script: what people and power do --------------------------------------------------

    def _script(self) -> None:
        rng, turn_ms = self._rng, self._state.mechanics.turn_ms
        at_ms = self._now_ms + rng.uniform(400.0, 2500.0)
        match self.act:
            case Act.PASS:
                self._push(at_ms, Push())
            case Act.WIGGLE:
                self._push(at_ms, Push(wiggle_deg=rng.uniform(9.0, 34.0)))
            case Act.BACK_OUT:
                self._push(at_ms, Push(through=False, wiggle_deg=rng.uniform(9.0, 34.0)))
            case Act.TAILGATE:
                self._push(at_ms, Push())
                self._push(at_ms + turn_ms + rng.choice((0.1, 30.0, 400.0)), Push(force=True))
            case Act.TEAM:
                for _ in range(3):
                    self._push(at_ms, Push())
                    at_ms += turn_ms + rng.uniform(700.0, 2000.0)
            case Act.FORCE:
                self._push(at_ms, Push(force=True))
            case Act.NO_SHOW:
                pass
        if self.dips:
            for _ in range(rng.choice((1, 1, 2))):
                start_ms = self._now_ms + rng.uniform(0.0, 6000.0)
                lasts_ms = rng.choice((5.0, 15.0, 30.0, 60.0, 200.0, 900.0, 3000.0))
                self._causes.append((start_ms, Power(on=False)))
                self._causes.append((start_ms + lasts_ms * rng.uniform(0.7, 1.3), Power(on=True)))
        self._causes.sort(key=lambda cause: cause[0])

    def _push(self, at_ms: float, push: Push) -> None:
        self._causes.append((at_ms, push))

    # --- the play ------------------------------------------------------------------------------

    def _play(self) -> None:
        """Mechanics, edges, contact logic and lane, in the order of time."""
        turn = _Turn()
        while (now := self._next_ms()) is not None:
            self._now_ms = max(self._now_ms, now)
            self._move_until(now, turn)
            for event in list(self._judge.events(self._now_ms)):
                self._happens(event, self._now_ms)
            deadline = self._lane.deadline_ms
            if deadline is not None and self._now_ms >= deadline:
                self._happens(Expired(), self._now_ms)

    def _next_ms(self) -> float | None:
        times = [self._causes[0][0] if self._causes else None, due_ms(self._state)]
        times += [self._edges[0][0] if self._edges else None, self._judge.due_ms]
        times.append(self._lane.deadline_ms)
        return min((time for time in times if time is not None), default=None)

    def _move_until(self, now: float, turn: "_Turn") -> None:
        """Let happen what is due first: a cause, a movement, or an edge of a contact."""
        if self._causes and self._causes[0][0] <= now:
            self._move(self._causes.pop(0)[1], turn)
        elif (mechanical := due_ms(self._state)) is not None and mechanical <= now:
            self._move(Tick(), turn)
        elif self._edges and self._edges[0][0] <= now:
            _, name, closed = self._edges.pop(0)
            self._contacts[name].seen(closed, self._now_ms)

    def _move(self, cause: Cause, turn: "_Turn") -> None:
        before = self._state
        self._state, _ = step(before, cause, self._now_ms)
        turn.follow(before, self._state, self.truth)
        for name, level in _LEVELS.items():
            if self._wired[name] and level(before) != level(self._state):
                self._bounce(name, level(self._state), power=before.powered != self._state.powered)
        self._edges.sort(key=lambda edge: edge[0])

    def _bounce(self, name: str, closed: bool, *, power: bool) -> None:
        """A few false touches within 8 ms; relays of a board that goes dark are not quite equal."""
        at_ms = self._now_ms + (self._rng.uniform(0.0, 12.0) if power else 0.0)
        pending = [edge for edge in self._edges if edge[1] == name]
        self._edges = [edge for edge in self._edges if edge[1] != name]
        at_ms = max([at_ms, *(edge[0] for edge in pending[-1:])]) if pending else at_ms
        self._edges += pending
        for _ in range(self._rng.randrange(4)):
            self._edges.append((at_ms, name, closed))
            at_ms += self._rng.uniform(0.1, 1.0)
            self._edges.append((at_ms, name, not closed))
            at_ms += self._rng.uniform(0.1, 1.0)
        self._edges.append((at_ms, name, closed))

    def _happens(self, event: Event | LaneEvent, at_ms: float) -> None:
        """The lane takes it; its pulses go to the mechanics."""
        now = Moment(1_700_000_000_000 + int(at_ms), int(at_ms), 1, ClockState.TRUSTED, 0)
        done = handle(_LANE, self._lane, event, StepContext(now, self._seq, 1))  # type: ignore[arg-type]
        self._lane = done.state
        self._seq += len(done.rows)
        for row in done.rows:
            self.counted.kinds[row.kind] += row.persons
        for effect in done.effects:
            if isinstance(effect, Release):
                self._causes.append((at_ms + 0.5, RelayState(closed=True)))
                self._causes.append((at_ms + 300.5, RelayState(closed=False)))
                self._causes.sort(key=lambda cause: cause[0])


_ORDER = ("passage", "home", "ready")


class _Turn:
    """How one turn shows itself: with power from home to the passage mark and beyond it, and for
    how long at a stretch."""

    def __init__(self) -> None:
        self._now_ms = 0.0
        self._flicker_ms = float("-inf")
        self._rest_ms = float("inf")
        self._lit_beyond = False
        self._reset()

    def _reset(self) -> None:
        self._out_ms = self._beyond_ms = self._stretch_ms = self._longest_ms = 0.0
        self._all_ms = 0.0
        self._flickered = self._same = False

    def follow(self, before: Turnstile, after: Turnstile, truth: Truth) -> None:
        """From one state to the next: the mechanics stop at each mark."""
        passed_ms = after.now_ms - self._now_ms
        self._now_ms = after.now_ms
        if before.deg >= PASSAGE_DEG:
            self._all_ms += passed_ms
        if before.powered and before.deg >= PASSAGE_DEG:
            self._same |= self._lit_beyond and self._beyond_ms == 0.0
            self._lit_beyond |= passed_ms > 0
            self._beyond_ms += passed_ms
            self._stretch_ms += passed_ms
            self._longest_ms = max(self._longest_ms, self._stretch_ms)
        elif before.powered:
            self._lit_beyond &= passed_ms == 0
            self._rest_ms += passed_ms
            self._out_ms += passed_ms * (before.deg >= HOME_DEG)
        if before.powered != after.powered:
            self._flicker_ms, self._stretch_ms = after.now_ms, 0.0
            self._flickered |= before.deg >= PASSAGE_DEG
        if after.turns > before.turns:
            self._flickered |= after.now_ms - self._all_ms - self._flicker_ms < DOUBT_MS
            self._flickered |= self._beyond_ms < self._all_ms
            self._judge(truth)
            self._rest_ms = 0.0
        if after.deg == 0.0:
            self._reset()

    def _judge(self, truth: Truth) -> None:
        if self._same:
            # From one person beyond the mark to the next: the contacts never showed the change.
            truth.hidden += 1
        elif self._flickered and 0.0 < self._rest_ms < DOUBT_MS:
            truth.doubtful += 1
        elif not self._flickered or self._longest_ms >= DOUBT_MS:
            truth.seen += 1
        elif self._beyond_ms > 0 or 0 < self._out_ms < DOUBT_MS:
            truth.doubtful += 1
        elif self._out_ms > 0:
            truth.lost += 1
        else:
            truth.hidden += 1


def play(seed: int, *, home: bool = True, ready: bool = True, dips: bool = True) -> Visit:
    """One visit without doubt."""
    rng = random.Random(seed)
    while True:
        visit = Visit(rng, dips=dips, home=home, ready=ready)
        visit.run()
        if not visit.truth.doubtful:
            return visit


def miscounted(visit: Visit) -> str:
    """What is wrong with the count of a visit; empty if nothing is."""
    kinds, truth = visit.counted.kinds, visit.truth
    if visit.counted.passages != truth.seen:
        return f"{visit.act.value}: {truth.seen} passages, counted {dict(kinds)}"
    granted = kinds[PassageKind.GRANTED]
    ended = kinds[PassageKind.TAKEN] + kinds[PassageKind.NOT_TAKEN] + kinds[PassageKind.UNRESOLVED]
    if granted != ended:
        return f"{visit.act.value}: {granted} granted, {ended} ended: {dict(kinds)}"
    if not visit.dips and kinds != _PLAIN[visit.act]:
        return f"{visit.act.value}: counted {dict(kinds)}"
    alone = visit.act in (Act.PASS, Act.WIGGLE)
    if alone and truth.lost and not kinds[PassageKind.UNRESOLVED]:
        return f"{visit.act.value}: a turn into the dark, counted {dict(kinds)}"
    return ""


_PLAIN = {
    Act.PASS: {PassageKind.GRANTED: 1, PassageKind.TAKEN: 1},
    Act.WIGGLE: {PassageKind.GRANTED: 1, PassageKind.TAKEN: 1},
    Act.BACK_OUT: {PassageKind.GRANTED: 1, PassageKind.NOT_TAKEN: 1},
    Act.TAILGATE: {PassageKind.GRANTED: 1, PassageKind.TAKEN: 1, PassageKind.FORCED: 1},
    Act.TEAM: {PassageKind.GRANTED: 3, PassageKind.TAKEN: 3},
    Act.FORCE: {PassageKind.FORCED: 1},
    Act.NO_SHOW: {PassageKind.GRANTED: 1, PassageKind.NOT_TAKEN: 1},
}
"""What each act amounts to while the power stays on."""
