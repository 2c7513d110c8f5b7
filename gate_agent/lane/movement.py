"""PURE. The actions of the lane's table. Each one's docstring is its line in docs/lane.md."""

from dataclasses import replace

from gate_agent.effects import Release, Show, Sign
from gate_agent.events import (
    Expired,
    LaneEvent,
    Lost,
    Mode,
    ModeSet,
    Moved,
    Presented,
    Returned,
    Turned,
)
from gate_agent.lane.entry import act_on_decision, at_rest, go, refuse
from gate_agent.lane.records import denied_row, grant_row, row_of
from gate_agent.lane.state import Grant, Lane, LaneState, Phase, Step, StepContext
from gate_agent.lane.team import chosen_rows
from gate_agent.validator.decide import Denied
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.reasons import Reason

TURN_MS = 2000
"""A turn that is under way is done by then, and the arm is home again."""


def refuse_closed(lane: Lane, state: LaneState, event: Presented, context: StepContext) -> Step:
    """Refuse: the lane is closed"""
    return refuse(lane, state, event, context, Reason.CLOSED)


def one_at_a_time(lane: Lane, state: LaneState, event: Presented, context: StepContext) -> Step:
    """Ask for the passage at the same code; refuse another as busy, but a handheld's team is in"""
    grant = _open(state)
    again = replace(go(grant), sign=Sign.PLEASE_PASS)
    if grant.chosen is not None and event.code != grant.code:
        return _next_one(lane, state, event, context)
    if event.code == grant.code:
        return Step(state, (), (again,))
    return Step(state, (denied_row(lane, event, context, Reason.BUSY),), (again,))


def welcome(lane: Lane, state: LaneState, event: Presented, context: StepContext) -> Step:
    """Show that the way is free; nothing is used"""
    return Step(state, (), (at_rest(state.mode),))


def moved(lane: Lane, state: LaneState, event: Moved, context: StepContext) -> Step:
    """Remember that the arm has left home"""
    return Step(replace(state, moving=True))


def returned(lane: Lane, state: LaneState, event: LaneEvent, context: StepContext) -> Step:
    """Note that the arm is home again, and nobody is known to have passed"""
    return Step(replace(state, moving=False))


def returned_released(lane: Lane, state: LaneState, event: Returned, context: StepContext) -> Step:
    """Wait on until the grant's own time is up"""
    # Not closed here even if it is: behind a slow write a passage may already be in the queue.
    return Step(replace(state, moving=False, deadline_ms=_open(state).until_ms))


def lost_released(lane: Lane, state: LaneState, event: Lost, context: StepContext) -> Step:
    """Record unresolved: nobody saw whether somebody went through"""
    return _close(lane, state, context, PassageKind.UNRESOLVED)


def passed(lane: Lane, state: LaneState, event: Turned, context: StepContext) -> Step:
    """Record one person taken; release again while persons are left"""
    grant = _open(state)
    taken = grant_row(lane, grant, context, PassageKind.TAKEN, 1)
    if grant.left == 1:
        rest = _rest(lane, state, context)
        return Step(rest.state, (taken,), rest.effects)
    # The arm must come home before its own wait for the next person begins.
    until = context.now.mono_ms + TURN_MS + lane.release_ms
    grant = replace(grant, left=grant.left - 1, until_ms=until)
    state = replace(state, grant=grant, moving=False, deadline_ms=until)
    return Step(state, (taken,), (Release(), go(grant)))


def forced(lane: Lane, state: LaneState, event: Turned, context: StepContext) -> Step:
    """Record forced: nobody had a grant; but free if the arm was still open from before"""
    if context.now.mono_ms < state.free_until_ms:
        return free(lane, replace(state, free_until_ms=0), event, context)
    row = row_of(lane, context, PassageKind.FORCED)._replace(persons=1)
    return Step(replace(state, moving=False), (row,), (Show(Sign.ALARM),))


def free(lane: Lane, state: LaneState, event: Turned, context: StepContext) -> Step:
    """Count one free passage"""
    row = row_of(lane, context, PassageKind.FREE)._replace(persons=1, detail=state.mode.value)
    rest = _rest(lane, state, context)
    return Step(rest.state, (row,), rest.effects)


