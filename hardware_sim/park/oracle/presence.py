"""PURE. Who is in on a ticket, by its movements: in the order of one journal, by the time of what
other gates report, and both together. Written down here once more, without the gate's own folds."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Move(NamedTuple):
    """Persons who went in, or `out`, by a clock that said `wall_ms` on the park's `day`."""

    wall_ms: int
    day: int
    persons: int
    out: bool


class Presence(NamedTuple):
    """`today`: persons who went in on the `day` of the last entry. `left_since`: somebody went out
    after it. Times are ms, 0 for none."""

    entered: int = 0
    day: int = 0
    today: int = 0
    inside: int = 0
    last_in_ms: int = 0
    last_out_ms: int = 0
    left_since: bool = False


def in_order(moves: Iterable[Move]) -> Presence:
    """Return what a board knows of its own visitors: what it recorded last is the newest, whatever
    its clock said, and a day that its clock leaves is over."""
    who = Presence()
    for move in moves:
        if move.out:
            who = who._replace(
                inside=who.inside - move.persons, last_out_ms=move.wall_ms, left_since=True
            )
            continue
        before = who.today if who.day == move.day else 0
        who = Presence(
            entered=who.entered + move.persons,
            day=move.day,
            today=before + move.persons,
            inside=who.inside + move.persons,
            last_in_ms=move.wall_ms,
            last_out_ms=who.last_out_ms,
            left_since=False,
        )
    return who


def by_time(moves: Sequence[Move]) -> Presence:
    """Return what follows from movements at other gates, in whichever order they were heard of."""
    ins = [move for move in moves if not move.out]
    outs = [move for move in moves if move.out]
    newest = max(ins, key=lambda move: move.wall_ms, default=None)
    last_out_ms = max((move.wall_ms for move in outs), default=0)
    left = sum(move.persons for move in outs)
    if newest is None:
        return Presence(inside=-left, last_out_ms=last_out_ms, left_since=bool(outs))
    entered = sum(move.persons for move in ins)
    return Presence(
        entered=entered,
        day=newest.day,
        today=sum(move.persons for move in ins if move.day == newest.day),
        inside=entered - left,
        last_in_ms=newest.wall_ms,
        last_out_ms=last_out_ms,
        left_since=bool(outs) and last_out_ms >= newest.wall_ms,
    )


def together(own: Presence, others: Presence) -> Presence:
    """Return what a board knows in all: of its own visitors, and of what it has heard."""
    day = max(own.day, others.day)
    last, rest = (own, others) if own.last_in_ms >= others.last_in_ms else (others, own)
    return Presence(
        entered=own.entered + others.entered,
        day=day,
        today=sum(who.today for who in (own, others) if who.day == day),
        inside=own.inside + others.inside,
        last_in_ms=last.last_in_ms,
        last_out_ms=max(own.last_out_ms, others.last_out_ms),
        left_since=last.left_since or rest.last_out_ms > last.last_in_ms,
    )
