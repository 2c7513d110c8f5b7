"""Write pretix's signed tickets, scheme 1, from pretix's description alone.

The other side of `gate_agent.validator.tickets.pretix_ticket`; it shares nothing with the reader.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def sign(
    key: Ed25519PrivateKey,
    seed: str,
    *,
    item: int,
    variation: int = 0,
    subevent: int = 0,
    valid_from: int = 0,
    valid_until: int = 0,
) -> str:
    """Return the code of a ticket. Numbers as in pretix, times in UTC seconds, 0 for none."""
    return seal(key, payload(seed, item, variation, subevent, valid_from, valid_until))


def payload(
    seed: str, item: int, variation: int, subevent: int, valid_from: int, valid_until: int
) -> bytes:
    """Return the protobuf message. A number that is 0 is left out, a time that is 0 is not."""
    text = seed.encode()
    message = b"\x0a" + _varint(len(text)) + text
    for field, value in ((2, item), (3, variation), (4, subevent)):
        if value:
            message += _varint(field << 3) + _varint(value)
    for field, value in ((5, valid_from), (6, valid_until)):
        message += _varint(field << 3) + _varint(value)
    return message


def seal(key: Ed25519PrivateKey, message: bytes) -> str:
    """Sign any payload and return it in the form that is printed."""
    signature = key.sign(message)
    lengths = len(message).to_bytes(2, "big") + len(signature).to_bytes(2, "big")
    return base64.b64encode(b"\x01" + lengths + message + signature).decode()[::-1]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
