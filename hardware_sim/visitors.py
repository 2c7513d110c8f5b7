"""PURE. A crowd: who comes to which lane, shows what, behaves how, and what must come of it.

The crowd is made from codes with labels and knows nothing of how tickets are made. What it expects
follows from the rules alone, so that a gate, a centre and a report can be held against it.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gate_agent.validator.reasons import Reason


class Label(StrEnum):
    """What a code is, as its maker says."""

    SINGLE = "single"
    TEAM = "team"
    GROUP = "group"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    VOID = "void"
    WRONG_ZONE = "wrong_zone"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown_key"


class VisitorKind(StrEnum):
    """Why this visitor is in the crowd: a label's code as it is, or something made of one."""

    SINGLE = "single"
    TEAM = "team"
    GROUP = "group"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    VOID = "void"
    WRONG_ZONE = "wrong_zone"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown_key"
    USED_COPY = "used_copy"
    TORN = "torn"
    ALIEN = "alien"
    RETURNING = "returning"
    FORCING = "forcing"


class Behaviour(StrEnum):
    """At the arm, after the code was shown."""

    PASS = "pass"
    WIGGLE = "wiggle"
    NO_SHOW = "no_show"
    FORCE = "force"


_DENIED = {
    Label.EXPIRED: Reason.EXPIRED,
    Label.NOT_YET: Reason.NOT_YET,
    Label.VOID: Reason.VOID,
    Label.WRONG_ZONE: Reason.WRONG_ZONE,
    Label.FORGED: Reason.FORGED,
    Label.UNKNOWN_KEY: Reason.UNKNOWN_KEY,
}


@dataclass(frozen=True, slots=True)
class Code:
    """A code with its label. `admits`: persons on one ticket."""

    label: Label
    text: bytes
    admits: int = 1


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where one can come: a lane of a gate. Without an arm it is a handheld: nobody turns back or
    breaks through there, and a team comes whole."""

    gate: str
    lane: int
    has_arm: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What must come of a visit. `taken`: persons who enter by right; `not_taken`: persons granted
    who did not come; `forced`: turns without a grant; `denied`: the one reason, or None."""

    taken: int = 0
    not_taken: int = 0
    forced: int = 0
    denied: Reason | None = None

    @property
    def turns(self) -> int:
        """Of the arm."""
        return self.taken + self.forced


@dataclass(frozen=True, slots=True)
class Visit:
    """One visitor, or a team, at one door. `code` None: shows nothing. `persons`: who walk
    through, if the arm lets them."""

    number: int
    kind: VisitorKind
    door: Doorway
    code: bytes | None
    behaviour: Behaviour
    persons: int
    expected: Outcome


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of a crowd, 0 to 1 each: of the good tickets' holders who wiggle the arm first, who
    do not walk through, of those who come back later; of teams that are not complete; of good
    tickets whose copy is tried afterwards. Per good ticket: torn and alien codes, forced turns."""

    wiggle: float = 0.1
    no_show: float = 0.06
    come_back: float = 0.5
    incomplete: float = 0.2
    copy: float = 0.1
    torn: float = 0.04
    alien: float = 0.04
    force: float = 0.02


def crowd(
    rng: random.Random,
    codes: Sequence[Code],
    doors: Sequence[Doorway],
    habits: Habits | None = None,
    *,
    prefix: bytes = b"SG1:",
) -> list[Visit]:
    """Draw everybody who comes, in order; visits at one door must be let happen in this order.

    A second visit with the same code (a copy, or somebody who comes back) is at the same door as
    the first and later, so that its outcome does not depend on which gate has heard of what.
    `prefix`: what a torn code keeps, so that it still looks like a ticket.
    """
    habits = habits or Habits()
    # (moment of the day, order of making, visit)
    plan: list[tuple[float, int, Visit]] = []

    def add(moment: float, visit: Visit) -> None:
        plan.append((moment, len(plan), visit))

    for code in codes:
        door, moment = rng.choice(doors), rng.random()
        for visit in _uses(rng, code, door, habits):
            add(moment, visit)
            moment += rng.random() * (1 - moment)
        if code.label in _DENIED:
            continue
        door, moment = rng.choice(doors), rng.random()
        if rng.random() < habits.torn:
            end = rng.randrange(len(prefix) + 1, len(code.text))
            add(moment, _refused(VisitorKind.TORN, door, code.text[:end], Reason.TORN))
        if rng.random() < habits.alien:
            add(moment, _refused(VisitorKind.ALIEN, door, _alien(rng), Reason.ALIEN))
        if door.has_arm and rng.random() < habits.force:
            forced = Outcome(forced=1)
            add(
                moment,
                Visit(
                    number=0,
                    kind=VisitorKind.FORCING,
                    door=door,
                    code=None,
                    behaviour=Behaviour.FORCE,
                    persons=1,
                    expected=forced,
                ),
            )
    plan.sort(key=lambda planned: planned[:2])
    return [replace(visit, number=number) for number, (_, _, visit) in enumerate(plan, start=1)]


def _uses(rng: random.Random, code: Code, door: Doorway, habits: Habits) -> Iterator[Visit]:
    """Yield what the holders of one code do with it, in order."""
    kind = VisitorKind(code.label.value)
    if code.label in _DENIED:
        yield _refused(kind, door, code.text, _DENIED[code.label])
        return
    come = code.admits
    if door.has_arm and code.admits > 1 and rng.random() < habits.incomplete:
        come = rng.randrange(1, code.admits)
    elif door.has_arm and rng.random() < habits.no_show:
        come = 0
    behaviour = Behaviour.PASS if come else Behaviour.NO_SHOW
    if come and door.has_arm and rng.random() < habits.wiggle:
        behaviour = Behaviour.WIGGLE
    left = code.admits - come
    first = Outcome(taken=come, not_taken=left)
    yield Visit(
        number=0,
        kind=kind,
        door=door,
        code=code.text,
        behaviour=behaviour,
        persons=come,
        expected=first,
    )
    if left and rng.random() < habits.come_back:
        second = Outcome(taken=left)
        yield Visit(
            number=0,
            kind=VisitorKind.RETURNING,
            door=door,
            code=code.text,
            behaviour=Behaviour.PASS,
            persons=left,
            expected=second,
        )
        left = 0
    if not left and rng.random() < habits.copy:
        yield _refused(VisitorKind.USED_COPY, door, code.text, Reason.USED)


def _refused(kind: VisitorKind, door: Doorway, code: bytes, reason: Reason) -> Visit:
    return Visit(
        number=0,
        kind=kind,
        door=door,
        code=code,
        behaviour=Behaviour.PASS,
        persons=1,
        expected=Outcome(denied=reason),
    )


def _alien(rng: random.Random) -> bytes:
    """Draw what people show by mistake: no line ends, as no scanner would send them within a
    code."""
    number = rng.randrange(10**12)
    return rng.choice(
        (
            f"https://example.org/menu?table={number % 90}",
            f"WIFI:T:WPA;S:hotel;P:{number};;",
            f"{number:012d}",
            f"{number:022x}",
            f"付款码 {number}",
            f"sg1:{number}",
        )
    ).encode()
