"""The press: makes new versions of lists, and the bodies that lead gates to them.

For every gate there is one body that costs least: a snapshot, or what changed since the version it
has. Both are made of the tables when somebody asks, kept in memory as long as there is room, and
come out the same, byte for byte, when they are made again of the same version.
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

LARGE, REUSE = 1 << 20, 4
KEPT_BODIES = 256
LOOK_EVERY_MS = 5_000
KEPT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its sealed manifest."""

    sealed: bytes
    data: bytes


class Content(Protocol):
    """The list of a version. `snapshot_bytes`: what its snapshot costs."""

    @property
    def first(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def result(self) -> bytes: ...
    @property
    def snapshot_bytes(self) -> int: ...

    def snapshot(self) -> bytes:
        """The body that makes this list from nothing."""
        ...


class ListPublisher:
    """Used by one thread. What it remembers can be lost at any time."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._newest: dict[str, tuple[Version, Content]] = {}
        self._bodies: dict[tuple[str, int, int], Body] = {}
        self._stamp: tuple[int, ...] = ()
        self._look_ms = 0

    def newest(self) -> dict[str, int]:
        """The version of each series that gates should have."""
        return {series: version.version for series, (version, _) in self._newest.items()}

    def due(self, connection: Connection, now_ms: int) -> list[str]:
        """The series that need a new version, or of which this press knows none. Asked several
        times a second: one look at two counters, if nothing has changed."""
        stamp = changes.stamp(connection)
        if stamp == self._stamp and now_ms < self._look_ms:
            return []
        self._stamp, self._look_ms = stamp, now_ms + LOOK_EVERY_MS
        return [
            series
            for series in versions.every(connection)
            if self._is_due(connection, series, now_ms)
        ]

    def _is_due(self, connection: Connection, series: str, now_ms: int) -> bool:
        known, last = self._newest.get(series), versions.newest(connection, series)
        return (
            known is None or known[0] != last or versions.is_due(connection, series, last, now_ms)
        )

    def run(self, connection: Connection, series: str, now_ms: int) -> Version:
        """A new version, if one is due; else the newest. Inside a writing transaction."""
        changes.hold(connection)
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
            change = versions.changes_now(connection, series)
            last = versions.publish(connection, series, change, content.count, now_ms)
        self._newest[series] = last, content
        return last

    def _seller_list(self, series: str) -> SellerList | None:
        known = self._newest.get(series)
        return known[1] if known is not None and isinstance(known[1], SellerList) else None

    def offer(self, connection: Connection, series: str, have: int, now_ms: int) -> bytes | None:
        """Sealed manifest of the body that leads a gate with version `have` (0: with none) to the
        newest at least cost; None if it has that, or there is no such series. Inside a writing
        transaction: what changed a moment ago makes a new version first, because a body can only
        be made of what the tables say now."""
        known = self._newest.get(series)
        if known is not None and have >= known[0].version:
            return None
        if known is None or changes.stamp(connection) != self._stamp:
            if series not in versions.every(connection):
                return None
            if self._is_due(connection, series, now_ms):
                self.run(connection, series, now_ms)
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
        place = series, version.version, base.version
        if place in self._bodies:
            return self._bodies[place]
        if series == MAIN_SERIES:
            return self._keep(place, serials.delta(connection, base.changes))
        data = codes.delta(connection, series, base.changes)
        return None if data is None else self._keep(place, data)

    def _snapshot(self, connection: Connection, series: str, have: int) -> Body:
        """The newest, or a large one that is there already, if little has changed since."""
        version, content = self._newest[series]
        for place, body in list(self._bodies.items()):
            if place[0] == series and place[2] == 0 and place[1] > have:
                if place[1] == version.version:
                    return body
                since = self._delta(connection, series, place[1])
                if since is not None and LARGE < len(body.data) > REUSE * len(since.data):
                    return body
        return self._keep((series, version.version, 0), content.snapshot())

    def chunk(self, want: ListRequest) -> Chunk | None:
        """The piece that a gate asks for; None if that body is gone or has no such offset."""
        body = self._bodies.get((want.series, want.version, want.base))
        if body is None or want.offset >= len(body.data):
            return None
        data = body.data[want.offset : want.offset + MAX_CHUNK_BYTES]
        return Chunk(
            series=want.series, version=want.version, base=want.base, offset=want.offset, data=data
        )

    def _keep(self, place: tuple[str, int, int], data: bytes) -> Body:
        series, _, base = place
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
        self._bodies[place] = body
        self._make_room()
        return body

    def _make_room(self) -> None:
        size = sum(len(body.data) for body in self._bodies.values())
        while len(self._bodies) > 1 and (size > KEPT_BYTES or len(self._bodies) > KEPT_BODIES):
            oldest = next(iter(self._bodies))
            size -= len(self._bodies.pop(oldest).data)
