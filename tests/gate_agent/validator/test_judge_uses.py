"""Soft and hard anti-passback, extra entries, shares: what the rules add to a ticket's policy."""

import pytest

from gate_agent.validator.history import NEVER_SEEN, History, came_in, went_out
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE, EntryPolicy, EntryRule
from gate_agent.validator.trust.rule_book import Passback
from gate_agent.validator.uses import Allowance, Entitlement, judge_uses

DAY, NOW_MS = 9, 1_000_000_000
DAILY = EntryPolicy(EntryRule.DAILY)
DAILY_OUT = EntryPolicy(EntryRule.DAILY, 0, exit_required=True)
TWICE = EntryPolicy(EntryRule.COUNTED, 2)
INSIDE = came_in(NEVER_SEEN, 1, DAY, NOW_MS - 60_000)
LONG_AGO = came_in(NEVER_SEEN, 1, DAY, NOW_MS - 600_000)


def judge(policy: EntryPolicy, history: History, **given: object) -> Allowance | Reason:
    right = Entitlement(policy=policy, **{"admits": 1, **given})  # type: ignore[arg-type]
    return judge_uses(right, history, DAY, NOW_MS)


@pytest.mark.parametrize(
    ("policy", "history", "reason"),
    [
        (DAILY, INSIDE, Reason.PASSBACK),
        (TWICE, INSIDE, Reason.PASSBACK),
        (DAILY_OUT, INSIDE, Reason.INSIDE),
        (DAILY_OUT, LONG_AGO, Reason.INSIDE),
    ],
)
def test_hard_refuses_and_soft_overlooks(
    policy: EntryPolicy, history: History, reason: Reason
) -> None:
    assert judge(policy, history) is reason
    assert judge(policy, history, passback=Passback.SOFT) == Allowance(1, True, reason)
    assert judge(policy, history, passback=Passback.OFF) == Allowance(1, True)


def test_the_time_is_a_rule() -> None:
    assert judge(DAILY, LONG_AGO) == Allowance(1, True)
    assert judge(DAILY, LONG_AGO, passback_ms=900_000) is Reason.PASSBACK


def test_whoever_went_out_or_was_forgiven_may_come_in() -> None:
    out = went_out(INSIDE, 1, NOW_MS - 5000)
    assert judge(DAILY, out) == Allowance(1, True)
    assert judge(DAILY_OUT, out) == Allowance(1, True)


def test_a_team_of_which_some_are_out() -> None:
    history = went_out(came_in(NEVER_SEEN, 5, DAY, NOW_MS - 60_000), 2, NOW_MS - 9000)
    assert judge(DAILY_OUT, history, admits=5) == Allowance(2, True)


def test_soft_is_no_more_entries() -> None:
    used = came_in(INSIDE, 1, DAY, NOW_MS - 30_000)
    assert judge(TWICE, used, passback=Passback.OFF) is Reason.USED
    assert judge(TWICE, used, passback=Passback.OFF, extra=1) == Allowance(1, True)
    assert judge(ONCE, INSIDE, passback=Passback.OFF) is Reason.USED
    assert judge(ONCE, INSIDE, extra=1) == Allowance(1)


def test_what_is_reserved_is_passing() -> None:
    for policy in (ONCE, DAILY):
        assert judge(policy, NEVER_SEEN.with_reserved(1)) is Reason.PASSING
    assert judge(TWICE, INSIDE.with_reserved(1)) is Reason.PASSING
    assert judge(ONCE, NEVER_SEEN.with_reserved(2), admits=3) == Allowance(1)
    assert judge(ONCE, NEVER_SEEN, admits=3, extra=9) == Allowance(3)
