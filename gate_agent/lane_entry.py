"""PURE. The lane's actions from a decision to a grant or a refusal, with the centre's word between.

Each action's docstring is its line in docs/lane.md.
"""

from dataclasses import replace

from gate_agent.events import (
    Answered,
    AskCentre,
    Expired,
    JudgedAgain,
    Mode,
    Presented,
    Release,
    Show,
    Sign,
)
from gate_agent.lane_rows import denied_row, grant_row
from gate_agent.lane_state import Ask, At, Grant, Lane, LaneState, Phase, Refusal, Step
from gate_agent.validator.decide import Denied, Granted, HolderNeeded
from gate_agent.validator.passage import Alone, Kind
from gate_agent.validator.reasons import Reason

_ALONE = {Ask.APART: Alone.APART, Ask.TELL: Alone.CUT_OFF}


def judge(lane: Lane, state: LaneState, event: Presented, at: At) -> Step:
    """act on the decision: ask the centre, release the arm, ask for a document, or refuse"""
    decision = event.decision
    if isinstance(decision, Denied):
        return refuse(lane, state, event, at, decision.reason)
    if isinstance(decision, HolderNeeded):
        deadline = at.now.mono_ms + lane.holder_ms
        waiting = replace(
            state, phase=Phase.HOLDER_CHECK, holder=decision.ticket, deadline_ms=deadline
        )
        return Step(waiting, (), (Show(Sign.SHOW_ID, ticket=decision.ticket),))
    if decision.right is None:
        return _let_in(lane, state, event, decision, at, Alone.NO, 0)
    if at.ask is Ask.APART:
        return _alone(lane, state, event, decision, at, Alone.APART, 0)
    # Names the claim: whatever ends this one writes a record, so the next one has another.
    claim = at.seq << 8 | lane.number
    asked = AskCentre(claim, decision.ticket.id, decision.persons, decision.right)
    if at.ask is Ask.TELL:
        step = _alone(lane, state, event, decision, at, Alone.CUT_OFF, claim)
        return replace(step, effects=(*step.effects, asked))
    pending = replace(
        state,
        phase=Phase.CLAIMING,
        holder=None,
        pending=event,
        claim=claim,
        deadline_ms=at.now.mono_ms + lane.claim_ms,
    )
    return Step(pending, (), (asked,))


def judged_again(lane: Lane, state: LaneState, event: JudgedAgain, at: At) -> Step:
    """the lists, rules or keys are others now: wait on, ask for a document, or refuse"""
    presented = replace(_pending(state)[0], decision=event.decision)
    if isinstance(event.decision, Granted):
        return Step(replace(state, pending=presented))
    return judge(lane, state, presented, at)


def answered(lane: Lane, state: LaneState, event: Answered, at: At) -> Step:
    """the centre's word: release the arm, or refuse; of a team, at least this gate's own share"""
    presented, decision = _pending(state)
    if event.number != state.claim:
        return Step(state)
    if event.persons:
        agreed = replace(
            decision,
            persons=min(decision.persons, event.persons),
            reentry=decision.reentry or event.reentry,
            although=decision.although or event.reason,
        )
        return _let_in(lane, state, presented, agreed, at, Alone.NO, state.claim)
    if decision.right is not None and decision.right.share and event.reason is Reason.SHARES:
        return _alone(lane, state, presented, decision, at, Alone.SHARE, state.claim)
    return refuse(lane, state, presented, at, event.reason or Reason.USED)


def no_answer(lane: Lane, state: LaneState, event: Expired, at: At) -> Step:
    """no word from the centre: decide alone, and say so in the record"""
    presented, decision = _pending(state)
    return _alone(lane, state, presented, decision, at, Alone.TIMED_OUT, state.claim)


def wait_for_answer(lane: Lane, state: LaneState, event: Presented, at: At) -> Step:
    """the same code: wait; another one: refuse as busy"""
    presented, _ = _pending(state)
    if event.code == presented.code:
        return Step(state)
    return Step(state, (denied_row(lane, event, at, Reason.BUSY),))


def too_late(lane: Lane, state: LaneState, event: Answered | JudgedAgain, at: At) -> Step:
    """nobody waits for that any more"""
    return Step(state)


def refuse(lane: Lane, state: LaneState, event: Presented, at: At, reason: Reason) -> Step:
    """Nobody passes on what was shown."""
    ticket = event.decision.ticket
    refusal = Refusal(at.seq, ticket, event.code, reason, at.now.mono_ms)
    idle = replace(_idle(state, _ready_ms(lane, at)), refusal=refusal)
    shown = Show(Sign.REFUSED, reason=reason, ticket=ticket, record=at.seq)
    return Step(idle, (denied_row(lane, event, at, reason),), (shown,))


def admit(lane: Lane, state: LaneState, grant: Grant, at: At) -> Step:
    """Record the grant; release the arm, or without one the persons are in."""
    granted = grant_row(lane, grant, at, Kind.GRANTED, grant.left)
    if not lane.has_arm:
        after = replace(at, seq=at.seq + 1)
        taken = grant_row(lane, grant, after, Kind.TAKEN, grant.left)
        idle = _idle(replace(state, refusal=None), _ready_ms(lane, at))
        return Step(idle, (granted, taken), (go(grant),))
    released = replace(
        state,
        phase=Phase.RELEASED,
        grant=grant,
        holder=None,
        pending=None,
        refusal=None,
        deadline_ms=grant.until_ms,
    )
    return Step(released, (granted,), (Release(), go(grant)))


def go(grant: Grant) -> Show:
    """What a grant shows."""
    return Show(Sign.GO, grant.left, ticket=grant.ticket, reentry=grant.reentry)


def at_rest(mode: Mode) -> Show:
    """What a lane shows while nobody is there."""
    return Show(
        {
            Mode.CONTROLLED: Sign.READY,
            Mode.CLOSED: Sign.CLOSED,
            Mode.FREE: Sign.FREE,
            Mode.EMERGENCY: Sign.EVACUATE,
        }[mode]
    )


def _pending(state: LaneState) -> tuple[Presented, Granted]:
    presented = state.pending
    if presented is None or not isinstance(presented.decision, Granted):
        raise AssertionError("CLAIMING for nobody")
    return presented, presented.decision


def _alone(
    lane: Lane,
    state: LaneState,
    event: Presented,
    decision: Granted,
    at: At,
    alone: Alone,
    claim: int,
) -> Step:
    """As many as this gate may let in without the centre's word."""
    if not decision.alone:
        return refuse(lane, state, event, at, Reason.SHARES)
    fewer = replace(decision, persons=decision.alone)
    return _let_in(lane, state, event, fewer, at, alone, claim)


def _let_in(
    lane: Lane,
    state: LaneState,
    event: Presented,
    decision: Granted,
    at: At,
    alone: Alone,
    claim: int,
) -> Step:
    until = at.now.mono_ms + lane.release_ms
    grant = Grant(
        at.seq, decision.ticket, event.code, decision.persons, until, decision.reentry,
        decision.provisional, decision.freshness, decision.although, claim, alone,
    )  # fmt: skip
    return admit(lane, state, grant, at)


def _idle(state: LaneState, deadline_ms: int | None) -> LaneState:
    return replace(state, phase=Phase.IDLE, holder=None, pending=None, deadline_ms=deadline_ms)


def _ready_ms(lane: Lane, at: At) -> int | None:
    """When a lane without an arm is ready for the next visitor. An arm's lane shows that when the
    arm is home, and what it showed before a refusal."""
    return None if lane.has_arm else at.now.mono_ms + lane.shown_ms
