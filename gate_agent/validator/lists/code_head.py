"""The head of a list of codes: its salt, and the kinds of ticket that its codes stand for."""

from dataclasses import dataclass, replace
from hashlib import sha256

import cbor2

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_signers import CodeSigner, read_signers, signed_right
from gate_agent.validator.tickets.entry_policy import POLICIES, EntryPolicy
from gate_agent.validator.tickets.holder import TAG_BYTES
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.seal import in_range

DIGEST_BYTES = 10
TAIL_BYTES = DIGEST_BYTES - 1
SALT_BYTES = 16
MAX_KINDS = 1 << 14
VALUE_BYTES = 2
LENGTH_BYTES = 4


def digest_of(salt: bytes, code: bytes) -> bytes:
    """Return the 10 bytes by which a series names a code: SHA-256 of salt and code, cut. Each
    series has a salt of its own, so that the lists of two sellers, or of two parks, cannot be
    compared."""
    return sha256(b"scenic-gate code\0" + salt + code).digest()[:DIGEST_BYTES]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeKind:
    """The fields of the tickets that codes of one kind stand for. Times are UTC seconds since
    1970."""

    product: int
    not_before: int
    expires_at: int
    admits: int
    zones: int
    entry_policy: EntryPolicy

    def ticket(self, series: str, digest: bytes, tag: bytes | None) -> Ticket:
        """Return the ticket that a code of this kind stands for. Its id is the first 8 bytes of the
        digest."""
        return Ticket(
            key_id=digest[:4],
            serial=int.from_bytes(digest[4:8], "big"),
            issued_at=0,
            not_before=self.not_before,
            expires_at=self.expires_at,
            product=self.product,
            admits=self.admits,
            zones=self.zones,
            entry_policy=self.entry_policy,
            group=None,
            holder_tag=tag,
            issue=0,
            series=series,
        )

    def row(self) -> list[int]:
        """Return the fields in their order on the wire."""
        policy = self.entry_policy.to_byte()
        return [
            self.product, self.not_before, self.expires_at, self.admits, self.zones, policy,
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CodeHead:
    """`salt`: of the digests, 16 bytes. `tagged`: each record has a holder's tag, zeros for none.
    `kinds`: records name them by position. `signers`: a ticket that one of them signed is valid
    without being listed."""

    salt: bytes
    tagged: bool
    kinds: tuple[CodeKind, ...]
    signers: tuple[CodeSigner, ...] = ()

    @property
    def record_bytes(self) -> int:
        """Return the length of a record."""
        return TAIL_BYTES + self.rest_bytes

    @property
    def rest_bytes(self) -> int:
        """Return the length of a record behind its digest."""
        return VALUE_BYTES + (TAG_BYTES if self.tagged else 0)

    def pack(self) -> bytes:
        """Return length and head, as a table begins."""
        kinds = [kind.row() for kind in self.kinds]
        signers = [signer.row() for signer in self.signers]
        data = cbor2.dumps([self.salt, self.tagged, kinds, signers])
        return len(data).to_bytes(LENGTH_BYTES, "big") + data

    def follows(self, base: "CodeHead") -> bool:
        """Return whether a list with this head can be a later version of one with the head `base`:
        kinds are only added, signers may be added and removed."""
        return (
            (self.salt, self.tagged) == (base.salt, base.tagged)
            and self.kinds[: len(base.kinds)] == base.kinds
        )  # fmt: skip


def read_head(data: bytes) -> CodeHead:
    """Return the head in `data`. Raise WireError."""
    fields = cbor.read(data)
    if type(fields) is not list or len(fields) != 4:
        raise WireError("a code list with a head of another shape")
    salt, tagged, rows, signers = fields
    good = type(salt) is bytes and len(salt) == SALT_BYTES and type(tagged) is bool
    if not good or type(rows) is not list or len(rows) > MAX_KINDS:
        raise WireError("a code list with a wrong head")
    kinds = tuple(map(_read_kind, rows))
    head = CodeHead(salt, tagged, kinds, read_signers(signers, len(kinds)))
    if head.pack()[LENGTH_BYTES:] != data:
        raise WireError("a code list with a head that is not written the one way")
    return head


def _read_kind(row: object) -> CodeKind:
    if type(row) is list and len(row) == 6:
        product, not_before, expires_at, admits, zones, policy = row
        if (
            in_range(product, 0, 1 << 16)
            and in_range(not_before, 0, 1 << 33)
            and in_range(expires_at, 0, 1 << 33)
            and not_before < expires_at
            and in_range(admits, 1, 1 << 16)
            and in_range(zones, 1, 1 << 16)
            and in_range(policy, 0, 256)
            and policy in POLICIES
        ):
            return CodeKind(
                product=product,
                not_before=not_before,
                expires_at=expires_at,
                admits=admits,
                zones=zones,
                entry_policy=POLICIES[policy],
            )
    raise WireError("a code list with a wrong kind")


def signed_ticket(head: CodeHead, series: str, digest: bytes, code: bytes) -> Ticket | None:
    """Return the ticket that an unlisted code stands for if one of the head's signers signed it,
    else None. A window in the code replaces the window of its kind."""
    right = signed_right(code, head.signers)
    if right is None:
        return None
    ticket = head.kinds[right.kind].ticket(series, digest, None)
    return replace(
        ticket,
        not_before=right.valid_from or ticket.not_before,
        expires_at=right.valid_until or ticket.expires_at,
    )


def pack_rest(head: CodeHead, status: int, kind: int, tag: bytes | None) -> bytes:
    """Return the bytes of a record behind its digest."""
    value = (status << 14 | kind).to_bytes(VALUE_BYTES, "big")
    return value + (tag or bytes(TAG_BYTES)) if head.tagged else value


def read_rest(rest: bytes) -> tuple[int, int, bytes | None]:
    """Return (status, kind, tag) of the bytes behind a digest."""
    value = int.from_bytes(rest[:VALUE_BYTES], "big")
    tag = rest[VALUE_BYTES:]
    return value >> 14, value & MAX_KINDS - 1, tag if any(tag) else None
