"""PURE. Find the entries on one ticket that were too many, by the set of its records alone.

So it does not matter when, how often and in which order the records arrive.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gate_agent.validator.history import NEVER_SEEN, History, came_in, went_out
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Unconfirmed, decode
from gate_agent.validator.reasons import Reason
from gate_agent.validator.uses import Allowance, Entitlement, judge_uses

CLOCK_ERROR_MS = 1000
"""Greatest error of a clock that is set by the network. The error of another clock has no limit."""
MOST_RECORDS = 40
"""At most so many entries are stored with a conflict, the last."""


class Movement(NamedTuple):
    """Persons who went in on a ticket, or `out`: through a gate, or by an exemption of the staff.

    Movements sort by time; the fields after it give movements of equal times the same order
    everywhere. `record`: the signed bytes, empty for an exemption; they are decoded for the few
    entries of which somebody asks more.
    """

    wall_ms: int
    gate: str
    journal: bytes
    seq: int
    out: bool
    persons: int
    day: int
    product: int | None
    admits: int
    record: bytes

    @property
    def clock(self) -> ClockState:
        """Return how far the clock was trusted."""
        return decode(self.record).clock if self.record else ClockState.TRUSTED

    @property
    def alone(self) -> Unconfirmed:
        """Return why the gate decided without the centre."""
        return Unconfirmed(decode(self.record).alone if self.record else 0)


class EntryUse(NamedTuple):
    """An entry. `too_many`: how many of its persons were too many."""

    event: Movement
    too_many: int


class Fold(NamedTuple):
    """What the movements of a ticket up to a moment say about those after it.

    `uses`: the last entries, MOST_RECORDS at most. `elsewhere`: the newest entry of another journal
    than that of the last entry, None for none.
    """

    history: History = NEVER_SEEN
    uses: tuple[EntryUse, ...] = ()
    elsewhere: Movement | None = None

    def before(self, journal: bytes, *, newest_only: bool) -> Movement | None:
        """Return the newest entry of another journal than `journal`; with `newest_only`, only if
        it is the newest of all."""
        if not self.uses or self.uses[-1].event.journal != journal:
            return self.uses[-1].event if self.uses else None
        return None if newest_only else self.elsewhere

    def went_out(self, event: Movement) -> "Fold":
        """Return the fold after an exit."""
        return self._replace(history=went_out(self.history, event.persons, event.wall_ms))

    def came_in(self, use: EntryUse) -> "Fold":
        """Return the fold after an entry."""
        event = use.event
        elsewhere = self.elsewhere
        if self.uses and self.uses[-1].event.journal != event.journal:
            elsewhere = self.uses[-1].event
        history = came_in(self.history, event.persons, event.day, event.wall_ms)
        return Fold(history, (*self.uses[1 - MOST_RECORDS :], use), elsewhere)


NOTHING_YET = Fold()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Persons, `too_many`, who entered on one park day on a ticket that was used at another gate.

    `reason`: with which a gate would have refused the first of them, had it known. `sure`: the
    first entry that was too many and the one before it at another gate are further apart in time
    than the error of their clocks. `uses`: the last entries, MOST_RECORDS at most.
    """

    day: int
    reason: Reason
    too_many: int
    sure: bool
    uses: Sequence[EntryUse]


def find_conflicts(
    events: Iterable[Movement], entitlement: Entitlement, fold: Fold = NOTHING_YET
) -> tuple[list[Conflict], Fold]:
    """Return the conflicts of one ticket, by day, and the fold after its movements.

    `fold`: of all movements that were before `events`; those are on earlier days. The cost grows
    with the number of `events` alone. An entry against the gate's own journal is no conflict: a
    conflict needs an entry in another journal, of which the gate could not know.
    """
    conflicts: dict[int, Conflict] = {}
    for event in sorted(events):
        if event.out:
            fold = fold.went_out(event)
            continue
        decision = judge_uses(entitlement, fold.history, event.day, event.wall_ms)
        allowed = decision.persons if isinstance(decision, Allowance) else 0
        reason = Reason.USED if isinstance(decision, Allowance) else decision
        other = fold.before(event.journal, newest_only=reason is Reason.PASSBACK)
        too_many = 0 if other is None else max(0, event.persons - allowed)
        fold = fold.came_in(EntryUse(event, too_many))
        if too_many and other is not None:
            first = Conflict(event.day, reason, 0, _is_sure(other, event), ())
            before = conflicts.get(event.day, first)
            conflicts[event.day] = Conflict(
                day=event.day,
                reason=before.reason,
                too_many=before.too_many + too_many,
                sure=before.sure,
                uses=fold.uses,
            )
    return [conflicts[day] for day in sorted(conflicts)], fold


def _is_sure(first: Movement, second: Movement) -> bool:
    trusted = first.clock is second.clock is ClockState.TRUSTED
    return trusted and second.wall_ms - first.wall_ms > 2 * CLOCK_ERROR_MS


def exposure_cents(conflict: Conflict, price_cents: int | None) -> int | None:
    """Return what the persons who were too many would have paid, rounded up; None if the price is
    unknown. `price_cents`: of a ticket, for all that it admits."""
    if price_cents is None:
        return None
    admits = max(1, conflict.uses[-1].event.admits)
    return -(-conflict.too_many * price_cents // admits)
