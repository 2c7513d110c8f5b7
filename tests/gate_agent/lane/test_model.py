"""The lane against a model of thirty lines that knows nothing of phases, rules or deadlines."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gate_agent.effects import Release
from gate_agent.events import (
    Expired,
    JudgedAgain,
    LaneEvent,
    Lost,
    Mode,
    ModeSet,
    Moved,
    Presented,
    Returned,
    Turned,
)
from gate_agent.lane.state import ClaimPolicy, Lane, LaneState, Phase, StepContext
from gate_agent.lane.table import handle
from gate_agent.validator.decide import Denied, Granted, HolderNeeded
from gate_agent.validator.moment import ClockState, Moment
from gate_agent.validator.passage import Direction, Passage, PassageKind
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import ONCE
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.uses import Entitlement


def ticket(serial: int) -> Ticket:
    return Ticket(
        key_id=b"abcd",
        serial=serial,
        issued_at=600,
        not_before=600,
        expires_at=86_400,
        product=1,
        admits=5,
    )


RIGHTS = st.sampled_from([None, Entitlement(policy=ONCE, admits=5)])
GRANTED = st.builds(
    Granted, ticket=st.builds(ticket, st.integers(1, 3)), persons=st.integers(1, 4), right=RIGHTS
)
DECISION = st.one_of(
    GRANTED,
    st.builds(HolderNeeded, st.builds(ticket, st.integers(1, 3))),
    st.just(Denied(Reason.ALIEN)),
)
PRESENTED = st.builds(Presented, DECISION, st.sampled_from([b"code-one", b"code-two"]))
ARM = st.sampled_from([Moved(1), Turned(1), Turned(1), Returned(1), Lost(1)])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 900, 2000, 4999, 5000, 20_000]),
        st.one_of(
            PRESENTED,
            PRESENTED,
            ARM,
            ARM,
            st.builds(JudgedAgain, DECISION),
            st.builds(ModeSet, st.sampled_from(Mode)),
        ),
    ),
    max_size=40,
)


@dataclass
class Ledger:
    """What a person with a notebook beside the lane would write."""

    turns: int = 0
    pulses_allowed: int = 0
    grants: dict[int, list[int]] = field(default_factory=dict)  # number: granted, ended
    counted: int = 0

    def event(self, event: LaneEvent) -> None:
        self.turns += isinstance(event, Turned)

    def row(self, row: Passage) -> None:
        if row.kind is PassageKind.GRANTED:
            self.grants[row.seq] = [row.persons, 0]
            self.pulses_allowed += row.persons
        elif row.kind in (PassageKind.TAKEN, PassageKind.NOT_TAKEN, PassageKind.UNRESOLVED):
            assert row.grant is not None
            self.grants[row.grant][1] += row.persons
        if row.kind in (PassageKind.TAKEN, PassageKind.FORCED, PassageKind.FREE):
            self.counted += row.persons

    @property
    def open(self) -> list[int]:
        return [seq for seq, (persons, ended) in self.grants.items() if ended < persons]


class Watched:
    """A lane beside its ledger: what must hold is asserted after every event."""

    def __init__(self) -> None:
        self.lane = Lane(1, Direction.IN, has_arm=True)
        self.state, self.ledger = LaneState(), Ledger()
        self.seq, self.now_ms, self.pulses = 1, 0, 0
        self.rows: list[Passage] = []

    def tell(self, event: LaneEvent) -> None:
        before = self.state
        now = Moment(self.now_ms, self.now_ms, 1, ClockState.TRUSTED, self.now_ms)
        context = StepContext(now, self.seq, 1, ClaimPolicy.WAIT)
        step = handle(self.lane, before, event, context)
        self.ledger.event(event)
        for row in step.rows:
            assert row.seq == self.seq
            self.seq += 1
            self.ledger.row(row)
        self.rows += step.rows
        self.state = step.state
        released = step.effects.count(Release())
        assert released <= 1
        if released and self.state.mode is not Mode.FREE:
            self.pulses += 1
            assert self.ledger.open, "released for nobody"
        if isinstance(event, ModeSet):
            same_time = before.deadline_ms == self.state.deadline_ms
            assert before.grant == self.state.grant, "a grant cut short"
            assert before.phase is not Phase.RELEASED or same_time
        self._check()

    def _check(self) -> None:
        state, ledger = self.state, self.ledger
        assert (state.phase is Phase.RELEASED) == (state.grant is not None) == bool(ledger.open)
        assert (state.phase is Phase.HOLDER_CHECK) == (state.holder is not None)
        assert state.phase is Phase.IDLE or state.deadline_ms is not None
        assert all(ended <= persons for persons, ended in ledger.grants.values())
        assert ledger.turns == ledger.counted

    def wait(self, wait_ms: int) -> None:
        """Let time pass, with every deadline that falls due in it."""
        end = self.now_ms + wait_ms
        for _ in range(20):
            if self.state.deadline_ms is None or self.state.deadline_ms > end:
                break
            self.now_ms = max(self.now_ms, self.state.deadline_ms)
            self.tell(Expired())
        self.now_ms = end


@settings(max_examples=400)
@given(steps=STEPS)
def test_every_turn_and_every_admission_is_accounted_for(
    steps: list[tuple[int, LaneEvent]],
) -> None:
    watched = Watched()
    for wait_ms, event in steps:
        watched.wait(wait_ms)
        watched.tell(event)
    assert watched.pulses <= watched.ledger.pulses_allowed
    for _ in range(3):
        watched.now_ms += 20_000
        if watched.state.phase is not Phase.IDLE:
            watched.tell(Expired())
    assert watched.ledger.open == []
    assert watched.state.phase is Phase.IDLE
    assert all(a.mono_ms <= b.mono_ms for a, b in pairwise(watched.rows))


@given(steps=STEPS)
def test_a_handheld_never_leaves_a_grant_open(steps: list[tuple[int, LaneEvent]]) -> None:
    lane = Lane(1, Direction.IN, has_arm=False)
    state, ledger, seq, now_ms = LaneState(), Ledger(), 1, 0
    for wait_ms, event in steps:
        now_ms += wait_ms
        now = Moment(now_ms, now_ms, 1, ClockState.TRUSTED, now_ms)
        step = handle(lane, state, event, StepContext(now, seq, 1))
        for row in step.rows:
            ledger.row(row)
        seq += len(step.rows)
        state = step.state
        assert Release() not in step.effects
        assert ledger.open == []
