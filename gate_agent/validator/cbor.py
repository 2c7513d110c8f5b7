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
        return _CODEC.decoder.decode_from_bytes(data)
    except _RAISED:
        # What a broken item may have left behind must not reach the next one.
        _CODEC.decoder = cbor2.CBORDecoder(io.BytesIO())
        raise WireError("bytes that are not CBOR") from None


class _Codec(threading.local):
    """One of each for a thread, used again and again: making an encoder costs three times what a
    short record costs."""

    def __init__(self) -> None:
        self.encoder = cbor2.CBOREncoder(io.BytesIO())
        self.decoder = cbor2.CBORDecoder(io.BytesIO())


_CODEC = _Codec()


def write(value: object) -> bytes:
    """`value`, made of whole numbers, texts, bytes, booleans, null, lists and maps, as CBOR. The
    keys of a map stay in their order."""
    return _CODEC.encoder.encode_to_bytes(value)
