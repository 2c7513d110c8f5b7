"""PURE. How staff at a handheld say how many of a team go through now: part of the lane's table.

The number on the screen is what counts: when staff press the button, when the next ticket is
scanned, or when the time is up. The rest stays on the ticket.
"""

from dataclasses import replace

from gate_agent.events import PersonsChosen
from gate_agent.lane.entry import at_rest, go
from gate_agent.lane.records import grant_row
from gate_agent.lane.state import Grant, Lane, LaneState, Phase, Step, StepContext
from gate_agent.validator.passage import Passage, PassageKind


def choose_persons(
    lane: Lane, state: LaneState, event: PersonsChosen, context: StepContext
) -> Step:
    """Let so many of a handheld's team go through now; the others keep their admission"""
    grant = state.grant
    if grant is None or grant.chosen is None or grant.seq != event.record:
        return Step(state)
    until_ms = context.now.mono_ms + lane.choice_ms
    grant = replace(grant, chosen=min(event.persons, grant.left), until_ms=until_ms)
    if not event.done:
        return Step(replace(state, grant=grant, deadline_ms=until_ms))
    rows = chosen_rows(lane, grant, context)
    idle = replace(state, phase=Phase.IDLE, grant=None, deadline_ms=None)
    if not grant.chosen:
        return Step(idle, rows, (at_rest(state.mode),))
    idle = replace(idle, deadline_ms=context.now.mono_ms + lane.shown_ms)
    return Step(idle, rows, (go(grant),))


def chosen_rows(lane: Lane, grant: Grant, context: StepContext) -> tuple[Passage, ...]:
    """Return the records of a team's persons: those who went through, and those who did not."""
    chosen = grant.chosen or 0
    ends = ((PassageKind.TAKEN, chosen), (PassageKind.NOT_TAKEN, grant.left - chosen))
    rows: list[Passage] = []
    for kind, persons in ends:
        if persons:
            at = replace(context, seq=context.seq + len(rows))
            rows.append(grant_row(lane, grant, at, kind, persons))
    return tuple(rows)
