"""PURE. What should not happen, and is counted when it does."""

from enum import StrEnum


class Incident(StrEnum):
    """Kind of incident.

    `fork`: a journal tells two stories. `gap`: records are missing before a batch; the gate was
    asked for them. `malformed`: a signed record cannot be read; the mark stops before it.
    `taken`: a gate sends records of another gate's journal. `rollback`: a gate has less of its
    journal than the centre. `refused`: bytes that are not a message of an enrolled gate.
    `dropped`: the queue was full. `second_key`: a gate has drawn a key and asks for another: its
    card was replaced, or somebody else has its key. `two_boards`: two boards speak in turn for one
    gate. `new_journal`: a gate has begun its journal anew, so it may let in again what it has let
    in before.
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
    DISOWNED = "disowned"
    TOO_FAST = "too_fast"
    UNCLAIMED = "unclaimed"


Sighting = tuple[Incident, str, str]
"""Incident, gate ('' if no gate can be named), detail."""
