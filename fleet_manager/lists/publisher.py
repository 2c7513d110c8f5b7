"""Publish new versions of lists, and make the bodies that bring gates to them.

For every gate one body costs least: a snapshot, or a delta of what changed since the version that
it has. Both are made from the tables on request and cached in memory within limits. A body that is
made again from the same version is the same, byte for byte.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from sqlalchemy import Connection

from fleet_manager.database import changes
from fleet_manager.keys.vault import Signer
from fleet_manager.lists import codes, serials, versions
from fleet_manager.lists.codes import SellerList
from fleet_manager.lists.versions import Version
from fleet_manager.tickets.serials import count_sold
from gate_agent.validator.lists.manifest import ListKind, Manifest, seal, signed_part
from gate_agent.validator.messages.envelopes import MAX_CHUNK_BYTES, Chunk, ListRequest
from gate_agent.validator.tickets.series import MAIN_SERIES

LARGE_BODY_BYTES = 1 << 20
REUSE_FACTOR = 4
"""A snapshot is offered again as long as it is this many times larger than the delta after it."""
KEPT_BODIES = 256
KEPT_BYTES = 64 << 20
CHECK_EVERY_MS = 5_000


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a list, `data`, with its sealed manifest."""

    sealed: bytes
    data: bytes


class Content(Protocol):
    """The list of a version. `count`: serials or codes from `first` on. `result`: hash of the list.
    `snapshot_bytes`: size of its snapshot."""

    @property
    def first(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def result(self) -> bytes: ...
    @property
    def snapshot_bytes(self) -> int: ...

    def snapshot(self) -> bytes:
        """Return the body that makes this list from nothing."""
        ...


class ListPublisher:
    """Used by one thread. All its state is a cache: nothing is lost with it."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._newest: dict[str, tuple[Version, Content]] = {}
        self._bodies: dict[tuple[str, int, int], Body] = {}
        self._stamp: tuple[int, ...] = ()
        self._next_check_ms = 0

    def newest(self) -> dict[str, int]:
        """Return the version of each series that gates should have."""
        return {series: version.version for series, (version, _) in self._newest.items()}

    def due(self, connection: Connection, now_ms: int) -> list[str]:
        """Return the series that need a new version, or whose newest is not loaded.

        It is called several times a second: it reads two counters if nothing has changed.
        """
        stamp = changes.stamp(connection)
        if stamp == self._stamp and now_ms < self._next_check_ms:
            return []
        self._stamp, self._next_check_ms = stamp, now_ms + CHECK_EVERY_MS
        return [
            series
            for series in versions.every(connection)
            if self._is_due(connection, series, now_ms)
        ]

    def _is_due(self, connection: Connection, series: str, now_ms: int) -> bool:
        loaded, last = self._newest.get(series), versions.newest(connection, series)
        return (
            loaded is None or loaded[0] != last or versions.is_due(connection, series, last, now_ms)
        )

    def update(self, connection: Connection, series: str, now_ms: int) -> Version:
        """Store a new version if one is due, load the newest, and return it.

        Call it in a writing transaction.
        """
        changes.lock(connection)
        last = versions.newest(connection, series)
        due = versions.is_due(connection, series, last, now_ms)
        content: Content
        if series == MAIN_SERIES:
            if last is None or due:
                count = count_sold(connection)
            else:
                count = last.count
            content = serials.read(connection, count)
        else:
            content = codes.read(connection, series, self._seller_list(series))
        if last is None or due:
            self._forget(series, 0 if last is None else last.version)
            change = versions.changes_now(connection, series)
            last = versions.publish(connection, series, change, content.count, now_ms)
        self._newest[series] = last, content
        return last

    def _forget(self, series: str, after: int) -> None:
        """Forget bodies of later versions: the transaction that published those was undone."""
        for key in [key for key in self._bodies if key[0] == series and key[1] > after]:
            del self._bodies[key]

    def _seller_list(self, series: str) -> SellerList | None:
        loaded = self._newest.get(series)
        return loaded[1] if loaded is not None and isinstance(loaded[1], SellerList) else None

    def offer(self, connection: Connection, series: str, have: int, now_ms: int) -> bytes | None:
        """Return the sealed manifest of the smallest body that brings a gate to the newest version.

        `have`: version of the gate, 0 for none. Returns None if the gate has the newest, or there
        is no such series. Call it in a writing transaction: changes of a moment ago make a new
        version first, because a body can only be made of what the tables contain now.
        """
        loaded = self._newest.get(series)
        if loaded is not None and have >= loaded[0].version:
            return None
        if loaded is None or changes.stamp(connection) != self._stamp:
            if series not in versions.every(connection):
                return None
            if self._is_due(connection, series, now_ms):
                self.update(connection, series, now_ms)
        _, content = self._newest[series]
        delta = self._delta(connection, series, have)
        if delta is not None and len(delta.data) < content.snapshot_bytes:
            return delta.sealed
        return self._snapshot(connection, series, have).sealed

    def _delta(self, connection: Connection, series: str, have: int) -> Body | None:
        version, _ = self._newest[series]
        base = versions.find(connection, series, have)
        if base is None or (series == MAIN_SERIES and base.count > version.count):
            return None
        key = series, version.version, base.version
        if key in self._bodies:
            return self._bodies[key]
        if series == MAIN_SERIES:
            return self._store(key, serials.delta(connection, base.changes))
        data = codes.delta(connection, series, base.changes)
        return None if data is None else self._store(key, data)

    def _snapshot(self, connection: Connection, series: str, have: int) -> Body:
        """Return the newest snapshot, or a large older one that is cached if little has changed
        since."""
        version, content = self._newest[series]
        for (of_series, number, base), body in list(self._bodies.items()):
            if of_series == series and base == 0 and number > have:
                if number == version.version:
                    return body
                delta = self._delta(connection, series, number)
                if (
                    delta is not None
                    and len(body.data) > LARGE_BODY_BYTES
                    and len(body.data) > REUSE_FACTOR * len(delta.data)
                ):
                    return body
        return self._store((series, version.version, 0), content.snapshot())

    def chunk(self, request: ListRequest) -> Chunk | None:
        """Return the piece that a gate requests; None if that body is gone or is shorter."""
        body = self._bodies.get((request.series, request.version, request.base))
        if body is None or request.offset >= len(body.data):
            return None
        data = body.data[request.offset : request.offset + MAX_CHUNK_BYTES]
        return Chunk(
            series=request.series,
            version=request.version,
            base=request.base,
            offset=request.offset,
            data=data,
        )

    def _store(self, key: tuple[str, int, int], data: bytes) -> Body:
        """Seal a body and cache it under its key: series, version, base."""
        series, _, base = key
        version, content = self._newest[series]
        manifest = Manifest(
            series=series,
            kind=ListKind.SERIALS if series == MAIN_SERIES else ListKind.CODES,
            version=version.version,
            as_of_ms=version.as_of_ms,
            base=base,
            first=content.first,
            count=content.count,
            body_bytes=len(data),
            body=sha256(data).digest(),
            result=content.result,
        )
        signature = self._signer.sign(signed_part(manifest))
        body = Body(seal(manifest, self._signer.id, signature), data)
        self._bodies[key] = body
        self._evict_oldest()
        return body

    def _evict_oldest(self) -> None:
        size = sum(len(body.data) for body in self._bodies.values())
        while len(self._bodies) > 1 and (size > KEPT_BYTES or len(self._bodies) > KEPT_BODIES):
            oldest = next(iter(self._bodies))
            size -= len(self._bodies.pop(oldest).data)
