"""Base45 (RFC 9285), strictly: one text for every byte string and one byte string for every text.

QR codes carry these 45 characters at 5.5 bits each, and no decoder mangles them; raw byte codes
are guessed to be Shift-JIS or UTF-8 by some readers and come out changed.
"""

import struct

from gate_agent.validator.errors import WireError

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BAD = 255
_VALUES = bytes(ALPHABET.index(i) if i in ALPHABET else _BAD for i in range(256))


def encode(data: bytes) -> str:
    """Return `data` as text: two bytes become three characters, a last single byte becomes two."""
    out = bytearray()
    for i in range(0, len(data) - 1, 2):
        high, low = divmod((data[i] << 8) + data[i + 1], 2025)
        middle, first = divmod(low, 45)
        out += bytes((ALPHABET[first], ALPHABET[middle], ALPHABET[high]))
    if len(data) % 2:
        second, first = divmod(data[-1], 45)
        out += bytes((ALPHABET[first], ALPHABET[second]))
    return out.decode("ascii")


def decode(text: bytes) -> bytes:
    """Return the bytes that `encode` makes `text` from.

    Raise WireError for another alphabet, a length that no byte string has, or a value out of range.
    """
    values = text.translate(_VALUES)
    if _BAD in values:
        raise WireError("a character outside the base45 alphabet")
    whole = len(values) // 3 * 3
    rest = len(values) - whole
    if rest == 1:
        raise WireError("a base45 text of impossible length")
    words = [
        a + 45 * b + 2025 * c
        for a, b, c in zip(values[0:whole:3], values[1:whole:3], values[2:whole:3], strict=True)
    ]
    try:
        data = struct.pack(f">{len(words)}H", *words)
        if rest:
            data += struct.pack("B", values[-2] + 45 * values[-1])
    except struct.error:
        raise WireError("a base45 group out of range") from None
    return data
