"""May this ticket be used once more? Decided here once: for the gate, for the centre's reply to a
claim, and for the centre's ledger of conflicts."""

from dataclasses import dataclass

from gate_agent.validator.history import History
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.trust.rule_book import Passback


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """How often a ticket may be used.

    `policy`: how often each of the `admits` persons may enter. `extra`: entries on top. `passback`,
    `passback_ms`: how a ticket is treated that enters again within so many ms, or without an exit.
    `share`: how many persons of a team ticket each gate may let in without the centre's answer, 0
    for no limit.
    """

    policy: EntryPolicy
    admits: int
    extra: int = 0
    passback: Passback = Passback.HARD
    passback_ms: int = 300_000
    share: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """`persons` may come in. `reentry`: at least one has been in today. `overridden_reason`: what
    would have kept them out under hard anti-passback."""

    persons: int
    reentry: bool = False
    overridden_reason: Reason | None = None


def judge_uses(right: Entitlement, history: History, day: int, wall_ms: int) -> Allowance | Reason:
    """Return how many persons may come in on the park's `day` (an ordinal) at `wall_ms`, or the
    reason why nobody may."""
    policy = right.policy
    if policy.rule is EntryRule.ONCE:
        return _judge_once(right, history)
    budget = right.admits
    if policy.rule is EntryRule.COUNTED:
        budget = right.admits * policy.entries + right.extra - history.entered - history.reserved
        if budget <= 0:
            return Reason.PASSING if history.reserved else Reason.USED
    today = history.entered_today if history.day == day else 0
    first = right.admits - today - history.reserved
    if first > 0:
        return Allowance(min(first, budget))
    if history.reserved:
        return Reason.PASSING
    passback = _passback(right, history, wall_ms)
    if passback is not None and right.passback is Passback.HARD:
        return passback
    back = right.admits
    if policy.exit_required and history.persons_inside < right.admits:
        back -= history.persons_inside
    return Allowance(min(back, budget), True, passback)


def _judge_once(right: Entitlement, history: History) -> Allowance | Reason:
    """Return how many of the persons of a ticket that enters once have not been in yet."""
    left = right.admits + right.extra - history.entered - history.reserved
    if left > 0:
        return Allowance(min(left, right.admits))
    return Reason.PASSING if history.reserved else Reason.USED


def _passback(right: Entitlement, history: History, wall_ms: int) -> Reason | None:
    """Return the reason by which anti-passback speaks against an entry now, None for none."""
    if right.passback is Passback.OFF:
        return None
    if right.policy.exit_required and history.persons_inside >= right.admits:
        return Reason.INSIDE
    soon = abs(wall_ms - history.last_in_ms) < right.passback_ms
    return Reason.PASSBACK if soon and not history.exited_since else None
