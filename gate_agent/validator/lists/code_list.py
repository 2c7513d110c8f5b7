"""Codes that other sellers sold, as a gate stores them: digests in order, and what each stands for.

No code itself is stored: only a salted digest of 10 bytes. A table is

    u32 length of the head, head, 256 times u32, records

The head is CBOR [salt, tagged, kinds, signers]. The number at position p is how many records have a
digest whose first byte is p or lower. A record is the other 9 bytes of the digest, then u16 status
<< 14 | kind, and, if the series is tagged, the 4-byte tag of a document's holder; records ascend by
digest. A table of changes has the same layout: there, status 0 removes a code.
"""

import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import lt

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_head import LENGTH_BYTES, TAIL_BYTES, CodeHead, read_head

MAX_HEAD_BYTES = 1 << 20
FENCE_RECORDS = 256
BUCKETS = 256
INDEX = struct.Struct(f">{BUCKETS}I")


def pack_index(ends: Sequence[int]) -> bytes:
    """Return the 256 numbers as bytes."""
    return INDEX.pack(*ends)


def pack_table(head: CodeHead, records: Mapping[bytes, bytes]) -> bytes:
    """Return a table of `records`, the rest of each record by its digest."""
    ends, parts = [0] * BUCKETS, []
    for digest in sorted(records):
        ends[digest[0]] += 1
        parts.append(digest[1:] + records[digest])
    for place in range(1, BUCKETS):
        ends[place] += ends[place - 1]
    return b"".join([head.pack(), pack_index(ends), *parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """Where the parts of a table are. `start`: offset of the records. `ends`: the 256 numbers.
    `fences`: digest of every 256th record. `result`: SHA-256 of the table."""

    head: CodeHead
    start: int
    ends: tuple[int, ...]
    fences: list[bytes]
    result: bytes

    @property
    def count(self) -> int:
        """Return the number of records."""
        return self.ends[-1]

    def span(self, bucket: int) -> tuple[int, int]:
        """Return the numbers of the first record of a bucket and of the first behind it."""
        return (self.ends[bucket - 1] if bucket else 0), self.ends[bucket]


class TableReader:
    """Reads a table in pieces, as they arrive, and keeps none of them. `count`: of the records.
    `changes`: a record may remove a code. `trusted`: the bytes were checked when they arrived, so
    only their layout and hash are computed."""

    def __init__(self, count: int, *, changes: bool = False, trusted: bool = False) -> None:
        self._count = count
        self._statuses = range(0 if changes else 1, 4)
        self._trusted = trusted
        self._hash = sha256()
        self._left = b""
        self._head: CodeHead | None = None
        self._start = 0
        self._ends: tuple[int, ...] = ()
        self._breaks: frozenset[int] = frozenset()
        self._at = 0
        self._last = b""
        self._tails: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Read the next bytes. Raise WireError if this is no table of so many records."""
        self._hash.update(data)
        data = self._left + data
        if self._head is None:
            data = self._read_front(data)
        if self._head is not None:
            width = self._head.record_bytes
            whole = len(data) // width * width
            if whole:
                self._read_records(self._head, data[:whole], width)
            data = data[whole:]
        self._left = data

    def _read_front(self, data: bytes) -> bytes:
        """Read head and index if `data` contains all of them, and return the bytes behind them."""
        size = int.from_bytes(data[:LENGTH_BYTES], "big")
        if len(data) >= LENGTH_BYTES and size > MAX_HEAD_BYTES:
            raise WireError("a code list with a head that is too long")
        end = LENGTH_BYTES + size
        if len(data) < end + INDEX.size:
            return data
        head = read_head(data[LENGTH_BYTES:end])
        ends = INDEX.unpack_from(data, end)
        if ends[-1] != self._count or any(map(lt, ends[1:], ends)):
            raise WireError("a code list with a wrong index")
        self._head, self._ends, self._breaks = head, ends, frozenset(ends)
        self._start = end + INDEX.size
        return data[self._start :]

    def _read_records(self, head: CodeHead, data: bytes, width: int) -> None:
        count = len(data) // width
        if self._at + count > self._count:
            raise WireError("a code list with more records than its manifest says")
        first = -self._at % FENCE_RECORDS
        self._tails += [
            data[at : at + TAIL_BYTES]
            for at in range(first * width, len(data), FENCE_RECORDS * width)
        ]
        if not self._trusted:
            self._check(head, data, width)
        self._at += count

    def _check(self, head: CodeHead, data: bytes, width: int) -> None:
        """Raise WireError unless digests ascend within each bucket and every record has a known
        kind."""
        tails = [self._last, *[data[at : at + TAIL_BYTES] for at in range(0, len(data), width)]]
        for place, ascends in enumerate(map(lt, tails, tails[1:])):
            if not ascends and self._at + place not in self._breaks:
                raise WireError("a code list whose digests do not ascend")
        self._last = tails[-1]
        for high, low in set(
            zip(data[TAIL_BYTES::width], data[TAIL_BYTES + 1 :: width], strict=True)
        ):
            if high >> 6 not in self._statuses or (high & 63) << 8 | low >= len(head.kinds):
                raise WireError("a code list with a record of an unknown status or kind")

    def finish(self) -> TableLayout:
        """Return the layout of the table. Raise WireError unless all of it has been read."""
        if self._head is None or self._left or self._at != self._count:
            raise WireError("a code list that is cut short")
        numbers = range(0, self._count, FENCE_RECORDS)
        fences = [
            bytes((bisect_right(self._ends, number),)) + tail
            for number, tail in zip(numbers, self._tails, strict=True)
        ]
        return TableLayout(
            head=self._head,
            start=self._start,
            ends=self._ends,
            fences=fences,
            result=self._hash.digest(),
        )
