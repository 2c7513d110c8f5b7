"""Foreign signers of a series: another system's public keys, and what its products mean here. They
are part of the signed list, so only the park's own list key makes them trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets import pretix_ticket
from gate_agent.validator.trust.keys import KeyUse, PublicKey
from gate_agent.validator.trust.seal import in_range

MAX_SIGNERS = 16
MAX_RIGHTS = 4096
_MAX_NUMBER = 1 << 62
_END_SECONDS = 1 << 33

SignedEntitlement = tuple[int, int, int, int]
"""pretix's item, variation and subevent, 0 for none, and the number of the kind that they mean."""


@dataclass(frozen=True, slots=True)
class CodeSigner:
    """`public`: 32 bytes of Ed25519. `rights`: ascending. It signs tickets as pretix does, see
    `tickets.pretix_ticket`."""

    public: bytes
    rights: tuple[SignedEntitlement, ...]

    def row(self) -> list[object]:
        """Return the fields in their order on the wire."""
        return [self.public, [list(right) for right in self.rights]]


@dataclass(frozen=True, slots=True)
class SignedRight:
    """What a valid signature entitles to: the number of a kind, and a window in UTC seconds since
    1970 if the ticket has its own; 0 for none."""

    kind: int
    valid_from: int
    valid_until: int


def read_signers(rows: object, kinds: int) -> tuple[CodeSigner, ...]:
    """Return the signers in `rows`. Raise WireError unless all their rights are of the first
    `kinds` kinds."""
    if type(rows) is not list or len(rows) > MAX_SIGNERS:
        raise WireError("a code list with wrong signers")
    return tuple(_read_signer(row, kinds) for row in rows)


def _read_signer(row: object, kinds: int) -> CodeSigner:
    if type(row) is not list or len(row) != 2 or type(row[1]) is not list:
        raise WireError("a code list with a wrong signer")
    public, rows = row
    if type(public) is not bytes or len(rows) > MAX_RIGHTS:
        raise WireError("a code list with a wrong signer")
    rights = tuple(_read_right(right, kinds) for right in rows)
    if any(right[:3] >= later[:3] for right, later in pairwise(rights)):
        raise WireError("a code list with a signer whose rights do not ascend")
    PublicKey.of(public, KeyUse.TICKET, "")
    return CodeSigner(public, rights)


def _read_right(row: object, kinds: int) -> SignedEntitlement:
    if type(row) is list and len(row) == 4:
        item, variation, subevent, kind = row
        numbers = (item, variation, subevent)
        if all(in_range(number, 0, _MAX_NUMBER) for number in numbers) and in_range(kind, 0, kinds):
            return item, variation, subevent, kind
    raise WireError("a code list with a signer of a wrong right")


def signed_right(code: bytes, signers: Sequence[CodeSigner]) -> SignedRight | None:
    """Return the right in `code` if one of `signers` signed it for a product that has a meaning
    here, else None."""
    if not signers or not pretix_ticket.looks_like(code):
        return None
    try:
        ticket = pretix_ticket.parse(code)
    except WireError:
        return None
    product = (ticket.item, ticket.variation, ticket.subevent)
    for signer in signers:
        kind = next((right[3] for right in signer.rights if right[:3] == product), None)
        if kind is None:
            continue
        if ticket.signed_by(PublicKey.of(signer.public, KeyUse.TICKET, "")):
            start = min(ticket.valid_from, _END_SECONDS - 1)
            end = min(ticket.valid_until, _END_SECONDS - 1)
            return SignedRight(kind, start, end)
    return None
