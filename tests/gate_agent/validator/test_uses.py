"""How often a ticket lets in: every entry policy, teams, days, and anti-passback."""

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.validator.decide import Denied, Granted
from gate_agent.validator.history import NEVER_SEEN, History, fold
from gate_agent.validator.moment import ClockState, park_day
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE, POLICIES, EntryPolicy, EntryRule
from tests.gate_agent.validator.builders import (
    NOON_MS,
    ZONE,
    Scene,
    bounded,
    listing,
    ms,
    prove,
    trusted,
)

DAILY = EntryPolicy(EntryRule.DAILY)
DAILY_EXIT = EntryPolicy(EntryRule.DAILY, exit_required=True)
TWICE = EntryPolicy(EntryRule.COUNTED, 2)
TWICE_EXIT = EntryPolicy(EntryRule.COUNTED, 2, exit_required=True)
HOUR = 3_600_000


def outcome(scene: Scene) -> tuple[int, bool] | Reason:
    """(persons, re-entry), or why not."""
    decision = scene.decision
    if isinstance(decision, Denied):
        return decision.reason
    assert isinstance(decision, Granted)
    return decision.persons, decision.reentry


def _passage(kind: PassageKind, way: Direction, now_ms: int, persons: int) -> Passage:
    return Passage(
        seq=9,
        kind=kind,
        lane=1,
        direction=way,
        wall_ms=now_ms,
        mono_ms=0,
        boot=0,
        clock=ClockState.TRUSTED,
        persons=persons,
    )


class Visit:
    """A ticket's life at one gate: hours on the park's clock, and what the lane records."""

    def __init__(self, policy: EntryPolicy, admits: int = 1) -> None:
        wide = Scene().with_ticket(not_before=0, expires_at=2**32, admits=admits)
        self.scene = wide.with_ticket(entry_policy=policy)
        self.at("2026-11-23 12:00")

    def at(self, clock: str) -> "Visit":
        self.now_ms = ms(clock)
        self.scene = self.scene.but(now=trusted(self.now_ms))
        return self

    def record(self, kind: PassageKind, persons: int = 1, way: Direction = Direction.IN) -> "Visit":
        passage = _passage(kind, way, self.now_ms, persons)
        history = fold(self.scene.history, passage, park_day(self.now_ms, ZONE))
        self.scene = self.scene.but(history=history)
        return self

    def enter(self, persons: int = 1) -> "Visit":
        return self.record(PassageKind.TAKEN, persons)

    def leave(self, persons: int = 1) -> "Visit":
        return self.record(PassageKind.TAKEN, persons, Direction.OUT)

    def __call__(self) -> tuple[int, bool] | Reason:
        return outcome(self.scene)


def test_once() -> None:
    visit = Visit(ONCE)
    assert visit() == (1, False)
    assert visit.enter()() is Reason.USED
    assert visit.leave()() is Reason.USED
    assert visit.at("2026-11-24 12:00")() is Reason.USED


def test_a_team_counts_down() -> None:
    visit = Visit(ONCE, admits=5)
    assert visit() == (5, False)
    assert visit.enter(2)() == (3, False)
    assert visit.record(PassageKind.GRANTED, 3)() is Reason.PASSING
    assert visit.enter()() is Reason.PASSING
    assert visit.record(PassageKind.NOT_TAKEN, 2)() == (2, False)
    assert visit.record(PassageKind.UNRESOLVED, 1)() == (1, False)
    assert visit.enter()() is Reason.USED


def test_two_lanes_of_one_board_share_what_is_left() -> None:
    """Somebody stands at lane 1; the rest of the team may use lane 2."""
    assert Visit(ONCE, admits=5).record(PassageKind.GRANTED, 2)() == (3, False)
    assert Visit(DAILY, admits=5).record(PassageKind.GRANTED, 2)() == (3, False)


def test_counted() -> None:
    visit = Visit(TWICE)
    assert visit.enter()() is Reason.PASSBACK
    assert visit.at("2026-11-23 12:05")() == (1, True)
    assert visit.enter().at("2026-11-23 13:00")() is Reason.USED
    assert visit.at("2026-11-24 12:00")() is Reason.USED


