"""PURE. Every input of the actor, as plain values. What it asks for in return: `effects`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from gate_agent.validator.decide import Decision
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason


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


# --- from driver threads and the link, through the inbox ----------------------------------------


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanner or camera read a code: the bytes as they are, without the line end."""

    lane: int
    code: bytes


@dataclass(frozen=True, slots=True)
class DocumentShown:
    """An identity document was read. It stays in memory only until the decision is made."""

    lane: int
    document: str
    number: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The arm has left its home position."""

    lane: int


@dataclass(frozen=True, slots=True)
class Turned:
    """The passage sensor saw one person go through."""

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
    """A switch, the fire input or staff want a mode; None gives it back. `who`: of the staff."""

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
    """A device works again."""

    device: str


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The gate is connected to the broker and subscribed."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    """There is no connection to the broker. `why`: cause and cure, empty if nobody knows."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A message arrived: hostile until decoded."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Stop:
    """The daemon is asked to end in good order."""


# --- from staff, on the local page ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """Staff typed a ticket's printed number: its serial and the check digits behind it."""

    lane: int
    serial: int
    check: int


@dataclass(frozen=True, slots=True)
class DocumentAwaited:
    """Staff have the keypad for a document open, or typed a key of its number."""

    lane: int


@dataclass(frozen=True, slots=True)
class PersonsChosen:
    """Staff say how many of a team go through now, of the grant with record number `record`.
    `done`: they go; else staff may still change the number."""

    lane: int
    record: int
    persons: int
    done: bool


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


Event = (
    Scanned | DocumentShown | DocumentAwaited | Typed | PersonsChosen | DirectionAsked |
    Overridden | Moved | Turned | Returned | Lost | ModeAsked | Faulted | Recovered | LinkUp |
    LinkDown | Received | Stop
)  # fmt: skip


# --- what only the lane's table receives ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential was judged. `code`: 8-byte digest of what was shown. `again`: judges it once
    more, by the lists, keys and histories of that moment."""

    decision: Decision
    code: bytes
    again: Callable[[], Decision] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """Lists, rules or keys have changed while a visitor waits for the centre: the new decision."""

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
    """The centre has answered claim `number`. With persons, `reason` is the rule that it
    overrides; without, why they may not come in."""

    number: int
    persons: int
    reason: Reason | None
    reentry: bool


LaneEvent = (
    Presented | JudgedAgain | Answered | Overridden | DocumentAwaited | PersonsChosen | Moved |
    Turned | Returned | Lost | Expired | ModeSet
)  # fmt: skip
