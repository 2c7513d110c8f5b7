"""What staff ask of a lane on the local page: events like all others, `gate_agent.events`."""

from dataclasses import dataclass

from gate_agent.validator.passage import Direction


@dataclass(frozen=True, slots=True)
class Typed:
    """Somebody typed a ticket's printed number."""

    lane: int
    serial: int
    check: int


@dataclass(frozen=True, slots=True)
class DirectionAsked:
    """Staff turn a lane without an arm round."""

    lane: int
    direction: Direction


@dataclass(frozen=True, slots=True)
class Overridden:
    """Staff let `persons` in against the refusal with record number `record`. `who` and `why` go
    into the records. `supervisor`: may override every reason."""

    lane: int
    record: int
    persons: int
    who: str
    why: str
    supervisor: bool
