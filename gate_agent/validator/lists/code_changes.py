"""Changes of a list of codes: a table of their own, laid over the table that they change."""

import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_head import LENGTH_BYTES, TAIL_BYTES, CodeHead
from gate_agent.validator.lists.code_list import BUCKETS, INDEX, TableReader, pack_table

MAX_CHANGES_BYTES = 8 << 20


def read_changes(plain: bytes) -> tuple[CodeHead, dict[bytes, bytes]]:
    """Return the head of a table of changes, and the rest of the record behind each digest.
    `plain`: the whole table, in memory. Raise WireError."""
    size = LENGTH_BYTES + int.from_bytes(plain[:LENGTH_BYTES], "big")
    if len(plain) < size + INDEX.size:
        raise WireError("a code list that is cut short")
    reader = TableReader(
        int.from_bytes(plain[size + INDEX.size - 4 : size + INDEX.size], "big"), changes=True
    )
    reader.feed(plain)
    layout = reader.finish()
    width = layout.head.record_bytes
    changes = {}
    for bucket in range(BUCKETS):
        prefix = bytes((bucket,))
        low, high = layout.span(bucket)
        for at in range(layout.start + low * width, layout.start + high * width, width):
            changes[prefix + plain[at : at + TAIL_BYTES]] = plain[at + TAIL_BYTES : at + width]
    return layout.head, changes


def pack_delta(head: CodeHead, changes: Mapping[bytes, bytes]) -> bytes:
    """Return a table of changes as it is sent: compressed, for all but the digests repeats
    itself."""
    return zlib.compress(pack_table(head, changes), 9)


def open_delta(body: bytes) -> tuple[CodeHead, dict[bytes, bytes]]:
    """Return what `read_changes` returns, of a body as it was sent. Raise WireError."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(body, MAX_CHANGES_BYTES)
    except zlib.error:
        raise WireError("a code list delta that does not unpack") from None
    if not unpacker.eof or unpacker.unused_data:
        raise WireError("a code list delta that is too long, cut short, or not the end")
    return read_changes(plain)


def splice(data: bytes, width: int, changes: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the records of one bucket with `changes` (tail, rest; ascending) laid over them."""
    count = len(data) // width
    parts: list[bytes] = []
    at = 0
    for tail, rest in changes:
        place = bisect_left(
            range(count), tail, at, key=lambda n: data[n * width : n * width + TAIL_BYTES]
        )
        parts.append(data[at * width : place * width])
        is_replaced = data[place * width : place * width + TAIL_BYTES] == tail
        at = place + is_replaced
        if rest[0] >> 6:
            parts.append(tail + rest)
    parts.append(data[at * width :])
    return b"".join(parts)


def by_bucket(changes: Mapping[bytes, bytes]) -> Iterator[tuple[int, list[tuple[bytes, bytes]]]]:
    """Yield (bucket, its changes in order) for each bucket that has changes."""
    buckets: dict[int, list[tuple[bytes, bytes]]] = {}
    for digest in sorted(changes):
        buckets.setdefault(digest[0], []).append((digest[1:], changes[digest]))
    yield from buckets.items()
