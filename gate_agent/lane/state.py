"""PURE. What a lane is and what it can be in the middle of: values for `gate_agent.lane.table`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from gate_agent.events import LaneEffect, Mode, ModeSource, Presented
from gate_agent.validator.moment import Moment
from gate_agent.validator.passage import Direction, Passage, Unconfirmed
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.rule_book import Freshness


class Phase(StrEnum):
    """How far the visitor in front of the lane has come."""

    IDLE = "idle"
    HOLDER_CHECK = "holder_check"
    CLAIMING = "claiming"
    RELEASED = "released"


class ClaimPolicy(StrEnum):
    """What a visitor whom this gate would let in has to do with the centre: WAIT for its word;
    TELL it and not wait, because its answers come too late; decide APART, it cannot be reached."""

    WAIT = "wait"
    TELL = "tell"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Lane:
    """What does not change. `release_ms`: how long the arm waits for a turn. `turn_ms`: how long
    an arm that has left home may take to finish. `holder_ms`: time to show a document.
    `repeat_ms`: the same code again so soon is a scanner's repeat, not a visitor's. `shown_ms`: how
    long a lane without an arm shows that somebody may pass. `claim_ms`: time to wait for the
    centre's word. `answer_ms`: how long staff may override a refusal."""

    number: int
    direction: Direction
    has_arm: bool
    release_ms: int = 5000
    turn_ms: int = 10_000
    holder_ms: int = 15_000
    repeat_ms: int = 1500
    shown_ms: int = 4000
    claim_ms: int = 60
    answer_ms: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An open grant: its record's number, and how many persons may still pass until when. `claim`
    and `alone`: as in its records. `although`: the reason that was passed over; if staff did it,
    `detail` says who and why."""

    seq: int
    ticket: Ticket | None
    code: bytes
    left: int
    until_ms: int
    reentry: bool
    provisional: bool
    freshness: Freshness = Freshness.FRESH
    although: Reason | None = None
    claim: int = 0
    alone: Unconfirmed = Unconfirmed.NO
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LastRefusal:
    """The last refusal: its record's number, what was shown, and when. Staff may override it."""

    seq: int
    ticket: Ticket | None
    code: bytes
    reason: Reason
    mono_ms: int


@dataclass(frozen=True, slots=True)
class LaneState:
    """`deadline_ms`: monotonic time at which `Expired` is due. `holder`: who must show a document.
    `moving`: the arm is away from home. `free_until_ms`: until when the arm may turn on a pulse
    of mode FREE. `seen`: digest of the last code and when it was shown. `pending`: who waits for
    the centre's word on claim number `claim`."""

    mode: Mode = Mode.CONTROLLED
    phase: Phase = Phase.IDLE
    grant: Grant | None = None
    holder: Ticket | None = None
    moving: bool = False
    deadline_ms: int | None = None
    free_until_ms: int = 0
    seen: bytes = b""
    seen_ms: int = 0
    pending: Presented | None = None
    claim: int = 0
    refusal: LastRefusal | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Commit `rows`, then take `state`, then perform `effects`."""

    state: LaneState
    rows: tuple[Passage, ...] = ()
    effects: tuple[LaneEffect, ...] = ()


@dataclass(frozen=True, slots=True)
class StepContext:
    """When and where an event is handled. `seq`: number that the next record will have. `ask`:
    whether the centre is asked."""

    now: Moment
    seq: int
    list_version: int
    ask: ClaimPolicy = ClaimPolicy.APART


def mode_of(asked: Mapping[ModeSource, Mode]) -> Mode:
    """The mode that counts: the strongest source's, CONTROLLED if nobody asks."""
    for source in ModeSource:
        if source in asked:
            return asked[source]
    return Mode.CONTROLLED


def is_repeat(lane: Lane, state: LaneState, code: bytes, now: Moment) -> bool:
    """Whether this is the scanner reading the same code once more, or somebody who shows it again
    because the answer is not there yet. `now`: when it was read."""
    return code == state.seen and now.mono_ms - state.seen_ms < lane.repeat_ms


def postponed(state: LaneState, before: LaneState, ms: int) -> LaneState:
    """`state`, with the times that it has taken since `before` put off by `ms`: what is recorded
    later than it happened is also acted on, and answered, later."""
    if not ms:
        return state
    if state.seen_ms != before.seen_ms:
        state = replace(state, seen_ms=state.seen_ms + ms)
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
