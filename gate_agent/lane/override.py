"""PURE. What a lane does when staff let somebody in against a refusal: part of the lane's table."""

from gate_agent.events import Overridden
from gate_agent.lane.entry import admit
from gate_agent.lane.state import Grant, Lane, LaneState, Step, StepContext
from gate_agent.validator.reasons import Reason

STEWARD_MAY = frozenset({Reason.TYPED})
"""What a steward, who is no supervisor, may override."""

MOST_WITHOUT_TICKET = 50


def override(lane: Lane, state: LaneState, event: Overridden, context: StepContext) -> Step:
    """Let them in, if the last refusal is the one that staff saw, recent, and theirs to override"""
    refusal = state.refusal
    if refusal is None or refusal.seq != event.record:
        return Step(state)
    if context.now.mono_ms - refusal.mono_ms > lane.answer_ms:
        return Step(state)
    if not (event.supervisor or refusal.reason in STEWARD_MAY):
        return Step(state)
    most = MOST_WITHOUT_TICKET if refusal.ticket is None else refusal.ticket.admits
    grant = Grant(
        seq=context.seq,
        ticket=refusal.ticket,
        code=refusal.code,
        left=min(event.persons, most),
        until_ms=context.now.mono_ms + lane.release_ms,
        reentry=False,
        provisional=False,
        overridden_reason=refusal.reason,
        detail=f"{event.who}: {event.why}",
    )
    return admit(lane, state, grant, context)


def override_nothing(lane: Lane, state: LaneState, event: Overridden, context: StepContext) -> Step:
    """Ignore it: nobody is being refused"""
    return Step(state)