def test_counted_over_two_days() -> None:
    visit = Visit(TWICE).enter().at("2026-11-24 09:00")
    assert visit() == (1, False)
    assert visit.record(PassageKind.GRANTED)() is Reason.PASSING
    assert visit.enter()() is Reason.USED


def test_counted_never_gives_more_than_is_left() -> None:
    visit = Visit(TWICE, admits=3).enter(3).at("2026-11-23 13:00")
    assert visit() == (3, True)
    assert visit.enter(2).at("2026-11-23 14:00")() == (1, True)
    assert visit.at("2026-11-24 14:00")() == (1, False)


def test_counted_never_gives_what_another_lane_holds() -> None:
    visit = Visit(TWICE, admits=3).enter(3).at("2026-11-23 13:00").enter().at("2026-11-24 09:00")
    assert visit() == (2, False)
    assert visit.record(PassageKind.GRANTED)() == (1, False)


def test_counted_with_a_grant_open() -> None:
    """One entry left and somebody is in the lane with it: not used, not passed back: passing."""
    visit = Visit(TWICE).enter().at("2026-11-23 13:00").record(PassageKind.GRANTED)
    assert visit() is Reason.PASSING


def test_daily() -> None:
    visit = Visit(DAILY)
    for day in ("23", "24", "25"):
        assert visit.at(f"2026-11-{day} 09:00")() == (1, False)
        assert visit.enter()() is Reason.PASSBACK
        assert visit.at(f"2026-11-{day} 10:00")() == (1, True)
        assert visit.record(PassageKind.GRANTED)() is Reason.PASSING
        visit.record(PassageKind.NOT_TAKEN)


def test_the_day_changes_at_the_parks_midnight() -> None:
    visit = Visit(DAILY).at("2026-11-23 23:50").enter()
    assert visit.at("2026-11-23 23:59")() == (1, True)
    assert visit.at("2026-11-24 00:00")() == (1, False)


def test_a_day_that_is_over_leaves_no_passback() -> None:
    """A minute after midnight it is a first entry, however short the night was."""
    assert Visit(DAILY).at("2026-11-23 23:59").enter().at("2026-11-24 00:00")() == (1, False)


def test_a_team_of_the_day() -> None:
    visit = Visit(DAILY, admits=5).enter(3)
    assert visit() == (2, False)
    assert visit.enter(2)() is Reason.PASSBACK
    assert visit.at("2026-11-23 12:05")() == (5, True)


def test_out_before_in_again() -> None:
    visit = Visit(DAILY_EXIT, admits=2).enter(2).at("2026-11-23 15:00")
    assert visit() is Reason.INSIDE
    assert visit.leave()() == (1, True)
    assert visit.enter()() is Reason.INSIDE
    assert visit.leave(2)() == (2, True)


def test_out_before_in_again_is_forgiven_the_next_day() -> None:
    """Not every way out has a scanner."""
    assert Visit(DAILY_EXIT).enter().at("2026-11-24 09:00")() == (1, False)
    assert Visit(TWICE_EXIT).enter().at("2026-11-24 09:00")() == (1, False)


def test_out_before_in_again_counted() -> None:
    visit = Visit(TWICE_EXIT).enter()
    assert visit() is Reason.INSIDE
    assert visit.leave()() == (1, True)
    assert visit.enter()() is Reason.USED
    assert visit.leave()() is Reason.USED


def test_who_was_seen_to_leave_may_come_back_at_once() -> None:
    assert Visit(DAILY).enter().leave()() == (1, True)
    assert Visit(DAILY).enter().leave().enter()() is Reason.PASSBACK


@pytest.mark.parametrize("apart", [300_000, -300_000])
def test_passback_ends(apart: int) -> None:
    """Also when the clock was put back in between: nobody waits for it to catch up."""
    scene = Visit(DAILY).enter().scene
    assert outcome(scene.but(now=trusted(NOON_MS + apart))) == (1, True)
    sign = 1 if apart > 0 else -1
    assert outcome(scene.but(now=trusted(NOON_MS + apart - sign))) is Reason.PASSBACK
    assert outcome(scene.with_rules(passback_ms=0)) == (1, True)


