"""PURE. The lane's actions from a decision to a grant or a refusal, and the claim between them.

Each action's docstring is its line in docs/lane.md.
"""

from dataclasses import replace

from gate_agent.effects import AskCentre, Release, Show, Sign
from gate_agent.events import (
    Answered,
    DocumentAwaited,
    Expired,
    JudgedAgain,
    Mode,
    PersonsChosen,
    Presented,
)
from gate_agent.lane.records import denied_row, grant_row
from gate_agent.lane.state import (
    ClaimPolicy,
    Grant,
    Lane,
    LaneState,
    LastRefusal,
    Phase,
    Step,
    StepContext,
)
from gate_agent.validator.decide import Denied, Granted, HolderNeeded
from gate_agent.validator.messages.claim_number import claim_number
from gate_agent.validator.passage import PassageKind, Unconfirmed
from gate_agent.validator.reasons import Reason


def act_on_decision(lane: Lane, state: LaneState, event: Presented, context: StepContext) -> Step:
    """Handle the decision: ask the centre, release the arm, ask for a document, or refuse"""
    decision = event.decision
    if isinstance(decision, Denied):
        return refuse(lane, state, event, context, decision.reason)
    if isinstance(decision, HolderNeeded):
        now_ms = context.now.mono_ms
        waiting = replace(
            state,
            phase=Phase.HOLDER_CHECK,
            holder=decision.ticket,
            holder_until_ms=now_ms + lane.holder_most_ms,
            deadline_ms=now_ms + lane.holder_ms,
        )
        return Step(waiting, (), (Show(Sign.SHOW_ID, ticket=decision.ticket),))
    if decision.right is None:
        return _let_in(lane, state, event, decision, context)
    if context.claim_policy is ClaimPolicy.OFFLINE:
        return _let_in_alone(lane, state, event, decision, context, Unconfirmed.APART)
    claim = claim_number(context.seq, lane.number)
    asked = AskCentre(claim, decision.ticket.id, decision.persons, decision.right)
    if context.claim_policy is ClaimPolicy.NOTIFY:
        step = _let_in_alone(
            lane, state, event, decision, context, Unconfirmed.CUT_OFF, claim=claim
        )
        return replace(step, effects=(*step.effects, asked))
    pending = replace(
        state,
        phase=Phase.CLAIMING,
        holder=None,
        pending=event,
        claim=claim,
        deadline_ms=context.now.mono_ms + lane.claim_ms,
    )
    return Step(pending, (), (asked,))


def wait_for_document(
    lane: Lane, state: LaneState, event: DocumentAwaited, context: StepContext
) -> Step:
    """Give staff who type the document's number their time again, up to its bound"""
    until_ms = min(context.now.mono_ms + lane.holder_ms, state.holder_until_ms)
    return Step(replace(state, deadline_ms=until_ms))


def judged_again(lane: Lane, state: LaneState, event: JudgedAgain, context: StepContext) -> Step:
    """Handle the decision by new lists, rules or keys: wait on, ask for a document, or refuse"""
    presented = replace(_pending(state)[0], decision=event.decision)
    if isinstance(event.decision, Granted):
        return Step(replace(state, pending=presented))
    return act_on_decision(lane, state, presented, context)


def answered(lane: Lane, state: LaneState, event: Answered, context: StepContext) -> Step:
    """Handle the centre's answer: release the arm or refuse; of a team admit at least the share"""
    presented, decision = _pending(state)
    if event.number != state.claim:
        return Step(state)
    if event.persons:
        agreed = replace(
            decision,
            persons=min(decision.persons, event.persons),
            reentry=decision.reentry or event.reentry,
            overridden_reason=decision.overridden_reason or event.reason,
        )
        return _let_in(lane, state, presented, agreed, context, claim=state.claim)
    if decision.right is not None and decision.right.share and event.reason is Reason.SHARES:
        return _let_in_alone(
            lane, state, presented, decision, context, Unconfirmed.SHARE, claim=state.claim
        )
    return refuse(lane, state, presented, context, event.reason or Reason.USED)


def no_answer(lane: Lane, state: LaneState, event: Expired, context: StepContext) -> Step:
    """Decide without the centre, which has not answered, and say so in the record"""
    presented, decision = _pending(state)
    return _let_in_alone(
        lane, state, presented, decision, context, Unconfirmed.TIMED_OUT, claim=state.claim
    )


