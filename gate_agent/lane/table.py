"""PURE. One lane: what it does in every mode and phase, as one total table.

`handle` takes a state and an event and gives the next state, the records that must be durable
before anything else happens, and the effects to perform then. `docs/lane.md` is drawn from RULES.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

from gate_agent.events import (
    Answered,
    Expired,
    JudgedAgain,
    LaneEvent,
    Lost,
    Mode,
    ModeSet,
    Moved,
    Overridden,
    Presented,
    Returned,
    Turned,
)
from gate_agent.lane import entry
from gate_agent.lane import movement as actions
from gate_agent.lane import override as staff
from gate_agent.lane.state import Lane, LaneState, Phase, Step, StepContext

_WAITING = (Phase.IDLE, Phase.HOLDER_CHECK)
_NOT_RELEASED = (*_WAITING, Phase.CLAIMING)
_ALL = tuple(Mode)
Action = Callable[[Lane, LaneState, LaneEvent, StepContext], Step]

RULES: tuple[tuple[tuple[Mode, ...], tuple[Phase, ...], type[LaneEvent], Callable[..., Step]], ...]
RULES = (
    ((Mode.CONTROLLED,), _WAITING, Presented, entry.judge),
    ((Mode.CLOSED,), _WAITING, Presented, actions.refuse_closed),
    ((Mode.FREE, Mode.EMERGENCY), _WAITING, Presented, actions.welcome),
    (_ALL, (Phase.CLAIMING,), Presented, entry.wait_for_answer),
    (_ALL, (Phase.RELEASED,), Presented, actions.one_at_a_time),
    (_ALL, (Phase.CLAIMING,), JudgedAgain, entry.judged_again),
    (_ALL, (Phase.CLAIMING,), Answered, entry.answered),
    (_ALL, (*_WAITING, Phase.RELEASED), JudgedAgain, entry.too_late),
    (_ALL, (*_WAITING, Phase.RELEASED), Answered, entry.too_late),
    ((Mode.CONTROLLED, Mode.CLOSED), _WAITING, Overridden, staff.override),
    ((Mode.FREE, Mode.EMERGENCY), _WAITING, Overridden, staff.override_nothing),
    (_ALL, (Phase.CLAIMING, Phase.RELEASED), Overridden, staff.override_nothing),
    (_ALL, tuple(Phase), Moved, actions.moved),
    (_ALL, _NOT_RELEASED, Returned, actions.returned),
    (_ALL, (Phase.RELEASED,), Returned, actions.returned_released),
    (_ALL, _NOT_RELEASED, Lost, actions.returned),
    (_ALL, (Phase.RELEASED,), Lost, actions.lost_released),
    ((Mode.CONTROLLED, Mode.CLOSED), _NOT_RELEASED, Turned, actions.forced),
    ((Mode.FREE, Mode.EMERGENCY), _NOT_RELEASED, Turned, actions.free),
    (_ALL, (Phase.RELEASED,), Turned, actions.passed),
    ((Mode.CONTROLLED, Mode.CLOSED, Mode.EMERGENCY), (Phase.IDLE,), Expired, actions.ready_again),
    ((Mode.FREE,), (Phase.IDLE,), Expired, actions.stay_free),
    (_ALL, (Phase.HOLDER_CHECK,), Expired, actions.no_document),
    (_ALL, (Phase.CLAIMING,), Expired, entry.no_answer),
    (_ALL, (Phase.RELEASED,), Expired, actions.time_up),
    (_ALL, _NOT_RELEASED, ModeSet, actions.change_mode),
    (_ALL, (Phase.RELEASED,), ModeSet, actions.change_mode_later),
)

TABLE: dict[tuple[Mode, Phase, type[LaneEvent]], Action] = {
    (mode, phase, kind): action
    for modes, phases, kind, action in RULES
    for mode, phase in product(modes, phases)
}


def handle(lane: Lane, state: LaneState, event: LaneEvent, at: StepContext) -> Step:
    """What `event` does to the lane. Every combination of mode, phase and event has an answer."""
    if isinstance(event, Presented):
        state = replace(state, seen=event.code, seen_ms=at.now.mono_ms)
    elif state.phase is Phase.CLAIMING:
        # What is shown again before the answer is there belongs to the same presentation.
        state = replace(state, seen_ms=at.now.mono_ms)
    return TABLE[state.mode, state.phase, type(event)](lane, state, event, at)
