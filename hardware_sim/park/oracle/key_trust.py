"""PURE. How far each key set trusts each ticket key, written down when staff decide it; never read
from a set."""

from collections.abc import Mapping
from typing import NamedTuple

from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyMode


class Trusted(NamedTuple):
    """`until_s`, `last_serial`: of a stolen key, tickets issued later (UTC seconds) or with a
    higher serial are anybody's."""

    mode: KeyMode = KeyMode.SIG
    until_s: int = 0
    last_serial: int = 0

    def withdrawn(self, mode: KeyMode, now_s: int, last_serial: int) -> "Trusted":
        """Return it as it is from now on. The day of a theft is the first one that it was called
        so."""
        if mode is not KeyMode.LIST_ONLY:
            return Trusted(mode)
        if self.mode is KeyMode.LIST_ONLY:
            return self
        return Trusted(mode, now_s, last_serial)

    def believes(self, ticket: Ticket) -> bool:
        """Return whether a signature of the key proves this ticket."""
        if self.mode is not KeyMode.LIST_ONLY:
            return True
        return ticket.issued_at <= self.until_s and ticket.serial <= self.last_serial


TrustedKeys = Mapping[bytes, Trusted]
"""By key id."""


def modes_of(sets: list[TrustedKeys], key: bytes) -> frozenset[KeyMode]:
    """Return how far a key may be trusted, by one of these sets."""
    return frozenset(keys[key].mode for keys in sets if key in keys)


def may_believe(sets: list[TrustedKeys], ticket: Ticket) -> bool:
    """Return whether one of the sets lets the ticket's signature count."""
    return any(ticket.key_id in keys and keys[ticket.key_id].believes(ticket) for keys in sets)


def may_doubt(sets: list[TrustedKeys], ticket: Ticket) -> bool:
    """Return whether one of the sets does not."""
    return not all(ticket.key_id in keys and keys[ticket.key_id].believes(ticket) for keys in sets)
