"""PURE. One lane: what it does in every mode and phase, as one total table.

`handle` takes a state and an event and gives the next state, the records that must be durable
before anything else happens, and the effects to perform then. `docs/lane.md` is drawn from RULES.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

from gate_agent.events import (
    Answered,
    DocumentAwaited,
    Expired,
    JudgedAgain,
    LaneEvent,
    Lost,
    Mode,
    ModeSet,
    Moved,
    Overridden,
    PersonsChosen,
    Presented,
    Returned,
    Turned,
)
from gate_agent.lane import entry, movement, override, team
from gate_agent.lane.state import Lane, LaneState, Phase, Step, StepContext

_WAITING = (Phase.IDLE, Phase.HOLDER_CHECK)
_NOT_RELEASED = (*_WAITING, Phase.CLAIMING)
_ALL = tuple(Mode)
Action = Callable[[Lane, LaneState, LaneEvent, StepContext], Step]

RULES: tuple[tuple[tuple[Mode, ...], tuple[Phase, ...], type[LaneEvent], Callable[..., Step]], ...]
RULES = (
    ((Mode.CONTROLLED,), _WAITING, Presented, entry.act_on_decision),
    ((Mode.CLOSED,), _WAITING, Presented, movement.refuse_closed),
    ((Mode.FREE, Mode.EMERGENCY), _WAITING, Presented, movement.welcome),
    (_ALL, (Phase.CLAIMING,), Presented, entry.wait_for_answer),
    (_ALL, (Phase.RELEASED,), Presented, movement.one_at_a_time),
    (_ALL, (Phase.CLAIMING,), JudgedAgain, entry.judged_again),
    (_ALL, (Phase.CLAIMING,), Answered, entry.answered),
    (_ALL, (*_WAITING, Phase.RELEASED), JudgedAgain, entry.too_late),
    (_ALL, (*_WAITING, Phase.RELEASED), Answered, entry.too_late),
    ((Mode.CONTROLLED, Mode.CLOSED), _WAITING, Overridden, override.override),
    ((Mode.FREE, Mode.EMERGENCY), _WAITING, Overridden, override.override_nothing),
    (_ALL, (Phase.CLAIMING, Phase.RELEASED), Overridden, override.override_nothing),
    (_ALL, (Phase.HOLDER_CHECK,), DocumentAwaited, entry.wait_for_document),
    (_ALL, (Phase.IDLE, Phase.CLAIMING, Phase.RELEASED), DocumentAwaited, entry.too_late),
    (_ALL, (Phase.RELEASED,), PersonsChosen, team.choose_persons),
    (_ALL, _NOT_RELEASED, PersonsChosen, entry.too_late),
    (_ALL, tuple(Phase), Moved, movement.moved),
    (_ALL, _NOT_RELEASED, Returned, movement.returned),
    (_ALL, (Phase.RELEASED,), Returned, movement.returned_released),
    (_ALL, _NOT_RELEASED, Lost, movement.returned),
    (_ALL, (Phase.RELEASED,), Lost, movement.lost_released),
    ((Mode.CONTROLLED, Mode.CLOSED), _NOT_RELEASED, Turned, movement.forced),
    ((Mode.FREE, Mode.EMERGENCY), _NOT_RELEASED, Turned, movement.free),
    (_ALL, (Phase.RELEASED,), Turned, movement.passed),
    ((Mode.CONTROLLED, Mode.CLOSED, Mode.EMERGENCY), (Phase.IDLE,), Expired, movement.ready_again),
    ((Mode.FREE,), (Phase.IDLE,), Expired, movement.stay_free),
    (_ALL, (Phase.HOLDER_CHECK,), Expired, movement.no_document),
    (_ALL, (Phase.CLAIMING,), Expired, entry.no_answer),
    (_ALL, (Phase.RELEASED,), Expired, movement.time_up),
    (_ALL, _NOT_RELEASED, ModeSet, movement.change_mode),
    (_ALL, (Phase.RELEASED,), ModeSet, movement.change_mode_later),
)

TABLE: dict[tuple[Mode, Phase, type[LaneEvent]], Action] = {
    (mode, phase, kind): action
    for modes, phases, kind, action in RULES
    for mode, phase in product(modes, phases)
}


def handle(lane: Lane, state: LaneState, event: LaneEvent, context: StepContext) -> Step:
    """Return what `event` does to the lane. Every mode, phase and event has an action."""
    if isinstance(event, Presented):
        state = replace(state, last_code=event.code, last_code_ms=context.now.mono_ms)
    elif state.phase is Phase.CLAIMING:
        # What is shown again before the answer is there belongs to the same presentation.
        state = replace(state, last_code_ms=context.now.mono_ms)
    return TABLE[state.mode, state.phase, type(event)](lane, state, event, context)
