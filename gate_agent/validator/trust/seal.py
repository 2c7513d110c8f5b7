"""A seal: the signature of one key in front of the fields that it covers, with a context for each
kind.

sealed = key id (4) + signature (64, Ed25519) + fields to verify = context + fields fields: one CBOR
array
"""

from collections.abc import Callable

from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.trust.keys import KEY_ID_BYTES, SIGNATURE_BYTES, KeyRing, KeyUse

HEAD_BYTES = KEY_ID_BYTES + SIGNATURE_BYTES


def seal(
    context: bytes, fields: list[object], key_id: bytes, sign: Callable[[bytes], bytes]
) -> bytes:
    """Return the sealed form of `fields`. `sign` makes the signature of the key named `key_id`."""
    written = cbor.write(fields)
    return key_id + sign(context + written) + written


def open_seal(
    what: str, context: bytes, sealed: bytes, limit: int, ring: KeyRing, use: KeyUse
) -> list[object]:
    """Return the fields if a key trusted for `use` signed them and they are written the one way.

    `what` names the document in errors: "a rule book". `limit`: in bytes. Raise WireError. No CBOR
    is decoded before the signature has been verified.
    """
    if not HEAD_BYTES < len(sealed) <= limit:
        raise WireError(f"{what} of impossible length")
    key = ring.find(use, sealed[:KEY_ID_BYTES])
    if key is None:
        raise WireError(f"{what} signed with an unknown key")
    written = sealed[HEAD_BYTES:]
    if not key.signed(sealed[KEY_ID_BYTES:HEAD_BYTES], context + written):
        raise WireError(f"{what} with a wrong signature")
    return read_fields(what, written)


def read_fields(what: str, written: bytes) -> list[object]:
    """Return an array of plain values, written the one way. Raise WireError."""
    fields = cbor.read(written)
    if type(fields) is not list or not _is_plain(fields, 4) or cbor.write(fields) != written:
        raise WireError(f"{what} that is not written the one way")
    return fields


def _is_plain(fields: list[object], depth: int) -> bool:
    """Return whether there are but plain values and lists of them, `depth` lists deep at most."""
    types = set(map(type, fields))
    if not types <= _PLAIN or depth == 0:
        return False
    inner = [item for item in fields if type(item) is list] if list in types else []
    return all(_is_plain(row, depth - 1) for row in inner)


_PLAIN: set[type] = {int, bool, bytes, str, type(None), list}


def in_range(value: object, low: int, end: int) -> bool:
    """Return whether `value` is a whole number, and no boolean, in [low, end)."""
    return type(value) is int and low <= value < end
