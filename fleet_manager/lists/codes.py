"""Make the list of a series of codes from the tables.

A list that was read before is updated with the changes since, so that a million codes are read from
the database once for each run of the daemon.
"""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, bindparam, select

from fleet_manager.database import store, tables
from fleet_manager.sellers import sellers
from gate_agent.validator.lists.code_changes import MAX_CHANGES_BYTES, pack_delta
from gate_agent.validator.lists.code_head import CodeHead, pack_rest
from gate_agent.validator.lists.code_list import TableReader, pack_table
from gate_agent.validator.lists.code_table import CodeTable
from gate_agent.validator.lists.manifest import ListKind, Manifest


class _MemoryReader:
    """Reads a code table that is in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, offset: int, count: int) -> bytes:
        return self._data[offset : offset + count]

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SellerList:
    """The list of a series of codes. `table`: its bytes, which are the body of its snapshot too.
    `count`: codes in it. `result`: SHA-256 of `table`. `changes`: number of the last change in it.
    """

    table: bytes
    count: int
    result: bytes
    changes: int
    first: int = 0

    @property
    def snapshot_bytes(self) -> int:
        """Return the size of a snapshot."""
        return len(self.table)

    def snapshot(self) -> bytes:
        """Return the body that makes this list from nothing."""
        return self.table


def read(connection: Connection, series: str, before: SellerList | None) -> SellerList:
    """Return the list with every change up to now. `before`: the list as it was read before.

    Call it in a transaction that has locked the changes.
    """
    seller = sellers.find_series(connection, series)
    head = sellers.head(connection, seller)
    since = -1 if before is None else before.changes
    changes = _changes(connection, seller.series, head, since)
    if before is None:
        listed = {digest: rest for digest, rest in changes.items() if rest[0] >> 6}
        table = pack_table(head, listed)
        count = len(listed)
    else:
        reader = TableReader(before.count, trusted=True)
        reader.feed(before.table)
        manifest = Manifest(
            series=series,
            kind=ListKind.CODES,
            version=1,
            as_of_ms=0,
            base=0,
            first=0,
            count=before.count,
            body_bytes=len(before.table),
            body=b"",
            result=b"",
        )
        merged = CodeTable(manifest, _MemoryReader(before.table), 0, reader.finish())
        merged = merged.followed_by(head, changes)
        table, count = b"".join(merged.whole()), merged.count()
    return SellerList(table, count, sha256(table).digest(), seller.change)


def delta(connection: Connection, series: str, since: int) -> bytes | None:
    """Return the body for a gate whose list has the changes up to number `since`; None if there
    are more changes than a board can hold in memory."""
    head = sellers.head(connection, sellers.find_series(connection, series))
    changes = _changes(connection, series, head, since)
    if len(changes) * (head.record_bytes + 1) > MAX_CHANGES_BYTES // 2:
        return None
    return pack_delta(head, changes)


def _changes(connection: Connection, series: str, head: CodeHead, since: int) -> dict[bytes, bytes]:
    query = _CODES if since < 0 else _CHANGED
    return {
        digest: pack_rest(head, status, kind, tag)
        for digest, status, kind, tag in store.run(
            connection, query, {"series": series, "since": since}
        )
    }


# Built once: building a statement costs more than running it.
_ROW = tables.code.c
_CODES = select(_ROW.digest, _ROW.status, _ROW.kind, _ROW.tag).where(
    _ROW.series == bindparam("series")
)
_CHANGED = _CODES.where(_ROW.change > bindparam("since"))