def test_the_day_of_a_clock_that_is_behind_is_the_day_it_shows() -> None:
    visit = Visit(DAILY).enter()
    behind = visit.scene.but(now=bounded(NOON_MS + HOUR))
    assert outcome(behind) == (1, True)


# --- over a whole life -------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["in", "in", "in", "out"]),
        st.integers(0, 6),  # how many of those who may, do
        st.integers(0, 16 * HOUR),  # how long after the step before
        st.booleans(),  # the power fails with the grant open
    ),
    max_size=25,
)


def recorded(
    history: History, now_ms: int, kind: PassageKind, persons: int, way: Direction
) -> History:
    return fold(history, _passage(kind, way, now_ms, persons), park_day(now_ms, ZONE))


@dataclass
class Life:
    """A ticket's history, and a count of its own of what was let in. `first`: first entries of
    each of the park's days."""

    policy: EntryPolicy
    admits: int
    history: History = NEVER_SEEN
    first: Counter[int] = field(default_factory=Counter)
    inside: int = 0

    def enter(self, at: Scene, persons: int, taken: int, *, again: bool, power_fails: bool) -> None:
        """Record a grant for `persons`, and that so many were `taken`. `again`: it is no first
        entry. What is left when the power fails counts as taken."""
        now_ms, way = at.now.wall_ms, Direction.IN
        if self.policy.exit_required and again:
            assert persons <= self.admits - self.history.persons_inside
        self.history = recorded(self.history, now_ms, PassageKind.GRANTED, persons, way)
        beside = outcome(at.but(history=self.history))
        assert beside is Reason.PASSING or (beside == (self.admits - persons, False) and not again)
        if taken:
            self.history = recorded(self.history, now_ms, PassageKind.TAKEN, taken, way)
        if persons - taken:
            kind = PassageKind.UNRESOLVED if power_fails else PassageKind.NOT_TAKEN
            self.history = recorded(self.history, now_ms, kind, persons - taken, way)
            taken = persons if power_fails else taken
        if not again:
            self.first[park_day(now_ms, ZONE)] += taken
        self.inside += taken

    def leave(self, now_ms: int, taken: int) -> None:
        """Record an exit, if anybody took it."""
        if taken:
            self.history = recorded(self.history, now_ms, PassageKind.TAKEN, taken, Direction.OUT)
        self.inside -= taken

    def check(self) -> None:
        """Assert that no more have come in than the ticket was sold for."""
        if self.policy.rule is EntryRule.ONCE:
            assert self.history.entered <= self.admits
        if self.policy.rule is EntryRule.COUNTED:
            assert self.history.entered <= self.admits * self.policy.entries
        assert all(count <= self.admits for count in self.first.values())


@prove
@given(st.sampled_from(sorted(POLICIES)), st.integers(1, 5), STEPS)
def test_no_policy_lets_in_more_than_was_sold(
    byte: int, admits: int, steps: list[tuple[str, int, int, bool]]
) -> None:
    life, now_ms = Life(POLICIES[byte], admits), NOON_MS
    scene = Visit(life.policy, admits).scene
    for way, wanted, later_ms, power_fails in steps:
        now_ms += later_ms
        at = scene.but(
            history=life.history,
            now=trusted(now_ms),
            lane=replace(scene.lane, direction=Direction.IN if way == "in" else Direction.OUT),
            listing=listing(as_of_ms=now_ms),
        )
        answer = outcome(at)
        if isinstance(answer, Reason):
            assert life.history.entered, "a ticket that was never used is not refused"
            continue
        persons, again = answer
        assert 1 <= persons <= admits
        if way == "in":
            life.enter(at, persons, min(wanted, persons), again=again, power_fails=power_fails)
        else:
            life.leave(now_ms, min(wanted, persons))
        assert life.history.reserved == 0
        assert life.history.inside == life.inside
    life.check()
