"""PURE. What a lane is and what it can be in the middle of: values for `gate_agent.lane.table`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gate_agent.effects import LaneEffect
from gate_agent.events import LaneEvent, Mode, Presented
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
    """What happens before a visitor whom this gate would let in may pass. WAIT: for the centre's
    answer. NOTIFY: send the claim and do not wait, because answers come too late. OFFLINE: the
    centre cannot be reached, the gate decides alone."""

    WAIT = "wait"
    NOTIFY = "notify"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Lane:
    """The settings of a lane. `release_ms`: how long the arm waits for a turn. `turn_ms`: how long
    an arm that has left home may take to finish. `holder_ms`: time to show a document;
    `holder_most_ms`: the longest time after the scan, while staff type its number. `asks_persons`:
    staff say how many of a team go through, within `choice_ms`, else as many as the screen says.
    `repeat_ms`: the same code again so soon is a scanner's repeat, not a visitor's. `shown_ms`: how
    long a lane without an arm shows that somebody may pass. `claim_ms`: time to wait for the
    centre's answer to a claim. `answer_ms`: how long staff may override a refusal."""

    number: int
    direction: Direction
    has_arm: bool
    release_ms: int = 5000
    turn_ms: int = 10_000
    holder_ms: int = 15_000
    holder_most_ms: int = 120_000
    repeat_ms: int = 1500
    shown_ms: int = 4000
    claim_ms: int = 60
    answer_ms: int = 60_000
    choice_ms: int = 30_000
    asks_persons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An open grant. `seq`: its record's number. `left`: how many persons may still pass, until
    `until_ms` (monotonic). `claim`, `unconfirmed`: the claim's number, and why the centre has not
    confirmed the grant. `overridden_reason`: why it would have been refused; if staff overrode it,
    `detail` says who and why. `chosen`: how many of a team staff want to let through now;
    None where nobody is asked."""

    seq: int
    ticket: Ticket | None
    code: bytes
    left: int
    until_ms: int
    reentry: bool
    provisional: bool
    freshness: Freshness = Freshness.FRESH
    overridden_reason: Reason | None = None
    claim: int = 0
    unconfirmed: Unconfirmed = Unconfirmed.NO
    detail: str = ""
    chosen: int | None = None


@dataclass(frozen=True, slots=True)
class LastRefusal:
    """The last refusal, which staff may override. `seq`: its record's number. `code`: 8-byte digest
    of what was shown. `mono_ms`: when."""

    seq: int
    ticket: Ticket | None
    code: bytes
    reason: Reason
    mono_ms: int


@dataclass(frozen=True, slots=True)
class LaneState:
    """`deadline_ms`: monotonic time at which `Expired` is due. `holder`: the ticket whose holder
    must show a document, at the latest at `holder_until_ms`. `moving`: the arm is away from home.
    `free_until_ms`: until when the arm may turn on a pulse of mode FREE. `last_code`,
    `last_code_ms`: 8-byte digest of the last presentation, and when it was. `pending`: the
    presentation that waits for the centre's answer to claim number `claim`."""

    mode: Mode = Mode.CONTROLLED
    phase: Phase = Phase.IDLE
    grant: Grant | None = None
    holder: Ticket | None = None
    holder_until_ms: int = 0
    moving: bool = False
    deadline_ms: int | None = None
    free_until_ms: int = 0
    last_code: bytes = b""
    last_code_ms: int = 0
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
    """What a step needs of the world. `now`: when the event happened. `seq`: number that the next
    record will have. `claim_policy`: whether a visitor waits for the centre's answer."""

    now: Moment
    seq: int
    list_version: int
    claim_policy: ClaimPolicy = ClaimPolicy.OFFLINE


class Occurrence(NamedTuple):
    """What happened at a lane, and when it did: the time that its record will say."""

    lane: int
    event: LaneEvent
    at: Moment
