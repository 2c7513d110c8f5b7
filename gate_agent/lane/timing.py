"""PURE. When a presentation counts as new, and how a slow write puts a lane's times off."""

from dataclasses import replace

from gate_agent.lane.state import Lane, LaneState
from gate_agent.validator.moment import Moment


def is_repeat(lane: Lane, state: LaneState, code: bytes, now: Moment) -> bool:
    """Return whether the 8-byte digest `code` is the last presentation once more: the scanner has
    read it again, or the visitor shows it again while the centre has not answered. `now`: when it
    was read."""
    return code == state.last_code and now.mono_ms - state.last_code_ms < lane.repeat_ms


def postponed(state: LaneState, before: LaneState, ms: int) -> LaneState:
    """Return `state` with the times that were set since `before` put off by `ms`: what is recorded
    later than it happened is also acted on, and answered, later."""
    if not ms:
        return state
    if state.last_code_ms != before.last_code_ms:
        state = replace(state, last_code_ms=state.last_code_ms + ms)
    if state.deadline_ms is None or state.deadline_ms == before.deadline_ms:
        return state
    grant = None
    if state.grant is not None:
        grant = replace(state.grant, until_ms=state.grant.until_ms + ms)
    return replace(
        state,
        grant=grant,
        deadline_ms=state.deadline_ms + ms,
        free_until_ms=state.free_until_ms + ms,
    )
