"""pretix's signed ticket, its scheme 1, read strictly.

A code is the reverse of the base64 of: version u8 = 1, length of the payload u16, length of the
signature u16, payload, Ed25519 signature over the payload. The payload is a protobuf message:
seed (1, text), item (2), variation (3), subevent (4), valid from (5) and valid until (6), whole
numbers, UTC seconds since 1970; the numbers stand only if they are not 0, but for the times.
Source: pretix's own secret generator `pretix_sig1`; both lengths are big-endian unsigned.
"""

import binascii
from dataclasses import dataclass

from gate_agent.validator.errors import WireError
from gate_agent.validator.trust.keys import SIGNATURE_BYTES, PublicKey

MIN_CODE_CHARS = 96
MAX_CODE_CHARS = 256
_HEAD = bytes((1,))
_SEED, _ITEM, _VARIATION, _SUBEVENT, _FROM, _UNTIL = range(1, 7)
_TEXT_TAG = _SEED << 3 | 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PretixTicket:
    """The content of a pretix ticket whose signature has not been checked. `item`, `variation`,
    `subevent`: pretix's own numbers, 0 for none. `valid_from`, `valid_until`: UTC seconds since
    1970, 0 for no limit."""

    item: int
    variation: int
    subevent: int
    valid_from: int
    valid_until: int
    payload: bytes
    signature: bytes

    def signed_by(self, key: PublicKey) -> bool:
        """Return whether `key` made the signature."""
        return key.signed(self.signature, self.payload)


def looks_like(code: bytes) -> bool:
    """Return whether `code` may be such a ticket: a cheap test before `parse`. The version and the
    upper byte of the payload's length are fixed, and so are the last characters of every code."""
    return MIN_CODE_CHARS <= len(code) <= MAX_CODE_CHARS and code.endswith(b"AQA")


def parse(code: bytes) -> PretixTicket:
    """Return the ticket in a scanned code. Raise WireError for everything else, including a second
    way to write the same bytes, and a field that this software does not know: it may be a limit."""
    if not MIN_CODE_CHARS <= len(code) <= MAX_CODE_CHARS:
        raise WireError("a pretix ticket of impossible length")
    try:
        data = binascii.a2b_base64(code[::-1], strict_mode=True)
    except ValueError:
        raise WireError("a pretix ticket that is not base64") from None
    if binascii.b2a_base64(data, newline=False)[::-1] != code:
        raise WireError("a pretix ticket that is not written the one way")
    length, signature_bytes = int.from_bytes(data[1:3], "big"), int.from_bytes(data[3:5], "big")
    if data[:1] != _HEAD or signature_bytes != SIGNATURE_BYTES:
        raise WireError("a pretix ticket of an unknown version")
    if len(data) != 5 + length + signature_bytes:
        raise WireError("a pretix ticket of another length than it says")
    payload = data[5 : 5 + length]
    numbers = _numbers(payload)
    return PretixTicket(
        item=numbers.get(_ITEM, 0),
        variation=numbers.get(_VARIATION, 0),
        subevent=numbers.get(_SUBEVENT, 0),
        valid_from=numbers.get(_FROM, 0),
        valid_until=numbers.get(_UNTIL, 0),
        payload=payload,
        signature=data[5 + length :],
    )


def _numbers(payload: bytes) -> dict[int, int]:
    """Return the numeric fields of the payload by field number; the seed is skipped. Raise
    WireError."""
    numbers: dict[int, int] = {}
    at, last = 0, 0
    while at < len(payload):
        tag, at = _varint(payload, at)
        field = tag >> 3
        if field <= last:
            raise WireError("a pretix ticket with its fields in another order")
        last = field
        value, at = _varint(payload, at)
        if tag == _TEXT_TAG:
            at += value
        elif field <= _UNTIL and tag & 7 == 0:
            numbers[field] = value
        else:
            raise WireError("a pretix ticket with an unknown field")
    if at != len(payload):
        raise WireError("a pretix ticket whose payload is cut off")
    return numbers


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return (value, position behind it) of a protobuf varint below 2^63: seven bits a byte, the
    lowest first. Raise WireError if it is cut off, too long or padded."""
    value = shift = 0
    while at < len(data) and shift < 63:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            if byte == 0 and shift > 7:
                break
            return value, at
    raise WireError("a pretix ticket with a number that is cut off, too long or padded")