def wait_for_answer(lane: Lane, state: LaneState, event: Presented, context: StepContext) -> Step:
    """Wait on if it is the same code; refuse another one as busy"""
    presented, _ = _pending(state)
    if event.code == presented.code:
        return Step(state)
    return Step(state, (denied_row(lane, event, context, Reason.BUSY),))


def too_late(
    lane: Lane,
    state: LaneState,
    event: Answered | JudgedAgain | DocumentAwaited | PersonsChosen,
    context: StepContext,
) -> Step:
    """Ignore it: nobody waits for it any more"""
    return Step(state)


def refuse(
    lane: Lane, state: LaneState, event: Presented, context: StepContext, reason: Reason
) -> Step:
    """Record and show a refusal."""
    ticket = event.decision.ticket
    refusal = LastRefusal(context.seq, ticket, event.code, reason, context.now.mono_ms)
    idle = _idle(state, _ready_ms(lane, context), refusal)
    shown = Show(Sign.REFUSED, reason=reason, ticket=ticket, record=context.seq)
    return Step(idle, (denied_row(lane, event, context, reason),), (shown,))


def admit(lane: Lane, state: LaneState, grant: Grant, context: StepContext) -> Step:
    """Record the grant and release the arm; in a lane without an arm the persons are in at once,
    or staff are asked how many of a team are there."""
    granted = grant_row(lane, grant, context, PassageKind.GRANTED, grant.left)
    # In an override staff have said how many.
    if lane.asks_persons and grant.left > 1 and not grant.detail:
        until_ms = context.now.mono_ms + lane.choice_ms
        grant = replace(grant, chosen=grant.left, until_ms=until_ms)
        return Step(_released(state, grant), (granted,), (go(grant),))
    if not lane.has_arm:
        after = replace(context, seq=context.seq + 1)
        taken = grant_row(lane, grant, after, PassageKind.TAKEN, grant.left)
        return Step(_idle(state, _ready_ms(lane, context)), (granted, taken), (go(grant),))
    return Step(_released(state, grant), (granted,), (Release(), go(grant)))


def go(grant: Grant) -> Show:
    """Return what a grant shows; with its record's number if staff say how many go through."""
    asked = grant.chosen is not None
    return Show(
        Sign.GO,
        grant.chosen if grant.chosen is not None else grant.left,
        ticket=grant.ticket,
        reentry=grant.reentry,
        record=grant.seq if asked else None,
        overridden=bool(grant.detail),
    )


def at_rest(mode: Mode) -> Show:
    """Return what a lane shows while nobody is there."""
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


def _let_in_alone(
    lane: Lane,
    state: LaneState,
    event: Presented,
    decision: Granted,
    context: StepContext,
    unconfirmed: Unconfirmed,
    *,
    claim: int = 0,
) -> Step:
    """Let in as many as this gate may without the centre's answer; refuse if that is nobody."""
    alone = decision.alone
    if not alone:
        return refuse(lane, state, event, context, Reason.SHARES)
    fewer = decision if alone == decision.persons else replace(decision, persons=alone)
    return _let_in(lane, state, event, fewer, context, unconfirmed, claim=claim)


def _let_in(
    lane: Lane,
    state: LaneState,
    event: Presented,
    decision: Granted,
    context: StepContext,
    unconfirmed: Unconfirmed = Unconfirmed.NO,
    *,
    claim: int = 0,
) -> Step:
    grant = Grant(
        seq=context.seq,
        ticket=decision.ticket,
        code=event.code,
        left=decision.persons,
        until_ms=context.now.mono_ms + lane.release_ms,
        reentry=decision.reentry,
        provisional=decision.provisional,
        freshness=decision.freshness,
        overridden_reason=decision.overridden_reason,
        claim=claim,
        unconfirmed=unconfirmed,
    )
    return admit(lane, state, grant, context)


def _released(state: LaneState, grant: Grant) -> LaneState:
    return replace(
        state,
        phase=Phase.RELEASED,
        grant=grant,
        holder=None,
        pending=None,
        refusal=None,
        deadline_ms=grant.until_ms,
    )


def _idle(
    state: LaneState, deadline_ms: int | None, refusal: LastRefusal | None = None
) -> LaneState:
    return replace(
        state,
        phase=Phase.IDLE,
        holder=None,
        pending=None,
        refusal=refusal,
        deadline_ms=deadline_ms,
    )


def _ready_ms(lane: Lane, context: StepContext) -> int | None:
    """Return when a lane without an arm is ready for the next visitor, in monotonic ms; None with
    an arm: its lane shows that when the arm is home, and what it showed before a refusal."""
    return None if lane.has_arm else context.now.mono_ms + lane.shown_ms
