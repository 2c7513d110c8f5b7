"""The ticket: a sold right, signed by the management centre and checked without a network.

What is *signed* is a COSE_Sign1 CWT (RFC 9052, RFC 8392) in deterministic CBOR. What is *shown* is
`SG1:` + base45 of a binary form of 86 to 100 bytes that leaves out what both sides know and expands
to exactly the signed bytes. So the gate only ever encodes CBOR here; it never decodes a stranger's.
The binary form, big-endian:

    version = 1  u8     serial      u32    not before, minutes after issue   i24
    presence     u8     issued at   u32    length of the window, minutes     u24
    key id       4      ...                product                           u16

then, each only if its presence bit is set, admits u16, zones u16, entry policy u8, group u32,
holder tag 4 bytes, issue counter u8; then the signature, 64 bytes.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.tickets import base45
from gate_agent.validator.tickets.entry_policy import ONCE, POLICIES, EntryPolicy
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.trust.keys import SIGNATURE_BYTES, key_id

PREFIX = b"SG1:"
VERSION = 1
MAX_CODE_CHARS = 154
MIN_CODE_CHARS = 133

_FIXED = struct.Struct(">BB4sII3s3sH")
_ADMITS, _ZONES, _POLICY, _GROUP, _HOLDER, _ISSUE = (1 << bit for bit in range(6))
_KNOWN_BITS = 0x3F

# CWT claims: 1 iss, 4 exp, 5 nbf, 6 iat, 7 cti; below -65536 is private use (RFC 8392, 9.1).
_CLAIM_PRODUCT = -70001
_CLAIM_ADMITS = -70002
_CLAIM_ZONES = -70003
_CLAIM_POLICY = -70004
_CLAIM_GROUP = -70005
_CLAIM_HOLDER = -70006
_CLAIM_ISSUE = -70007

MAIN_ENTRANCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The fields of a ticket. Times are UTC seconds since 1970; the window is [start, end).

    `admits`: number of persons. `zones`: bit mask of the zones it opens (bit 0: the main entrance).
    `group`: number that the tickets of one group share. `holder_tag`: 4 bytes from `holder_tag()`.
    `issue`: how many times the ticket was printed again. `series`: the list that contains the
    ticket; it is not part of the code.
    """

    key_id: bytes
    serial: int
    issued_at: int
    not_before: int
    expires_at: int
    product: int
    admits: int = 1
    zones: int = MAIN_ENTRANCE
    entry_policy: EntryPolicy = ONCE
    group: int | None = None
    holder_tag: bytes | None = None
    issue: int = 0
    series: str = MAIN_SERIES

    @property
    def id(self) -> bytes:
        """Return key id and serial, 8 bytes: the identity of a ticket, however often it is
        printed."""
        return self.key_id + self.serial.to_bytes(4, "big")


_Optional = tuple[int, int, EntryPolicy, int | None, bytes | None, int]
_DEFAULTS: _Optional = (1, MAIN_ENTRANCE, ONCE, None, None, 0)


@dataclass(frozen=True, slots=True)
class SignedTicket:
    """A ticket as it was presented; its signature has not been checked."""

    ticket: Ticket
    signature: bytes


def parse(code: bytes) -> SignedTicket:
    """Return the ticket in a scanned code, exactly as scanned, without white space around it.

    Raise WireError for every other text, including a second way to write the same ticket.
    """
    if not code.startswith(PREFIX):
        raise WireError("not a ticket code")
    if not MIN_CODE_CHARS <= len(code) <= MAX_CODE_CHARS:
        raise WireError("a ticket code of impossible length")
    data = base45.decode(code[len(PREFIX) :])  # of 133 characters or more: 86 bytes at least
    version, present, key, serial, issued_at, start, length, product = _FIXED.unpack_from(data)
    if version != VERSION:
        raise WireError("a ticket of an unknown version")
    not_before = issued_at - issued_at % 60 + 60 * int.from_bytes(start, "big", signed=True)
    expires_at = not_before + 60 * int.from_bytes(length, "big")
    if expires_at == not_before:
        raise WireError("a ticket whose window is empty")
    optional, at = _parse_optional(data, present) if present else (_DEFAULTS, _FIXED.size)
    admits, zones, policy, group, holder_tag, issue = optional
    ticket = Ticket(
        key_id=key,
        serial=serial,
        issued_at=issued_at,
        not_before=not_before,
        expires_at=expires_at,
        product=product,
        admits=admits,
        zones=zones,
        entry_policy=policy,
        group=group,
        holder_tag=holder_tag,
        issue=issue,
    )
    if len(data) - at != SIGNATURE_BYTES:
        raise WireError("a ticket code of the wrong length")
    return SignedTicket(ticket, data[at:])


