"""CBOR (RFC 8949) as strangers send it: one item, or one clear error.

The formats here use whole numbers, texts, byte strings, booleans, null, arrays and maps. The
decoder accepts many more types, so every caller checks types, and compares the bytes that it
received with what `write` makes of the value: so there is one way to write each.
"""

import io
import threading

# By name: a release of cbor2 without one of them fails here, and not as "bytes that are not CBOR".
from cbor2 import CBOREncoder, CBORError, loads

from gate_agent.validator.errors import WireError

# Tags make the decoder build dates, fractions and decimals; cbor2 5.6 lets their errors through.
_RAISED = (
    CBORError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def read(data: bytes) -> object:
    """Return the item in `data`, of any type. Raise WireError if there is none.

    Bytes behind the item are ignored by cbor2 5 and refused by cbor2 6.
    """
    try:
        return loads(data)
    except _RAISED:
        raise WireError("bytes that are not CBOR") from None


def write(value: object) -> bytes:
    """Return `value`, made of whole numbers, texts, bytes, booleans, null, lists and maps, as CBOR.
    The keys of a map stay in their order."""
    return _THREAD.encoder.encode_to_bytes(value)


class _ThreadState(threading.local):
    """One encoder for each thread: to make one takes three times as long as a short record."""

    def __init__(self) -> None:
        self.encoder = CBOREncoder(io.BytesIO())


_THREAD = _ThreadState()
