"""PURE. Find the entries on one ticket that were too many, by the set of its records alone.

So it does not matter when, how often and in which order the records arrive.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gate_agent.validator.history import NEVER_SEEN, came_in, went_out
from gate_agent.validator.moment import ClockState
from gate_agent.validator.reasons import Reason
from gate_agent.validator.uses import Allowance, Entitlement, judge_uses

CLOCK_ERROR_MS = 1000
"""Greatest error of a clock that is set by the network. The error of another clock has no limit."""
MOST_RECORDS = 40
"""At most so many entries are stored with a conflict, the last."""


class Movement(NamedTuple):
    """Persons who went in on a ticket, or `out`: through a gate, or by an exemption of the staff.

    Movements sort by time; the fields after it give movements of equal times the same order
    everywhere. `alone`: an `Unconfirmed`, why the gate decided without the centre.
    """

    wall_ms: int
    gate: str
    journal: bytes
    seq: int
    out: bool
    persons: int
    day: int
    clock: ClockState
    product: int | None
    admits: int
    alone: int


class EntryUse(NamedTuple):
    """An entry. `too_many`: how many of its persons were too many."""

    event: Movement
    too_many: int


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


def find_conflicts(events: Iterable[Movement], entitlement: Entitlement) -> list[Conflict]:
    """Return the conflicts of one ticket, by day.

    An entry against the gate's own journal is no conflict: a conflict needs an entry in another
    journal, of which the gate could not know.
    """
    history = NEVER_SEEN
    uses: list[EntryUse] = []
    conflicts: dict[int, Conflict] = {}
    for event in sorted(events):
        if event.out:
            history = went_out(history, event.persons, event.wall_ms)
            continue
        decision = judge_uses(entitlement, history, event.day, event.wall_ms)
        allowed = decision.persons if isinstance(decision, Allowance) else 0
        reason = Reason.USED if isinstance(decision, Allowance) else decision
        other = _last_elsewhere(uses, event.journal, newest_only=reason is Reason.PASSBACK)
        too_many = 0 if other is None else max(0, event.persons - allowed)
        uses.append(EntryUse(event, too_many))
        if too_many and other is not None:
            first = Conflict(event.day, reason, 0, _is_sure(other, event), ())
            before = conflicts.get(event.day, first)
            conflicts[event.day] = replace(
                before,
                too_many=before.too_many + too_many,
                uses=tuple(uses[-MOST_RECORDS:]),
            )
        history = came_in(history, event.persons, event.day, event.wall_ms)
    return [conflicts[day] for day in sorted(conflicts)]


def _last_elsewhere(
    uses: Sequence[EntryUse], journal: bytes, *, newest_only: bool
) -> Movement | None:
    """Return the newest entry of another journal; with `newest_only`, only if it is the newest of
    all."""
    for use in reversed(uses):
        if use.event.journal != journal:
            return use.event
        if newest_only:
            return None
    return None


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
