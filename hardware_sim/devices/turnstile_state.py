"""PURE. A tripod arm as values: what it is made of, what is done to it, what happens.

Angles: 0° is home; from 8° the arm counts as moved; back it goes only before 35°; the passage
contact opens at 60°; at 120° the next leg of the tripod is home.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

HOME_DEG = 8.0
BACK_DEG = 35.0
PASSAGE_DEG = 60.0
FULL_DEG = 120.0

MOST_STORED = 3
COUNTER_SIZE = 1 << 24


class What(StrEnum):
    """What happened."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"
    MOVED = "moved"
    RETURNED = "returned"
    PASSAGE_OPENED = "passage_opened"
    PASSAGE_CLOSED = "passage_closed"
    READY_OPENED = "ready_opened"
    READY_CLOSED = "ready_closed"
    TURNED = "turned"
    FORCED = "forced"
    BACKED_OUT = "backed_out"
    BLOCKED = "blocked"


class Happened(NamedTuple):
    """One thing that happened, and when."""

    at_ms: float
    what: What


@dataclass(frozen=True, slots=True)
class Mechanics:
    """`min_pulse_ms`: a shorter command contact is overheard. `hold_ms`: a longer one means
    permanently open for as long as it lasts. `turn_ms`: a visitor's way through.
    `fail_safe`: without power the arm turns freely; otherwise it stays locked."""

    min_pulse_ms: float = 100.0
    hold_ms: float = 1500.0
    release_ms: float = 5000.0
    turn_ms: float = 800.0
    fail_safe: bool = False


# --- causes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelayState:
    """The gate closes or opens the command contact."""

    closed: bool


@dataclass(frozen=True, slots=True)
class Push:
    """A visitor leans on the arm. First forth and back by `wiggle_deg` (below 35), then, if
    `through`, all the way. `force`: breaks through a locked arm."""

    through: bool = True
    wiggle_deg: float = 0.0
    force: bool = False


@dataclass(frozen=True, slots=True)
class Power:
    """The turnstile's own supply. Without it all contacts are open."""

    on: bool


@dataclass(frozen=True, slots=True)
class ResetCounter:
    """Somebody resets the board's counter."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing but time."""


Cause = RelayState | Push | Power | ResetCounter | Tick


class Leg(NamedTuple):
    """The arm moves evenly to `to_deg`, which takes `ms`."""

    to_deg: float
    ms: float


class Turnstile(NamedTuple):
    """Everything about one arm. `turns`: all there ever were, the truth to check others against.
    `counter`: the board's own, 24 bits, resettable, blind without power."""

    mechanics: Mechanics = Mechanics()
    now_ms: float = 0.0
    powered: bool = True
    relay_since_ms: float | None = None
    heard: bool = False
    held: bool = False
    unlocked_until_ms: float | None = None
    stored: int = 0
    deg: float = 0.0
    legs: tuple[Leg, ...] = ()
    leg_from_deg: float = 0.0
    leg_start_ms: float = 0.0
    force: bool = False
    entitled: bool = False
    turns: int = 0
    forced: int = 0
    counter: int = 0

    @property
    def home_closed(self) -> bool:
        """The home contact: closed at home."""
        return self.powered and self.deg < HOME_DEG

    @property
    def passage_closed(self) -> bool:
        """The passage contact: closed at rest, open on a passage and without power."""
        return self.powered and self.deg < PASSAGE_DEG

    @property
    def unlocked(self) -> bool:
        """Whether a push goes through."""
        if not self.powered:
            return self.mechanics.fail_safe
        return self.held or self.unlocked_until_ms is not None
