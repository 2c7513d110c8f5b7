"""PURE. What somebody with a sold ticket should be told at a way in: every answer that is right.

The order of the reasons is that of docs/faults.md, Refusals: the list, the time, the zone, the
uses, the document. A checker knows some things surely, and some not, as what a gate had heard of
another by then: so each step says yes, no or maybe, and all answers up to the first sure refusal
are right.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from gate_agent.validator.moment import ClockState
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryRule
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyMode

WHOLE_MS = 2
"""Clocks count whole milliseconds."""
LATE_MS = 500
"""At most so long after the decision its record is made: a claim, and a slow card."""


class Says(Enum):
    """What one step of the checks says of a refusal."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Listed:
    """What a version of the park's list says of one ticket. `beyond`: it was sold afterwards.
    `passed_on`: it is for another holder now."""

    void: bool = False
    suspended: bool = False
    least_issue: int = 0
    extra: int = 0
    beyond: bool = False
    passed_on: bool = False


@dataclass(slots=True)
class Past:
    """What the records of one card say of one ticket so far. `open`: persons granted who have not
    passed. `last_grant_ms`: true time of the newest grant. `untrusted`: a record of it was made
    without a trusted clock."""

    entered: int = 0
    open: int = 0
    today: int = 0
    day: int = 0
    inside: int = 0
    last_in_ms: int = 0
    left_since: bool = False
    last_grant_ms: float = -1e18
    untrusted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A ticket at a way in. `wall_ms`, `clock`, `day`: by the board's clock; `true_ms`: true UTC.
    `listed`: None without a list. `passback`: the modes of anti-passback that may have been in
    force, each with its time, ms. `elsewhere`: it was shown, or exempted, where this card may have
    heard of it, or not. `rough`: messages are lost, so the centre may be behind. `alone`: the gate
    could ask nobody, so what it says is by its own records. `papers`: whether the right document is
    shown, None if the ticket asks for none. `waited`: for the centre.
    `listed_ms`: when the list was made, true UTC; `fresh_ms`: up to that age it is fresh. `shares`:
    of a team, which a gate may let in alone, 0 for all of it. `centre_said`: which reasons the
    centre named, by the rules that were in force when it was asked. `modes`: how far the ticket's
    key may have been trusted."""

    ticket: Ticket
    issue: int
    listed: Listed | None
    zone: int
    wall_ms: int
    day: int
    true_ms: float
    clock: ClockState
    past: Past
    passback: frozenset[tuple[str, int]] = frozenset({("hard", 300_000)})
    elsewhere: bool = False
    rough: bool = False
    alone: bool = False
    papers: bool | None = None
    waited: bool = False
    listed_ms: float = -1e18
    fresh_ms: int = 300_000
    shares: frozenset[int] = frozenset({0})
    centre_said: frozenset[int] = frozenset()
    modes: frozenset[KeyMode] = frozenset({KeyMode.SIG})


@dataclass(slots=True)
class Right:
    """Every right answer: `refusals`; and whether to let in, then `least` to `most` persons, and
    which `overlooked` reasons of anti-passback may be in the record."""

    refusals: set[Reason] = field(default_factory=set)
    granted: bool = True
    least: int = 1
    most: int = 0
    overlooked: set[int] = field(default_factory=lambda: {0})


def right_answers(shown: Shown) -> Right:
    """Return every answer that is right."""
    right = Right(most=shown.ticket.admits)
    for reason, says in _before_uses(shown):
        if says is not Says.NO:
            right.refusals.add(reason)
        if says is Says.YES:
            right.granted = False
            return right
    _uses(shown, right)
    if right.granted and shown.papers is not None:
        right.refusals.add(Reason.HOLDER_TIMEOUT)
        if not shown.papers:
            right.refusals.add(Reason.HOLDER_MISMATCH)
        right.granted = shown.papers
    return right


def right_typed(shown: Shown) -> set[Reason]:
    """Return every right answer to a printed number: never in without staff."""
    answers: set[Reason] = set()
    for reason, says in _list(shown):
        if says is Says.YES:
            return {reason}
    past = shown.past
    if past.open or shown.elsewhere or shown.rough:
        answers.add(Reason.PASSING)
    if past.open and not (shown.elsewhere or shown.rough):
        return answers
    if past.entered:
        return answers | {Reason.USED}
    return answers | {Reason.TYPED} | ({Reason.USED} if shown.elsewhere else set())


def _before_uses(shown: Shown) -> Iterator[tuple[Reason, Says]]:
    yield from _list(shown)
    yield from _time(shown)
    yield Reason.WRONG_ZONE, _sure(not shown.ticket.zones >> shown.zone & 1)


def _by_key(modes: frozenset[KeyMode]) -> Says:
    """Say whether a ticket must be on the list: unless its key's signature is enough."""
    if KeyMode.SIG in modes:
        return Says.MAYBE if len(modes) > 1 else Says.NO
    return Says.YES


def _sure(refused: bool) -> Says:
    return Says.YES if refused else Says.NO


