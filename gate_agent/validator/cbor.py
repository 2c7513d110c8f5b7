"""CBOR (RFC 8949) as strangers send it: one item, or one clear error.

The formats here use whole numbers, texts, byte strings, booleans, null, arrays and maps. A library
reads many more types, and some of them cost it seconds (a decimal, a regular expression): so the
heads of all items are walked first, and cbor2 sees only what the formats use. Every caller checks
types, and compares the bytes that it received with what `write` makes of the value: so there is one
way to write each.
"""

import io
import re
import threading
from functools import cache

# By name: a release of cbor2 without one of them fails here, and not as "bytes that are not CBOR".
from cbor2 import CBOREncoder, CBORError, loads

from gate_agent.validator.errors import WireError

MOST_DEPTH = 6
"""Arrays and maps within each other. The deepest format has 5: the signers in a code list's
head."""

MOST_SHORT_LISTS, LEAST_LIST_BYTES = 64, 4
"""No format has more lists than one in four bytes, but for a few: to make them of a byte each is
what costs a reader most."""

_LONG, _CONTAINER, _REFUSED = 0, -1, -2
_MAP = 5


def _step(head: int) -> int:
    """Return how many bytes an item takes that begins with the byte `head`, if that byte alone
    tells; else what kind of item it begins."""
    major, info = head >> 5, head & 0x1F
    if head in (0xF4, 0xF5, 0xF6):  # false, true, null
        return 1
    if info >= 28 or major > _MAP:  # indefinite or reserved lengths; tags, floats, simple values
        return _REFUSED
    if major > 3:
        return _CONTAINER
    if major > 1:
        return 1 + info if info < 24 else _LONG
    return 1 if info < 24 else 1 + (1 << info - 24)


_STEPS = tuple(map(_step, range(256)))


def read(data: bytes) -> object:
    """Return the item in `data`: whole numbers, texts, byte strings, booleans, null, lists, and
    maps whose keys are none of the last two.

    Raise WireError for everything else: tags, floats, indefinite lengths, other simple values, more
    than 6 lists and maps within each other, a list or map for less than each fourth byte, bytes
    behind the item.
    """
    try:
        good = _is_flat(data) or _end_of_item(data) == len(data)
    except IndexError:
        good = False  # it is cut off
    if not good:
        raise _no_cbor()
    try:
        return loads(data)
    except (CBORError, ValueError):  # a text that is not UTF-8
        raise _no_cbor() from None


def _is_flat(data: bytes) -> bool:
    """Return whether `data` is an array of less than 24 numbers, short strings, booleans and nulls.
    Passage records are, and a regular expression finds that in half the time of a walk."""
    return 0x80 <= data[0] < 0x98 and _flat_array(data[0] & 0x1F).fullmatch(data) is not None


@cache
def _flat_array(items: int) -> re.Pattern[bytes]:
    """Return the pattern of such an array. One alternative at most begins with a certain byte, so
    nothing is tried twice."""
    by_step: dict[int, list[int]] = {}
    for head, step in enumerate(_STEPS):
        if step > 0:
            by_step.setdefault(step, []).append(head)
    item = b"|".join(
        b"[%s].{%d}" % (b"".join(b"\\x%02x" % head for head in heads), step - 1)
        for step, heads in sorted(by_step.items())
    )
    return re.compile(b".(?:%s){%d}" % (item, items), re.DOTALL)


def _end_of_item(data: bytes) -> int:
    """Return where the first item in `data` ends, 0 if it is of a type that is not allowed. Raise
    IndexError if it has no end. Costs a step for each item in it, of whatever length."""
    at, due = 0, 1
    room = MOST_SHORT_LISTS + len(data) // LEAST_LIST_BYTES
    outer: list[tuple[int, bool]] = []
    in_map = False
    while True:
        head = data[at]
        step = _STEPS[head]
        if step >= 0:
            at += step or _string_bytes(data, at)
            due -= 1
        elif step == _REFUSED or (in_map and not due & 1) or len(outer) == MOST_DEPTH or not room:
            return 0  # a map's keys are no lists: those can be made to collide
        else:
            room -= 1
            outer.append((due - 1, in_map))
            in_map = head >> 5 == _MAP
            due = _count(data, at) << in_map  # a key and a value for each entry
            at += _head_bytes(data, at)
        while not due:
            if not outer:
                return at
            due, in_map = outer.pop()


def _string_bytes(data: bytes, at: int) -> int:
    """Return the bytes of the string at `at`, with its head."""
    if data[at] & 0x1F == 24:  # as the next line, quicker: the records of a batch
        return 2 + data[at + 1]
    return _head_bytes(data, at) + _count(data, at)


def _count(data: bytes, at: int) -> int:
    """Return the number in the head at `at`: bytes of a string, or items or entries."""
    info = data[at] & 0x1F
    return info if info < 24 else int.from_bytes(data[at + 1 : at + 1 + (1 << info - 24)], "big")


def _head_bytes(data: bytes, at: int) -> int:
    info = data[at] & 0x1F
    return 1 if info < 24 else 1 + (1 << info - 24)


def _no_cbor() -> WireError:
    return WireError("bytes that are not CBOR")


def read_single_string(data: bytes) -> bytes:
    """Return the byte string in `data`, an array of just that. Raise WireError.

    It needs no decoder: for documents that nobody has signed yet.
    """
    if len(data) < 2 or data[0] != 0x81 or data[1] >> 5 != 2 or _STEPS[data[1]] == _REFUSED:
        raise _no_cbor()
    at = 1 + _head_bytes(data, 1)
    if _count(data, 1) != len(data) - at:
        raise _no_cbor()
    return data[at:]


def write(value: object) -> bytes:
    """Return `value`, made of whole numbers, texts, bytes, booleans, null, lists and maps, as CBOR.
    The keys of a map stay in their order."""
    return _THREAD.encoder.encode_to_bytes(value)


class _ThreadState(threading.local):
    """One encoder for each thread: to make one takes three times as long as a short record."""

    def __init__(self) -> None:
        self.encoder = CBOREncoder(io.BytesIO())


_THREAD = _ThreadState()
