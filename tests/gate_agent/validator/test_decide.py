"""The decision: the order of its checks, and each check by itself."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.decide import Denied, Granted, HolderNeeded
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.moment import ClockState, Moment, park_day
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.trust.rule_book import Freshness, TooOld
from tests.gate_agent.validator.builders import (
    NOON,
    NOON_MS,
    ZONE,
    Scene,
    bounded,
    listing,
    prove,
    tickets,
    trusted,
)

DAILY = EntryPolicy(EntryRule.DAILY)
DAILY_EXIT = EntryPolicy(EntryRule.DAILY, exit_required=True)
TWICE = EntryPolicy(EntryRule.COUNTED, 2)
TODAY = park_day(NOON_MS, ZONE)
TAG = b"\1\2\3\4"


def reason(scene: Scene) -> Reason | None:
    """Why it was refused, None if it was not."""
    decision = scene.decision
    if isinstance(decision, Denied):
        assert decision.ticket is scene.ticket
        return decision.reason
    return None


def test_nothing_is_wrong() -> None:
    scene = Scene()
    assert scene.decision == Granted(ticket=scene.ticket, persons=1)


# --- the order of the checks -------------------------------------------------------------------


def of_status(status: TicketStatus) -> Callable[[Scene], Scene]:
    def fault(scene: Scene) -> Scene:
        assert scene.listing is not None
        return scene.but(listing=replace(scene.listing, status=status))

    return fault


def too_old(scene: Scene) -> Scene:
    return scene.with_rules(fresh_ms=0, stale_ms=30_000, too_old=TooOld.DENY)


def superseded(scene: Scene) -> Scene:
    assert scene.listing is not None
    return scene.but(listing=replace(scene.listing, min_issue=1))


def expired(scene: Scene) -> Scene:
    return scene.but(now=scene.now._replace(bound_ms=scene.ticket.expires_at * 1000))


def not_yet(scene: Scene) -> Scene:
    return scene.but(now=scene.now._replace(wall_ms=scene.ticket.not_before * 1000 - 1))


def wrong_zone(scene: Scene) -> Scene:
    return scene.with_lane(zone=3)


def used(scene: Scene) -> Scene:
    policy = replace(scene.ticket.entry_policy, rule=EntryRule.COUNTED, entries=2)
    return scene.with_ticket(entry_policy=policy).with_history(entered=2)


def passing(scene: Scene) -> Scene:
    return scene.with_history(reserved=1)


def passed_today(scene: Scene) -> Scene:
    day = park_day(scene.now.wall_ms, ZONE)
    entered = max(scene.history.entered, 1)
    return scene.with_history(entered=entered, day=day, entered_today=1)


def inside(scene: Scene) -> Scene:
    policy = replace(scene.ticket.entry_policy, exit_required=True)
    if policy.rule is EntryRule.ONCE:
        policy = DAILY_EXIT
    return passed_today(scene.with_ticket(entry_policy=policy)).with_history(inside=1)


def passback(scene: Scene) -> Scene:
    if scene.ticket.entry_policy.rule is EntryRule.ONCE:
        scene = scene.with_ticket(entry_policy=DAILY)
    return passed_today(scene).with_history(last_in_ms=scene.now.wall_ms)


def mismatch(scene: Scene) -> Scene:
    return scene.with_ticket(holder_tag=TAG).but(holder_tag=bytes(4))


def no_list(scene: Scene) -> Scene:
    return scene.but(listing=None)


ORDER: tuple[tuple[Reason, Callable[[Scene], Scene]], ...] = (
    (Reason.NO_LIST, no_list),
    (Reason.LIST_TOO_OLD, too_old),
    (Reason.UNLISTED, of_status(TicketStatus.UNKNOWN)),
    (Reason.VOID, of_status(TicketStatus.VOID)),
    (Reason.SUSPENDED, of_status(TicketStatus.SUSPENDED)),
    (Reason.SUPERSEDED, superseded),
    (Reason.EXPIRED, expired),
    (Reason.NOT_YET, not_yet),
    (Reason.WRONG_ZONE, wrong_zone),
    (Reason.USED, used),
    (Reason.PASSING, passing),
    (Reason.INSIDE, inside),
    (Reason.PASSBACK, passback),
    (Reason.HOLDER_MISMATCH, mismatch),
)
STATUSES = {Reason.UNLISTED, Reason.VOID, Reason.SUSPENDED}
# A serial has one status; and a used ticket with a grant still open says PASSING: see below.
EXCLUSIVE = {frozenset((Reason.USED, Reason.PASSING))}


@pytest.mark.parametrize(("expected", "fault"), [row for row in ORDER if row[0] != Reason.PASSING])
def test_each_fault_alone(expected: Reason, fault: Callable[[Scene], Scene]) -> None:
    assert reason(fault(Scene())) is expected


PAIRS = [
    (one, two)
    for one, two in combinations(ORDER, 2)
    if not {one[0], two[0]} <= STATUSES and frozenset((one[0], two[0])) not in EXCLUSIVE
]


@pytest.mark.parametrize(
    ("earlier", "later"), PAIRS, ids=[f"{one[0].key}-{two[0].key}" for one, two in PAIRS]
)
def test_of_two_faults_the_earlier_is_the_reason(
    earlier: tuple[Reason, Callable[[Scene], Scene]],
    later: tuple[Reason, Callable[[Scene], Scene]],
) -> None:
    expected, one = earlier
    if expected is Reason.NO_LIST:
        assert reason(one(later[1](Scene()))) is expected
    else:
        assert reason(one(later[1](one(Scene())))) is expected


def test_a_refusal_after_the_document_was_shown_keeps_the_order() -> None:
    scene = Scene().with_ticket(holder_tag=TAG).but(holder_tag=TAG)
    assert isinstance(scene.decision, Granted)
    assert reason(of_status(TicketStatus.VOID)(scene)) is Reason.VOID


# --- the list ----------------------------------------------------------------------------------


def test_a_ticket_sold_after_the_list_was_made() -> None:
    scene = Scene().but(listing=listing(TicketStatus.BEYOND))
    assert scene.decision == Granted(ticket=scene.ticket, persons=1, provisional=True)


def test_a_ticket_that_was_passed_on_is_for_its_new_holder() -> None:
    scene = Scene().but(listing=listing(holder_tag=TAG)).with_ticket(holder_tag=bytes(4))
    assert scene.decision == HolderNeeded(scene.ticket)
    assert reason(scene.but(holder_tag=bytes(4))) is Reason.HOLDER_MISMATCH
    assert scene.but(holder_tag=TAG).decision == Granted(ticket=scene.ticket, persons=1)


@pytest.mark.parametrize(("issue", "expected"), [(0, Reason.SUPERSEDED), (1, None), (2, None)])
def test_a_reprint(issue: int, expected: Reason | None) -> None:
    scene = superseded(Scene()).with_ticket(issue=issue)
    assert reason(scene) is expected


@pytest.mark.parametrize(("age_ms", "expected"), [(60_000, None), (59_999, Reason.LIST_TOO_OLD)])
def test_the_age_of_the_list(age_ms: int, expected: Reason | None) -> None:
    """The list of these scenes was true 60 s before."""
    rules = {"fresh_ms": 0, "stale_ms": age_ms, "too_old": TooOld.DENY}
    assert reason(Scene().with_rules(**rules)) is expected
    assert reason(Scene().with_rules(fresh_ms=0, stale_ms=age_ms)) is None
    behind = Scene().but(now=bounded(NOON_MS - 60_000))
    assert reason(behind.with_rules(**rules)) is None


@pytest.mark.parametrize(
    ("vouched_ms", "expected"),
    [(0, Freshness.TOO_OLD), (NOON_MS - 50_000, Freshness.STALE), (NOON_MS, Freshness.FRESH)],
)
def test_freshness_counts_from_the_last_time_the_list_was_vouched_for(
    vouched_ms: int, expected: Freshness
) -> None:
    scene = Scene().with_rules(fresh_ms=10_000, stale_ms=50_000).but(vouched_ms=vouched_ms)
    decision = scene.decision
    assert isinstance(decision, Granted)
    assert decision.freshness is expected


def test_a_clock_that_is_ahead_makes_no_list_too_old() -> None:
    now = Moment(NOON_MS + 5 * 365 * 86_400_000, 1, 1, ClockState.BOUNDED, NOON_MS)
    scene = Scene().with_rules(fresh_ms=60_000, stale_ms=60_000, too_old=TooOld.DENY)
    decision = scene.but(now=now).decision
    assert isinstance(decision, Granted)
    assert decision.freshness is Freshness.FRESH


def test_a_product_that_asks_for_no_document() -> None:
    scene = Scene().with_ticket(holder_tag=bytes(4))
    assert isinstance(scene.decision, HolderNeeded)
    assert isinstance(scene.with_rules(identity=False).decision, Granted)


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-3601, Reason.NOT_YET), (-3600, None), (3599, None), (3600, Reason.EXPIRED)],
)
def test_the_window_on_a_clock_that_is_right(seconds: int, expected: Reason | None) -> None:
    assert reason(Scene().but(now=trusted((NOON + seconds) * 1000))) is expected


@pytest.mark.parametrize("state", [ClockState.UNKNOWN, ClockState.BOUNDED])
@pytest.mark.parametrize("wall_ms", [0, NOON_MS - 86_400_000, NOON_MS + 86_400_000])
def test_a_clock_that_nobody_trusts_refuses_nothing(state: ClockState, wall_ms: int) -> None:
    assert reason(Scene().but(now=Moment(wall_ms, 1, 7, state, 0))) is None


def test_what_has_surely_passed_counts() -> None:
    assert reason(Scene().but(now=bounded((NOON + 3600) * 1000, 0))) is Reason.EXPIRED
    assert reason(Scene().but(now=bounded((NOON + 3600) * 1000 - 1, 0))) is None


@prove
@given(tickets(), st.integers(0, 2**24), st.integers(0, 2**45), st.sampled_from(ClockState))
def test_a_valid_ticket_is_never_refused_because_the_clock_is_behind(
    ticket: object, minutes: int, behind_ms: int, state: ClockState
) -> None:
    """True time lies in the window; the board knows less, or nothing."""
    scene = Scene().but(ticket=ticket).with_ticket(holder_tag=None, zones=1)
    start, end = scene.ticket.not_before * 1000, scene.ticket.expires_at * 1000
    true_ms = start + minutes * 60_000 % (end - start)
    if not true_ms >= 0:
        return
    shown = true_ms if state is ClockState.TRUSTED else max(0, true_ms - behind_ms)
    now = Moment(shown, 1, 7, state, 0 if state is ClockState.UNKNOWN else shown)
    scene = scene.but(now=now, listing=listing(as_of_ms=0))
    decision = scene.with_rules(fresh_ms=1 << 50, stale_ms=1 << 50).decision
    assert decision == Granted(ticket=scene.ticket, persons=scene.ticket.admits)


# --- place -------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", range(16))
def test_a_zone_is_a_bit(zone: int) -> None:
    there = Scene().with_lane(zone=zone)
    assert reason(there.with_ticket(zones=1 << zone)) is None
    assert reason(there.with_ticket(zones=0xFFFF ^ 1 << zone)) is Reason.WRONG_ZONE


# --- the holder --------------------------------------------------------------------------------


def test_the_holder_is_asked_last() -> None:
    scene = Scene().with_ticket(holder_tag=TAG)
    assert scene.decision == HolderNeeded(scene.ticket)
    assert reason(of_status(TicketStatus.VOID)(scene)) is Reason.VOID
    assert scene.but(holder_tag=TAG).decision == Granted(ticket=scene.ticket, persons=1)
    assert reason(scene.but(holder_tag=TAG[::-1])) is Reason.HOLDER_MISMATCH


def test_a_document_nobody_asked_for_changes_nothing() -> None:
    assert reason(Scene().but(holder_tag=TAG)) is None


# --- the way out -------------------------------------------------------------------------------

EXIT = Scene().with_lane(direction=Direction.OUT)


@pytest.mark.parametrize(("expected", "fault"), ORDER)
def test_nobody_is_locked_in(expected: Reason, fault: Callable[[Scene], Scene]) -> None:
    assert isinstance(fault(EXIT).decision, Granted)


@pytest.mark.parametrize(("inside_now", "persons"), [(0, 5), (1, 1), (4, 4), (5, 5), (9, 5)])
def test_as_many_may_leave_as_are_inside(inside_now: int, persons: int) -> None:
    scene = EXIT.with_ticket(admits=5, holder_tag=TAG).with_history(inside=inside_now)
    assert scene.decision == Granted(ticket=scene.ticket, persons=persons)


def test_a_gate_has_one_share_of_a_team_for_all_its_scans() -> None:
    scene = Scene().with_ticket(admits=9).with_rules(partition_share=3)
    for alone, share in ((0, 3), (2, 1), (5, 0)):
        decision = scene.with_history(entered=alone, alone=alone).decision
        assert isinstance(decision, Granted)
        assert (decision.share, decision.alone) == (share, share)
