"""The press: makes new versions of lists, and the bodies that lead gates to them.

For every gate there is one body that costs least: a snapshot, or what changed since the version it
has. Both are made of the tables when somebody asks, kept in memory as long as there is room, and
come out the same, byte for byte, when they are made again of the same version.
"""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection

from fleet_manager import changes, lists, serial_list
from fleet_manager.lists import Version
from fleet_manager.serial_list import SerialList
from fleet_manager.vault import Signer
from gate_agent.validator.manifest import ListKind, Manifest, seal, signed_part
from gate_agent.validator.messages import MAX_CHUNK_BYTES, Chunk, Want

KEPT_BODIES = 256
KEPT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its sealed manifest."""

    sealed: bytes
    data: bytes


class Press:
    """Used by one thread. What it remembers can be lost at any time."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._newest: dict[str, tuple[Version, SerialList]] = {}
        self._bodies: dict[tuple[str, int, int], Body] = {}

    def newest(self) -> dict[str, int]:
        """The version of each series that gates should have."""
        return {series: version.version for series, (version, _) in self._newest.items()}

    def due(self, connection: Connection, now_ms: int) -> list[str]:
        """The series that need a new version, or of which this press knows none."""
        return [
            series for series in lists.every(connection) if self._is_due(connection, series, now_ms)
        ]

    def _is_due(self, connection: Connection, series: str, now_ms: int) -> bool:
        known = self._newest.get(series)
        return (
            known is None
            or known[0] != lists.newest(connection, series)
            or lists.is_due(connection, series, now_ms)
        )

    def run(self, connection: Connection, series: str, now_ms: int) -> Version:
        """A new version, if one is due; else the newest. Inside a writing transaction."""
        changes.hold(connection)
        last = lists.newest(connection, series)
        if last is None or lists.is_due(connection, series, now_ms):
            count = serial_list.count_now(connection)
            last = lists.publish(connection, series, changes.last(connection), count, now_ms)
        self._newest[series] = last, serial_list.read(connection, last.count)
        return last

    def offer(self, connection: Connection, series: str, have: int, now_ms: int) -> bytes | None:
        """Sealed manifest of the body that leads a gate with version `have` (0: with none) to the
        newest at least cost; None if it has that, or there is no such series. Inside a writing
        transaction: what changed a moment ago makes a new version first, because a body can only
        be made of what the tables say now."""
        if series not in lists.every(connection):
            return None
        if self._is_due(connection, series, now_ms):
            self.run(connection, series, now_ms)
        version, _ = self._newest[series]
        if have >= version.version:
            return None
        snapshot = self._body(connection, series, None)
        base = lists.find(connection, series, have)
        if base is not None and base.count <= version.count:
            delta = self._body(connection, series, base)
            if len(delta.data) < len(snapshot.data):
                return delta.sealed
        return snapshot.sealed

    def chunk(self, want: Want) -> Chunk | None:
        """The piece that a gate asks for; None if that body is gone or has no such offset."""
        body = self._bodies.get((want.series, want.version, want.base))
        if body is None or want.offset >= len(body.data):
            return None
        data = body.data[want.offset : want.offset + MAX_CHUNK_BYTES]
        return Chunk(want.series, want.version, want.base, want.offset, data)

    def _body(self, connection: Connection, series: str, base: Version | None) -> Body:
        version, content = self._newest[series]
        place = series, version.version, 0 if base is None else base.version
        found = self._bodies.pop(place, None)
        if found is None:
            if base is None:
                data = content.snapshot()
            else:
                data = serial_list.delta(connection, base.changes)
            manifest = Manifest(
                series,
                ListKind.SERIALS,
                version.version,
                version.as_of_ms,
                place[2],
                content.first,
                content.count,
                len(data),
                sha256(data).digest(),
                content.result,
            )
            signature = self._signer.sign(signed_part(manifest))
            found = Body(seal(manifest, self._signer.id, signature), data)
        self._bodies[place] = found  # the last to be thrown away
        self._make_room()
        return found

    def _make_room(self) -> None:
        size = sum(len(body.data) for body in self._bodies.values())
        while len(self._bodies) > 1 and (size > KEPT_BYTES or len(self._bodies) > KEPT_BODIES):
            oldest = next(iter(self._bodies))
            size -= len(self._bodies.pop(oldest).data)
