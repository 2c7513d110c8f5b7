"""PURE. Which passages of one ticket were one too many: a function of the set of its records alone,
so that it does not matter when, how often and in which order they came in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gate_agent.validator.history import NEVER_SEEN, came_in, went_out
from gate_agent.validator.moment import ClockState
from gate_agent.validator.reasons import Reason
from gate_agent.validator.uses import Allowance, Entitlement, judge_uses

CLOCK_ERROR_MS = 1000
"""What a clock that is set by the network may be wrong by. One that is not may be anywhere."""
MOST_RECORDS = 40


class Movement(NamedTuple):
    """Persons that went in on a ticket, or `out`: through a gate, or by a word of the staff. The
    order of the fields is the order in time, and the same everywhere where times are equal."""

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
    """An entry, and how many of its persons were too many."""

    event: Movement
    too_many: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """`too_many` persons came in on one day on a ticket that others had used at another gate.
    `reason`: what a gate would have said, had it known. `sure`: the order of the first one that
    was too many and of the one before it is beyond the error of their clocks."""

    day: int
    reason: Reason
    too_many: int
    sure: bool
    uses: Sequence[EntryUse]


def find_conflicts(events: Iterable[Movement], right: Entitlement) -> list[Conflict]:
    """The conflicts of one ticket, by day. What a gate let in against its own journal is that
    gate's affair: here are those where another journal held the other half."""
    history = NEVER_SEEN
    uses: list[EntryUse] = []
    conflicts: dict[int, Conflict] = {}
    for event in sorted(events):
        if event.out:
            history = went_out(history, event.persons, event.wall_ms)
            continue
        allowance = judge_uses(right, history, event.day, event.wall_ms)
        allowed = allowance.persons if isinstance(allowance, Allowance) else 0
        reason = Reason.USED if isinstance(allowance, Allowance) else allowance
        other = _other(uses, event.journal, last_only=reason is Reason.PASSBACK)
        too_many = 0 if other is None else max(0, event.persons - allowed)
        uses.append(EntryUse(event, too_many))
        if too_many and other is not None:
            conflict = Conflict(
                event.day, reason, too_many, _is_sure(other, event), tuple(uses[-MOST_RECORDS:])
            )
            conflicts[event.day] = _joined(conflicts.get(event.day), conflict)
        history = came_in(history, event.persons, event.day, event.wall_ms)
    return [conflicts[day] for day in sorted(conflicts)]


def _joined(before: Conflict | None, after: Conflict) -> Conflict:
    """Return one conflict of both on the same day: the first one says why, and how sure it is."""
    if before is None:
        return after
    return replace(before, too_many=before.too_many + after.too_many, uses=after.uses)


def _other(uses: Sequence[EntryUse], journal: bytes, *, last_only: bool) -> Movement | None:
    """The newest entry of another journal; of the last one alone, if only that counts."""
    for use in reversed(uses):
        if use.event.journal != journal:
            return use.event
        if last_only:
            return None
    return None


def _is_sure(first: Movement, second: Movement) -> bool:
    trusted = first.clock is second.clock is ClockState.TRUSTED
    return trusted and second.wall_ms - first.wall_ms > 2 * CLOCK_ERROR_MS


def exposure_cents(conflict: Conflict, price_cents: int | None) -> int | None:
    """What those who were too many would have paid, rounded up; None without a price."""
    if price_cents is None:
        return None
    admits = max(1, conflict.uses[-1].event.admits)
    return -(-conflict.too_many * price_cents // admits)
