"""The history of one ticket: a fold over passages, of one journal or of several."""

from typing import NamedTuple

from gate_agent.validator.passage import Direction, Passage, PassageKind


class History(NamedTuple):
    """`entered`: persons that went in, ever. `day` and `entered_today`: on the last day of use.
    `inside`: went in, less those who came out; below zero where more came out than went in, as at
    a gate that only leads out. `reserved`: granted, not yet passed. `last_in_ms` and
    `last_out_ms`: wall time of the last entry and exit, 0 for none. `exited_since`: somebody went
    out after the last entry. `alone`: of `entered` and `reserved`, those that this gate let in
    without the centre's word.
    """

    entered: int = 0
    day: int = 0
    entered_today: int = 0
    inside: int = 0
    reserved: int = 0
    last_in_ms: int = 0
    exited_since: bool = False
    last_out_ms: int = 0
    alone: int = 0

    @property
    def persons_inside(self) -> int:
        """Return how many persons are inside as far as is known: at least one after an entry
        without an exit."""
        return max(self.inside, 1 if self.last_in_ms and not self.exited_since else 0)

    def with_reserved(self, persons: int) -> "History":
        """Return this history with `persons` more granted and not passed yet."""
        return self._replace(reserved=self.reserved + persons) if persons else self


NEVER_SEEN = History()


def came_in(history: History, persons: int, day: int, wall_ms: int) -> History:
    """Return the history after `persons` went in on the park's `day` (an ordinal) at `wall_ms`."""
    today = history.entered_today if history.day == day else 0
    return History(
        history.entered + persons,
        day,
        today + persons,
        history.inside + persons,
        history.reserved,
        last_in_ms=wall_ms,
        exited_since=False,
        last_out_ms=history.last_out_ms,
        alone=history.alone,
    )


def went_out(history: History, persons: int, wall_ms: int) -> History:
    """Return the history after `persons` went out, or were forgiven an entry that keeps them from
    coming in again."""
    return history._replace(inside=history.inside - persons, exited_since=True, last_out_ms=wall_ms)


def came_in_late(history: History, persons: int, day: int, wall_ms: int) -> History:
    """Return the history after an entry that is reported late: the newest entry stays the newest,
    and who has gone out since, at a gate that reported sooner, has gone out."""
    if wall_ms >= history.last_in_ms:
        left = history.last_out_ms > 0 and history.last_out_ms >= wall_ms
        return came_in(history, persons, day, wall_ms)._replace(exited_since=left)
    today = persons if history.day == day else 0
    return history._replace(
        entered=history.entered + persons,
        entered_today=history.entered_today + today,
        inside=history.inside + persons,
    )


def went_out_late(history: History, persons: int, wall_ms: int) -> History:
    """Return the history after an exit that is reported late."""
    if wall_ms >= history.last_in_ms:
        return went_out(history, persons, max(wall_ms, history.last_out_ms))
    last_out_ms = max(wall_ms, history.last_out_ms)
    return history._replace(inside=history.inside - persons, last_out_ms=last_out_ms)


def fold(history: History, passage: Passage, day: int) -> History:
    """Return the history after `passage`, which happened on the park's `day` (an ordinal).

    An UNRESOLVED passage uses its admissions up: a visitor may have to be helped, but no ticket is
    usable twice at this gate.
    """
    persons, kind = passage.persons, passage.kind
    if kind is PassageKind.FORGIVEN or passage.direction is Direction.OUT:
        if kind is PassageKind.TAKEN or kind is PassageKind.FORGIVEN:
            return went_out(history, persons, passage.wall_ms)
        return history
    alone = persons if passage.alone else 0
    if kind is PassageKind.GRANTED:
        return history._replace(reserved=history.reserved + persons, alone=history.alone + alone)
    if kind is PassageKind.NOT_TAKEN or kind is PassageKind.TAKEN or kind is PassageKind.UNRESOLVED:
        history = history._replace(reserved=max(0, history.reserved - persons))
        if kind is PassageKind.NOT_TAKEN:
            return history._replace(alone=max(0, history.alone - alone))
        return came_in(history, persons, day, passage.wall_ms)
    return history


def merged(own: History, remote: History) -> History:
    """Return what a gate knows of a ticket: `own`, of its journal, and `remote`, the passages at
    other gates that the centre reported."""
    if remote is NEVER_SEEN:
        return own
    day = max(own.day, remote.day)
    later, earlier = (own, remote) if own.last_in_ms >= remote.last_in_ms else (remote, own)
    return History(
        entered=own.entered + remote.entered,
        day=day,
        entered_today=sum(part.entered_today for part in (own, remote) if part.day == day),
        inside=own.inside + remote.inside,
        reserved=own.reserved,
        last_in_ms=later.last_in_ms,
        exited_since=later.exited_since or earlier.last_out_ms > later.last_in_ms,
        last_out_ms=max(own.last_out_ms, remote.last_out_ms),
        alone=own.alone,
    )