def _parse_optional(data: bytes, present: int) -> tuple[_Optional, int]:
    """Return (admits, zones, entry policy, group, holder tag, issue) and where the signature
    begins. Raise WireError for an unknown presence bit or a default that is spelt out."""
    if present & ~_KNOWN_BITS:
        raise WireError("a ticket with unknown fields")
    at = _FIXED.size

    def field(bit: int, size: int, default: int) -> int:
        nonlocal at
        if not present & bit:
            return default
        value = int.from_bytes(data[at : at + size], "big")
        at += size
        if value == default:
            raise WireError("a ticket that spells out a default")
        return value

    admits = field(_ADMITS, 2, 1)
    zones = field(_ZONES, 2, MAIN_ENTRANCE)
    policy = POLICIES.get(field(_POLICY, 1, 0))
    group = field(_GROUP, 4, -1)
    holder = field(_HOLDER, 4, -1)
    issue = field(_ISSUE, 1, 0)
    if admits == 0 or zones == 0 or policy is None:
        raise WireError("a ticket that admits nobody, nowhere or by an unknown policy")
    tag = None if holder < 0 else holder.to_bytes(4, "big")
    return (admits, zones, policy, None if group < 0 else group, tag, issue), at


def to_sign(ticket: Ticket, issuer: str) -> bytes:
    """Return the bytes under the signature: the Sig_structure of RFC 9052, 4.4. `issuer`: the
    park."""
    return cbor.write(["Signature1", _protected(ticket.key_id), b"", _payload(ticket, issuer)])


def _protected(key: bytes) -> bytes:
    """Return the protected header {1: -8 (EdDSA), 4: key id} in CBOR (RFC 9052, 3.1)."""
    return b"\xa2\x01\x27\x04\x44" + key


def _payload(ticket: Ticket, issuer: str) -> bytes:
    """Return the claims of the CWT in deterministic CBOR, defaults left out."""
    claims: dict[int, object] = {
        1: issuer,
        4: ticket.expires_at,
        5: ticket.not_before,
        6: ticket.issued_at,
        7: ticket.serial.to_bytes(4, "big"),
        _CLAIM_PRODUCT: ticket.product,
    }
    if ticket.admits != 1:
        claims[_CLAIM_ADMITS] = ticket.admits
    if ticket.zones != MAIN_ENTRANCE:
        claims[_CLAIM_ZONES] = ticket.zones
    if ticket.entry_policy != ONCE:
        claims[_CLAIM_POLICY] = ticket.entry_policy.to_byte()
    if ticket.group is not None:
        claims[_CLAIM_GROUP] = ticket.group
    if ticket.holder_tag is not None:
        claims[_CLAIM_HOLDER] = ticket.holder_tag
    if ticket.issue:
        claims[_CLAIM_ISSUE] = ticket.issue
    return cbor.write(claims)  # keys stand in the order of RFC 8949, 4.2.1 already


def sign(ticket: Ticket, issuer: str, public: bytes, sign_bytes: Callable[[bytes], bytes]) -> str:
    """Return the code to print. `sign_bytes` makes the Ed25519 signature that belongs to `public`.

    Raise WireError for a ticket whose fields do not fit the format; nothing is signed then.
    """
    if ticket.key_id != key_id(public):
        raise WireError("a ticket that names another key than the one that signs it")
    fields = _pack(ticket)
    return _code(SignedTicket(ticket, sign_bytes(to_sign(ticket, issuer))), fields)


def encode(signed: SignedTicket) -> str:
    """Return the code of a signed ticket. Raise WireError for fields that do not fit the format."""
    return _code(signed, _pack(signed.ticket))


def _code(signed: SignedTicket, fields: bytes) -> str:
    """Return the code of the packed fields. Raise WireError unless it is read back as the same
    ticket."""
    code = PREFIX.decode() + base45.encode(fields + signed.signature)
    if parse(code.encode()) != signed:
        raise WireError("a ticket whose fields do not fit the format")
    return code


def _pack(ticket: Ticket) -> bytes:
    """Return the binary form without the signature. Raise WireError for fields that do not fit."""
    minute = ticket.issued_at - ticket.issued_at % 60
    start, odd_start = divmod(ticket.not_before - minute, 60)
    length, odd_length = divmod(ticket.expires_at - ticket.not_before, 60)
    if odd_start or odd_length:
        raise WireError("a ticket whose window does not begin and end on whole minutes")
    present, extra = 0, b""
    optional: tuple[tuple[int, int, int | None], ...] = (
        (_ADMITS, 2, None if ticket.admits == 1 else ticket.admits),
        (_ZONES, 2, None if ticket.zones == MAIN_ENTRANCE else ticket.zones),
        (_POLICY, 1, ticket.entry_policy.to_byte() or None),
        (_GROUP, 4, ticket.group),
        (_HOLDER, 4, None if ticket.holder_tag is None else int.from_bytes(ticket.holder_tag)),
        (_ISSUE, 1, ticket.issue or None),
    )
    try:
        for bit, size, value in optional:
            if value is not None:
                present |= bit
                extra += value.to_bytes(size, "big")
        fixed = _FIXED.pack(
            VERSION,
            present,
            ticket.key_id,
            ticket.serial,
            ticket.issued_at,
            start.to_bytes(3, "big", signed=True),
            length.to_bytes(3, "big"),
            ticket.product,
        )
    except (struct.error, OverflowError):
        raise WireError("a ticket whose fields do not fit the format") from None
    return fixed + extra
