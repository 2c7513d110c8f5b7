"""What one journal knows of one ticket: a fold over its passage records, and nothing else."""

from dataclasses import dataclass, replace

from gate_agent.validator.passage import Direction, Kind, Passage


@dataclass(frozen=True, slots=True)
class History:
    """`entered`: persons that went in, ever. `day` and `entered_today`: on the last day of use.
    `inside`: went in and have not come out. `reserved`: granted, not yet passed. `last_in_ms`:
    wall time of the last entry, 0 for none. `left_since`: somebody went out after it.
    """

    entered: int = 0
    day: int = 0
    entered_today: int = 0
    inside: int = 0
    reserved: int = 0
    last_in_ms: int = 0
    left_since: bool = False


NEVER_SEEN = History()


def fold(history: History, passage: Passage, day: int) -> History:
    """The history after `passage`, which happened on the park's `day`.

    An UNRESOLVED passage uses its admissions up: a visitor may have to be helped, but no ticket
    is usable twice at this gate.
    """
    persons = passage.persons
    if passage.direction is Direction.OUT:
        if passage.kind is not Kind.TAKEN:
            return history
        return replace(history, inside=max(0, history.inside - persons), left_since=True)
    match passage.kind:
        case Kind.GRANTED:
            return replace(history, reserved=history.reserved + persons)
        case Kind.NOT_TAKEN:
            return replace(history, reserved=max(0, history.reserved - persons))
        case Kind.TAKEN | Kind.UNRESOLVED:
            today = history.entered_today if history.day == day else 0
            return History(
                entered=history.entered + persons,
                day=day,
                entered_today=today + persons,
                inside=history.inside + persons,
                reserved=max(0, history.reserved - persons),
                last_in_ms=passage.wall_ms,
                left_since=False,
            )
        case _:
            return history
