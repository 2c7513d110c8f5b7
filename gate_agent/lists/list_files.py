"""The lists on disk: one file a series, replaced in one step, used only after every check.

Beside them stands what must never go back: the newest version of each series that was ever in
force, in a file of its own, so that a damaged list opens no way for an older one. And the bodies
that are still on their way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

import cbor2

from gate_agent.ports import Folder
from gate_agent.validator import cbor
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.manifest import (
    HASH_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_SERIALS_BODY_BYTES,
    ListKind,
    Manifest,
    open_manifest,
)
from gate_agent.validator.lists.ticket_list import Changes, TicketList, apply, pack_list, result_of
from gate_agent.validator.moment import END_MS
from gate_agent.validator.tickets.series import is_series
from gate_agent.validator.trust.keys import KeyRing
from gate_agent.validator.trust.seal import in_range

LISTS_FOLDER = "lists"
"""Its name in the data folder."""
LIST, TABLE, PART = ".list", ".codes", ".part"
_KINDS = {LIST: ListKind.SERIALS, TABLE: ListKind.CODES}
VERSIONS = "versions"
_MAGIC = b"SGL2"
_LENGTH = 2
_HEAD = len(_MAGIC) + _LENGTH
_MAX_VERSIONS_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version of a series that was ever in force."""

    kind: ListKind
    version: int
    as_of_ms: int


class ListFiles:
    """`folder`: for nothing but lists, those of codes included."""

    def __init__(self, folder: Folder) -> None:
        self.folder = self._folder = folder

    # --- lists in force ------------------------------------------------------------------------

    def series(self) -> list[tuple[str, ListKind]]:
        """Return the series that have a file, and their kinds."""
        names = [name.rpartition(".") for name in self._folder.names()]
        return [(name, _KINDS[dot + end]) for name, dot, end in names if dot + end in _KINDS]

    def load(self, series: str, ring: KeyRing) -> TicketList:
        """Return the list in the file. Raises WireError if there is none, if it is torn, of another
        series, or nobody trusted signed it."""
        data = self._folder.read(series + LIST, _HEAD + MAX_MANIFEST_BYTES + MAX_SERIALS_BODY_BYTES)
        if data is None:
            raise WireError(f"the file of list {series} is gone")
        sealed, body = unwrap(data)
        manifest = open_manifest(sealed, ring)
        if manifest.series != series or manifest.kind is not ListKind.SERIALS:
            raise WireError(f"the file of list {series} holds another list")
        changes = Changes.unpack(body, manifest.count)
        bits, exceptions = apply(None, changes, manifest.first, manifest.count)
        if result_of(bits, exceptions) != manifest.result:
            raise WireError(f"the file of list {series} is damaged")
        return TicketList(manifest, bits, exceptions)

    def save(self, sealed: bytes, listing: TicketList) -> None:
        """Put a list in the place of the old one; a power cut leaves one of the two, whole.

        Raises JournalError if it cannot be made durable.
        """
        body = pack_list(listing)
        self._folder.replace(listing.manifest.series + LIST, [wrap(sealed), body])

    # --- what never goes back ------------------------------------------------------------------

    def versions(self) -> dict[str, Newest]:
        """Return the newest versions by series. Raises WireError if the file is damaged."""
        data = self._folder.read(VERSIONS, _MAX_VERSIONS_BYTES)
        if data is None:
            return {}
        head, body = data[:HASH_BYTES], data[HASH_BYTES:]
        rows = cbor.read(body) if sha256(body).digest() == head else None
        if type(rows) is not list:
            raise WireError("the memory of list versions is damaged")
        versions = dict(map(_read_version, rows))
        if _pack_versions(versions) != data:
            raise WireError("the memory of list versions is damaged")
        return versions

    def store_versions(self, versions: Mapping[str, Newest]) -> None:
        """Replace the newest versions that were ever in force. Raises JournalError."""
        self._folder.replace(VERSIONS, [_pack_versions(versions)])

    # --- bodies on their way -------------------------------------------------------------------

    def parts(self, ring: KeyRing) -> Iterator[tuple[Manifest, bytes, int]]:
        """Yield manifest, sealed manifest and number of bytes of each body that has begun to
        arrive; remove what cannot be gone on with. Raises JournalError."""
        for name in self._folder.names():
            if not name.endswith(PART):
                continue
            try:
                sealed, size = self._part_head(name)
                manifest = open_manifest(sealed, ring)
            except WireError:
                self._folder.drop(name)
                continue
            if manifest.series + PART == name:
                yield manifest, sealed, size
            else:
                self._folder.drop(name)

    def _part_head(self, name: str) -> tuple[bytes, int]:
        file = self._folder.open(name)
        if file is None:
            raise WireError("it is gone")
        try:
            data = file.read_at(0, min(file.size, _HEAD + MAX_MANIFEST_BYTES))
            sealed, _ = unwrap(data)
            return sealed, file.size - _HEAD - len(sealed)
        finally:
            file.close()

    def grow(self, series: str, sealed: bytes, offset: int, data: bytes) -> None:
        """Store bytes of a body. Raises JournalError."""
        head = wrap(sealed)
        if offset == 0:
            self._folder.grow(series + PART, 0, head + data)
        else:
            self._folder.grow(series + PART, len(head) + offset, data)

    def body(self, series: str) -> bytes:
        """Return what has arrived of a body of serials. Raises WireError."""
        data = self._folder.read(series + PART, _HEAD + MAX_MANIFEST_BYTES + MAX_SERIALS_BODY_BYTES)
        if data is None:
            raise WireError("a body of which nothing was kept")
        return unwrap(data)[1]

    def drop_part(self, series: str) -> None:
        """Remove a body on its way. Raises JournalError."""
        self._folder.drop(series + PART)


def wrap(sealed: bytes) -> bytes:
    """Return the beginning of a list's file, which holds the sealed manifest."""
    return _MAGIC + len(sealed).to_bytes(_LENGTH, "big") + sealed


def unwrap(data: bytes) -> tuple[bytes, bytes]:
    """Return the sealed manifest, and what stands behind it. Raises WireError."""
    end = _HEAD + int.from_bytes(data[len(_MAGIC) : _HEAD], "big")
    if data[: len(_MAGIC)] != _MAGIC or len(data) < end:
        raise WireError("a file that is not a ticket list")
    return data[_HEAD:end], data[end:]


def _pack_versions(versions: Mapping[str, Newest]) -> bytes:
    body = cbor2.dumps(
        [
            [series, int(newest.kind), newest.version, newest.as_of_ms]
            for series, newest in sorted(versions.items())
        ]
    )
    return sha256(body).digest() + body


def _read_version(row: object) -> tuple[str, Newest]:
    if type(row) is not list or len(row) != 4:
        raise WireError("the memory of list versions is damaged")
    series, kind, version, as_of_ms = row
    if not (
        type(series) is str
        and is_series(series)
        and in_range(kind, 1, len(ListKind) + 1)
        and in_range(version, 1, 1 << 32)
        and in_range(as_of_ms, 0, END_MS)
    ):
        raise WireError("the memory of list versions is damaged")
    return series, Newest(ListKind(kind), version, as_of_ms)