def ready_again(lane: Lane, state: LaneState, event: Expired, context: StepContext) -> Step:
    """Show again what the lane is there for: a handheld has shown its visitor long enough"""
    return Step(replace(state, deadline_ms=None), (), (at_rest(state.mode),))


def stay_free(lane: Lane, state: LaneState, event: Expired, context: StepContext) -> Step:
    """Release again: an arm with a command contact is free one pulse at a time"""
    return _rest(lane, state, context)


def no_document(lane: Lane, state: LaneState, event: Expired, context: StepContext) -> Step:
    """Refuse: no document was shown"""
    ticket = state.holder
    presented = Presented(Denied(Reason.HOLDER_TIMEOUT, ticket), state.last_code)
    return refuse(lane, state, presented, context, Reason.HOLDER_TIMEOUT)


def time_up(lane: Lane, state: LaneState, event: Expired, context: StepContext) -> Step:
    """Give the admissions left back; an arm in mid-turn may finish first; a team is in"""
    grant = _open(state)
    if grant.chosen is not None:
        rest = _rest(lane, state, context)
        return Step(rest.state, chosen_rows(lane, grant, context), rest.effects)
    if not state.moving:
        return _close(lane, state, context, PassageKind.NOT_TAKEN)
    finish_ms = grant.until_ms + lane.turn_ms
    if context.now.mono_ms < finish_ms:
        return Step(replace(state, deadline_ms=finish_ms))
    return _close(lane, state, context, PassageKind.UNRESOLVED)


def change_mode(lane: Lane, state: LaneState, event: ModeSet, context: StepContext) -> Step:
    """Take the mode; an open document check or claim ends"""
    if event.mode is state.mode:
        return Step(state)
    row = row_of(lane, context, PassageKind.MODE)._replace(detail=_mode_detail(event))
    rest = _rest(lane, replace(state, mode=event.mode), context)
    return Step(rest.state, (row,), rest.effects)


def change_mode_later(lane: Lane, state: LaneState, event: ModeSet, context: StepContext) -> Step:
    """Take the mode; the open grant is never cut short"""
    if event.mode is state.mode:
        return Step(state)
    row = row_of(lane, context, PassageKind.MODE)._replace(detail=_mode_detail(event))
    return Step(replace(state, mode=event.mode), (row,))


# --- parts of actions --------------------------------------------------------------------------


def _open(state: LaneState) -> Grant:
    if state.grant is None:
        raise AssertionError("RELEASED without a grant")
    return state.grant


def _next_one(lane: Lane, state: LaneState, event: Presented, context: StepContext) -> Step:
    """Close the team's grant as the screen has it, then act on what was shown."""
    rows = chosen_rows(lane, _open(state), context)
    idle = _rest(lane, state, context).state
    after = replace(context, seq=context.seq + len(rows))
    actions = {Mode.CONTROLLED: act_on_decision, Mode.CLOSED: refuse_closed}
    step = actions.get(state.mode, welcome)(lane, idle, event, after)
    return replace(step, rows=(*rows, *step.rows))


def _mode_detail(event: ModeSet) -> str:
    return f"{event.mode.value} {event.who}".rstrip()


def _rest(lane: Lane, state: LaneState, context: StepContext) -> Step:
    """Return the step that a lane's mode takes when nobody is in the lane."""
    idle = replace(state, phase=Phase.IDLE, grant=None, holder=None, pending=None, moving=False)
    idle = replace(idle, deadline_ms=None)
    if state.mode is Mode.FREE and lane.has_arm:
        until = context.now.mono_ms + lane.release_ms
        idle = replace(idle, deadline_ms=until, free_until_ms=until + TURN_MS)
        return Step(idle, (), (Release(), at_rest(state.mode)))
    return Step(idle, (), (at_rest(state.mode),))


def _close(lane: Lane, state: LaneState, context: StepContext, kind: PassageKind) -> Step:
    grant = _open(state)
    row = grant_row(lane, grant, context, kind, grant.left)
    rest = _rest(lane, state, context)
    return Step(rest.state, (row,), rest.effects)
