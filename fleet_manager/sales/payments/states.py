"""PURE. How an attempt to be paid can go on: a total table.

    NEW > SENT > (PAYING) > PAID
            |       |         ^
            +-> UNKNOWN -> CLOSING > CLOSED

PAID may still come while an attempt is being closed: the provider's word counts, not ours. PAID and
CLOSED are final; money that comes for a closed attempt goes back.
"""

from enum import StrEnum


class AttemptState(StrEnum):
    """NEW: written, nobody asked yet. SENT: the provider has it. PAYING: the customer is typing a
    password. UNKNOWN: an answer was lost. CLOSING: given up, the provider has not agreed yet."""

    NEW = "new"
    SENT = "sent"
    PAYING = "paying"
    UNKNOWN = "unknown"
    CLOSING = "closing"
    PAID = "paid"
    CLOSED = "closed"

    @property
    def is_final(self) -> bool:
        """Return whether nothing comes after it."""
        return self in FINAL


FINAL = frozenset({AttemptState.PAID, AttemptState.CLOSED})
_WAITING = (
    AttemptState.SENT,
    AttemptState.PAYING,
    AttemptState.UNKNOWN,
    AttemptState.CLOSING,
    AttemptState.PAID,
    AttemptState.CLOSED,
)
FOLLOWING: dict[AttemptState, frozenset[AttemptState]] = {
    AttemptState.NEW: frozenset(_WAITING),
    AttemptState.SENT: frozenset(_WAITING) - {AttemptState.SENT},
    AttemptState.PAYING: frozenset(_WAITING) - {AttemptState.SENT, AttemptState.PAYING},
    AttemptState.UNKNOWN: frozenset(_WAITING) - {AttemptState.UNKNOWN},
    AttemptState.CLOSING: FINAL,
    AttemptState.PAID: frozenset(),
    AttemptState.CLOSED: frozenset(),
}
"""Which states may follow which. A fact that says less than is known changes nothing."""


def follows(before: AttemptState, said: AttemptState) -> bool:
    """Return whether a fact moves an attempt on; repeated and late ones do not."""
    return said in FOLLOWING[before]
