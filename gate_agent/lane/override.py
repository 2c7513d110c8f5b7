"""PURE. What a lane does when staff let somebody in against a refusal: part of the lane's table."""

from gate_agent.lane.entry import admit
from gate_agent.lane.state import Grant, Lane, LaneState, Step, StepContext
from gate_agent.staff_events import Overridden
from gate_agent.validator.reasons import Reason

STEWARD_MAY = frozenset({Reason.TYPED})
"""What somebody who is no supervisor may override."""

MOST_WITHOUT_TICKET = 50


def override(lane: Lane, state: LaneState, event: Overridden, at: StepContext) -> Step:
    """let them in, if the last refusal is the one that staff saw, recent, and theirs to override"""
    refusal = state.refusal
    if refusal is None or refusal.seq != event.record:
        return Step(state)
    if at.now.mono_ms - refusal.mono_ms > lane.answer_ms:
        return Step(state)
    if not (event.supervisor or refusal.reason in STEWARD_MAY):
        return Step(state)
    most = MOST_WITHOUT_TICKET if refusal.ticket is None else refusal.ticket.admits
    grant = Grant(
        seq=at.seq,
        ticket=refusal.ticket,
        code=refusal.code,
        left=min(event.persons, most),
        until_ms=at.now.mono_ms + lane.release_ms,
        reentry=False,
        provisional=False,
        although=refusal.reason,
        detail=f"{event.who}: {event.why}",
    )
    return admit(lane, state, grant, at)


def override_nothing(lane: Lane, state: LaneState, event: Overridden, at: StepContext) -> Step:
    """nothing: nobody is being refused"""
    return Step(state)