def _list(shown: Shown) -> Iterator[tuple[Reason, Says]]:
    listed = shown.listed
    yield Reason.NO_LIST, _sure(listed is None)
    if listed is not None:
        yield Reason.VOID, _sure(listed.void)
        yield Reason.SUSPENDED, _sure(listed.suspended)
        yield Reason.SUPERSEDED, _sure(shown.issue < listed.least_issue)
        if listed.beyond:
            yield Reason.UNLISTED, _by_key(shown.modes)


def _time(shown: Shown) -> Iterator[tuple[Reason, Says]]:
    """A board whose clock is trusted knows the window to the millisecond, but for who waits for the
    centre at its very end; another refuses nobody but by a time that has surely passed."""
    begin_ms, end_ms = shown.ticket.not_before * 1000, shown.ticket.expires_at * 1000
    if shown.clock is not ClockState.TRUSTED:
        over = shown.true_ms >= end_ms - WHOLE_MS
        yield Reason.EXPIRED, Says.MAYBE if over else Says.NO
        return
    if shown.waited and end_ms <= shown.wall_ms < end_ms + LATE_MS:
        yield Reason.EXPIRED, Says.MAYBE
    else:
        yield Reason.EXPIRED, _sure(shown.wall_ms >= end_ms)
    yield Reason.NOT_YET, _sure(shown.wall_ms < begin_ms)


def _total(shown: Shown) -> int | None:
    """Return how many may enter on a ticket in all, None without end."""
    ticket, policy = shown.ticket, shown.ticket.entry_policy
    extra = 0 if shown.listed is None else shown.listed.extra
    if policy.rule is EntryRule.DAILY:
        return None
    return ticket.admits * (policy.entries or 1) + extra


def _uses(shown: Shown, right: Right) -> None:
    ticket, past, policy = shown.ticket, shown.past, shown.ticket.entry_policy
    recent = shown.rough or shown.true_ms - past.last_grant_ms < 95_000
    if past.open or recent or shown.elsewhere:
        right.refusals.add(Reason.PASSING)
    total = _total(shown)
    left = ticket.admits if total is None else total - past.entered - past.open
    if total is not None and shown.elsewhere:
        right.refusals.add(Reason.USED)
    if left <= 0:
        # Somebody is on the way through: then the ticket is being used, else it is used.
        right.granted = False
        right.refusals.add(Reason.PASSING if past.open else Reason.USED)
        return
    right.most = min(left, ticket.admits)
    if ticket.admits > 1 and any(shown.shares):
        # Some are kept for other gates, and this one alone has its share.
        right.refusals.add(Reason.SHARES)
        recent = True
    if policy.rule is EntryRule.ONCE:
        right.least = 1 if shown.elsewhere or recent else right.most
        return
    _again(shown, right, recent=recent)


def _again(shown: Shown, right: Right, *, recent: bool) -> None:
    """Who may enter more than once: all who have not been in today first, then anti-passback."""
    ticket, past = shown.ticket, shown.past
    today = past.today if past.day == shown.day else 0
    first = ticket.admits - today - past.open
    timed = not past.untrusted and shown.clock is ClockState.TRUSTED
    unsure = shown.elsewhere or not (timed or shown.alone)
    if first > 0 and not unsure:
        right.most = min(right.most, first)
        right.least = 1 if recent else right.most
        return
    if past.open and not unsure:
        right.granted = False
        return
    _anti_passback(shown, right, unsure=unsure)
    right.granted = right.granted or unsure
    right.overlooked |= {0} if unsure else set()
    right.least = 1


def _anti_passback(shown: Shown, right: Right, *, unsure: bool) -> None:
    """Say what follows for who was in today. The gate's own refusal is sure; where it would let in,
    a centre that messages did not reach may not know of an exit yet."""
    right.overlooked, right.granted = set(), False
    for mode, mode_ms in shown.passback:
        answers = _passback(shown, mode, mode_ms)
        if mode != "off" and (unsure or (shown.rough and None in answers)):
            answers = {Reason.INSIDE, Reason.PASSBACK, None}
        _by_mode(right, mode, answers)


def _by_mode(right: Right, mode: str, answers: set[Reason | None]) -> None:
    reasons = {reason for reason in answers if reason is not None}
    if mode == "hard":
        right.refusals |= reasons
    else:
        right.overlooked |= {int(reason) for reason in reasons}
    if None in answers:
        right.overlooked.add(0)
    right.granted |= mode != "hard" or None in answers


def _passback(shown: Shown, mode: str, mode_ms: int) -> set[Reason | None]:
    """Return what anti-passback may say; None: nothing."""
    past = shown.past
    if mode == "off":
        return {None}
    inside = max(past.inside, 1 if past.last_in_ms and not past.left_since else 0)
    if shown.ticket.entry_policy.exit_required and inside >= shown.ticket.admits:
        return {Reason.INSIDE}
    since_ms = abs(shown.wall_ms - past.last_in_ms)
    if past.left_since or since_ms > mode_ms + LATE_MS:
        return {None}
    return {Reason.PASSBACK} if since_ms < mode_ms - LATE_MS else {Reason.PASSBACK, None}
