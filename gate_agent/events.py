"""Every input the actor can receive and every effect it can ask for. Values, nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from gate_agent.staff_events import DirectionAsked, Overridden, Typed
from gate_agent.validator.decide import Decision
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.uses import Entitlement


class Mode(StrEnum):
    """What a lane is for at the moment. Fire input > key switch > default."""

    CONTROLLED = "controlled"
    CLOSED = "closed"
    FREE = "free"
    EMERGENCY = "emergency"


class ModeSource(StrEnum):
    """Who asks for a mode, strongest first. `STAFF`: with a code, on the local page."""

    FIRE = "fire"
    KEY_SWITCH = "key_switch"
    STAFF = "staff"


# --- events: from driver threads and the link, through one queue -------------------------------


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanner or camera read a code: the bytes as they are, without the line end."""

    lane: int
    code: bytes


@dataclass(frozen=True, slots=True)
class DocumentShown:
    """An identity document was read. Kept in memory only for as long as the decision takes."""

    lane: int
    document: str
    number: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The arm has left its home position."""

    lane: int


@dataclass(frozen=True, slots=True)
class Turned:
    """The passage sensor: one person went through."""

    lane: int


@dataclass(frozen=True, slots=True)
class Returned:
    """The arm is home again without a passage."""

    lane: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The arm is home after a power cut that hid which way it turned."""

    lane: int


@dataclass(frozen=True, slots=True)
class ModeAsked:
    """Somebody wants a mode; None gives it back. `who`: of the staff."""

    source: ModeSource
    mode: Mode | None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Faulted:
    """A device stopped working. `device` names it, `text` says what happened."""

    device: str
    text: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """That device works again."""

    device: str


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Connected to the broker and subscribed."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The connection is gone."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message arrived: hostile until decoded."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Stop:
    """End the daemon in good order."""


Event = (
    Scanned | DocumentShown | Typed | DirectionAsked | Overridden | Moved | Turned | Returned |
    Lost | ModeAsked | Faulted | Recovered | LinkUp | LinkDown | Received | Stop
)  # fmt: skip


# --- what only the lane's table sees -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential was judged. `code`: 8-byte digest of what was shown. `again`: judges it once
    more, by what is known then."""

    decision: Decision
    code: bytes
    again: Callable[[], Decision] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """Lists, rules or keys have changed while the centre is asked: the decision by the new ones."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Expired:
    """The lane's deadline has passed."""


@dataclass(frozen=True, slots=True)
class ModeSet:
    """The lane's mode is now this. `who`: of the staff asked for it."""

    mode: Mode
    who: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The centre's word on claim `number`. With persons, the reason is what was overlooked."""

    number: int
    persons: int
    reason: Reason | None
    reentry: bool


LaneEvent = (
    Presented | JudgedAgain | Answered | Overridden | Moved | Turned | Returned | Lost | Expired |
    ModeSet
)  # fmt: skip


# --- effects: what the actor does after the journal has committed ------------------------------


class Sign(StrEnum):
    """What a lane shows."""

    READY = "ready"
    GO = "go"
    PLEASE_PASS = "please_pass"
    SHOW_ID = "show_id"
    REFUSED = "refused"
    CLOSED = "closed"
    FREE = "free"
    EVACUATE = "evacuate"
    ALARM = "alarm"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True)
class Release:
    """One pulse to the arm: one person may pass."""


@dataclass(frozen=True, slots=True)
class Show:
    """Tell the visitor. `persons`: may still pass. `reason`: of REFUSED. The rest is for staff."""

    sign: Sign
    persons: int = 0
    reason: Reason | None = None
    ticket: Ticket | None = field(default=None, compare=False)
    reentry: bool = field(default=False, compare=False)
    record: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AskCentre:
    """Claim `number`: may so many persons come in on this ticket?"""

    number: int
    ticket: bytes
    persons: int
    right: Entitlement


LaneEffect = Release | Show | AskCentre
