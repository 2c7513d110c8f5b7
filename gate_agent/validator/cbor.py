"""CBOR (RFC 8949) as strangers send it: one item, or one clear error.

The formats here use whole numbers, texts, bytes, booleans, null, arrays and maps. The decoder
knows many more, so every caller checks types, and that its own encoder writes the same bytes.
"""

import io
import threading

import cbor2

from gate_agent.validator.errors import WireError

_RAISED = (
    cbor2.CBORError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def read(data: bytes) -> object:
    """The first item in `data`, of any type. Raises WireError.

    Tags make the decoder build dates, fractions and decimals, each with exceptions of its own.
    """
    try:
        return cbor2.loads(data)
    except _RAISED:
        raise WireError("bytes that are not CBOR") from None


class _Encoder(threading.local):
    """One encoder a thread, used again and again: making one costs three times what a short
    record costs."""

    def __init__(self) -> None:
        self.encoder = cbor2.CBOREncoder(io.BytesIO())


_ENCODER = _Encoder()


def write(value: object) -> bytes:
    """`value`, made of whole numbers, texts, bytes, booleans, null and lists, as CBOR."""
    return _ENCODER.encoder.encode_to_bytes(value)
