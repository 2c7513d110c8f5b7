"""A list of codes in force: a large table in a file, and the changes since it was written.

The table is read piece by piece through `CodeFile`; the changes are laid over it in memory. The
hash of the whole is made by streaming over both, so a million codes are never in memory at once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import accumulate
from operator import add
from typing import NamedTuple, Protocol

from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_changes import by_bucket, splice
from gate_agent.validator.lists.code_head import (
    DIGEST_BYTES,
    CodeHead,
    digest_of,
    read_rest,
    signed_ticket,
)
from gate_agent.validator.lists.code_list import BUCKETS, FENCE_RECORDS, TableLayout, pack_index
from gate_agent.validator.lists.listing import Listing
from gate_agent.validator.lists.manifest import Manifest
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.tickets.ticket import Ticket

ID_BYTES = 8
PIECE_BYTES = 1 << 16
_STATUS = tuple(TicketStatus)


class CodeFile(Protocol):
    """The file of a table."""

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes at `offset`. Raise WireError if they are not there."""
        ...

    def close(self) -> None:
        """Close the file; nothing is read any more."""
        ...


class ListedCode(NamedTuple):
    """A listed code. `kind`: number of its kind. `tag`: of its holder, None for none."""

    digest: bytes
    status: TicketStatus
    kind: int
    tag: bytes | None


class CodeTable:
    """`manifest`: of the list in force. `offset`: where the table begins in `source`. `layout`: of
    the table. `head`: of the list in force; its kinds are those of the table, and more. `changes`:
    the rest of the record by digest, for each that changed since the table was written.
    `table_version`: of the table alone."""

    def __init__(
        self,
        manifest: Manifest,
        source: CodeFile,
        offset: int,
        layout: TableLayout,
        *,
        head: CodeHead | None = None,
        changes: Mapping[bytes, bytes] | None = None,
        table_version: int = 0,
    ) -> None:
        self.manifest = manifest
        self.table_version = table_version or manifest.version
        self.head = layout.head if head is None else head
        self.changes = {} if changes is None else dict(changes)
        self._source = source
        self._offset = offset
        self._layout = layout
        self._width = layout.head.record_bytes
        self._by_id = {digest[:ID_BYTES]: digest for digest in self.changes}

    def ticket(self, code: bytes) -> Ticket | None:
        """Return the ticket that a scanned code stands for, because it is listed or one of the
        list's signers signed it; else None. Raise WireError if the table cannot be read."""
        digest = digest_of(self.head.salt, code)
        listed = self._find(digest)
        if listed is not None:
            kind = self.head.kinds[listed.kind]
            return kind.ticket(self.manifest.series, listed.digest, listed.tag)
        return signed_ticket(self.head, self.manifest.series, digest, code)

    def listing(self, ticket: Ticket) -> Listing:
        """Return the listing of a ticket that came from this list; UNKNOWN if it is no longer
        there. In a list with signers, codes without an entry are valid: it contains only those
        taken back."""
        listed = self._find(ticket.id)
        manifest = self.manifest
        unlisted = TicketStatus.VALID if self.head.signers else TicketStatus.UNKNOWN
        return Listing(
            status=unlisted if listed is None else listed.status,
            as_of_ms=manifest.as_of_ms,
            series=manifest.series,
            version=manifest.version,
        )

    def _find(self, key: bytes) -> ListedCode | None:
        """Return the listed code with this digest, or with these first eight bytes of it."""
        digest, rest = key, None
        if self.changes:
            digest = key if len(key) == DIGEST_BYTES else self._by_id.get(key, key)
            rest = self.changes.get(digest)
        if rest is None:
            digest, rest = self._look_up(key)
        status, kind, tag = read_rest(rest)
        return ListedCode(digest, _STATUS[status], kind, tag) if status else None

    def _look_up(self, key: bytes) -> tuple[bytes, bytes]:
        """Return (digest, rest of its record) from the table; two zero bytes for a rest that is not
        there."""
        layout = self._layout
        width = self._width
        first, end = layout.span(key[0])
        # Between the last fence below the key and the first above everything that begins with it.
        below = bisect_left(layout.fences, key) - 1
        above = bisect_right(layout.fences, key.ljust(DIGEST_BYTES, b"\xff"))
        first, end = max(first, below * FENCE_RECORDS), min(end, above * FENCE_RECORDS)
        if first < end:
            data = self._source.read_at(
                self._offset + layout.start + first * width, (end - first) * width
            )
            place = data.find(key[1:])
            while place >= 0 and place % width:
                place = data.find(key[1:], place + 1)
            if place >= 0:
                tail = DIGEST_BYTES - 1
                digest = key[:1] + data[place : place + tail]
                return digest, data[place + tail : place + width]
        return key, b"\0\0"

    def followed_by(self, head: CodeHead, changes: Mapping[bytes, bytes]) -> "CodeTable":
        """Return this table with more changes over it; the manifest stays. Raise WireError if they
        are of another series."""
        if not head.follows(self.head):
            raise WireError("a code list delta for another list")
        both = {**self.changes, **changes}
        return self._with(self.manifest, head, both)

    def named(self, manifest: Manifest) -> "CodeTable":
        """Return the same list under its own manifest."""
        return self._with(manifest, self.head, self.changes)

    def _with(
        self, manifest: Manifest, head: CodeHead, changes: Mapping[bytes, bytes]
    ) -> "CodeTable":
        return CodeTable(
            manifest,
            self._source,
            self._offset,
            self._layout,
            head=head,
            changes=changes,
            table_version=self.table_version,
        )

    def whole(self) -> Iterator[bytes]:
        """Yield the table with all changes applied, in pieces. Raise WireError."""
        changed = dict(by_bucket(self.changes))
        yield self.head.pack()
        yield pack_index(self._ends(changed))
        at = 0
        for bucket, changes in changed.items():
            low, high = self._layout.span(bucket)
            yield from self._records(at, low)
            yield splice(self._bucket(bucket), self._width, changes)
            at = high
        yield from self._records(at, self._layout.count)

    def result(self) -> bytes:
        """Return the hash by which a manifest names this list, 32 bytes. Raise WireError."""
        summed = sha256()
        for part in self.whole():
            summed.update(part)
        return summed.digest()

    def count(self) -> int:
        """Return how many codes are listed."""
        return self._ends(dict(by_bucket(self.changes)))[-1]

    def close(self) -> None:
        """Close the file; nothing is read any more."""
        self._source.close()

    def _ends(self, changed: Mapping[int, Sequence[tuple[bytes, bytes]]]) -> list[int]:
        """Return the index of the whole. Each changed bucket is spliced for it and once more by
        `whole`, because the index comes before all buckets."""
        more = [0] * BUCKETS
        for bucket, changes in changed.items():
            low, high = self._layout.span(bucket)
            spliced = splice(self._bucket(bucket), self._width, changes)
            more[bucket] = len(spliced) // self._width - (high - low)
        return list(map(add, self._layout.ends, accumulate(more)))

    def _bucket(self, bucket: int) -> bytes:
        return b"".join(self._records(*self._layout.span(bucket)))

    def _records(self, first: int, end: int) -> Iterator[bytes]:
        """Yield the records of the table from number `first` to before `end`, in pieces."""
        most = PIECE_BYTES // self._width
        for low in range(first, end, most):
            start = self._offset + self._layout.start + low * self._width
            yield self._source.read_at(start, (min(low + most, end) - low) * self._width)
