"""PURE. What should not happen, and is counted when it does."""

from enum import StrEnum
from typing import NamedTuple


class Incident(StrEnum):
    """Kind of incident.

    `fork`: a journal tells two stories. `gap`: records are missing before a batch; the gate was
    asked for them. `malformed`: a signed record cannot be read; the mark stops before it.
    `taken`: a gate sends records of another gate's journal. `rollback`: a gate has less of its
    journal than the centre. `refused`: bytes that are not a message of an enrolled gate, and
    messages that the centre does not or cannot take. `dropped`: the queue was full. `failed`: the
    centre's program failed at a task of its own; its log says at what. `second_key`: a gate has
    drawn a key and asks for another: its card was replaced, or somebody else has its key.
    `two_boards`: two boards speak in turn for one gate. `new_journal`: a gate has begun its journal
    anew, so it may let in again what it has let in before.
    """

    FORK = "fork"
    GAP = "gap"
    MALFORMED = "malformed"
    TAKEN = "taken"
    ROLLBACK = "rollback"
    REFUSED = "refused"
    DROPPED = "dropped"
    SECOND_KEY = "second_key"
    TWO_BOARDS = "two_boards"
    NEW_JOURNAL = "new_journal"
    FAILED = "failed"
    DISOWNED = "disowned"
    TOO_FAST = "too_fast"
    UNCLAIMED = "unclaimed"


class Sighting(NamedTuple):
    """One thing that should not happen. Sightings of one kind, gate and detail are counted
    together.

    `gate`: an enrolled gate; empty if none can be named. `detail`: in words of this program alone:
    nothing that a sender chose, so that nobody makes as many incidents as he likes. `last_detail`:
    what else there is to say of this one, as the journal; that of the newest is kept.
    """

    kind: Incident
    gate: str
    detail: str
    last_detail: str = ""
