"""The lists of codes in force, and what arrives of them. Only a gate that has any loads this."""

from hashlib import sha256

from gate_agent.lists.code_files import MAX_CHANGES, CodeFiles
from gate_agent.lists.list_files import ListFiles
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_changes import open_delta
from gate_agent.validator.lists.code_list import TableReader
from gate_agent.validator.lists.code_table import CodeTable
from gate_agent.validator.lists.manifest import Manifest
from gate_agent.validator.tickets.ticket import Ticket
from gate_agent.validator.trust.keys import KeyRing

MAX_CODE_BYTES = 512


class CodesInForce:
    """`tables`: the lists in force, in the order of their series."""

    def __init__(self, lists: ListFiles) -> None:
        self._lists = lists
        self._store = CodeFiles(lists.folder)
        self._readers: dict[str, TableReader] = {}
        self.tables: dict[str, CodeTable] = {}

    def load(self, series: str, ring: KeyRing) -> CodeTable:
        """Return the list on disk, not yet in force. Raises WireError."""
        return self._store.load(series, ring)

    def put(self, listed: CodeTable) -> None:
        """Put a list in force."""
        tables = {**self.tables, listed.manifest.series: listed}
        self.tables = dict(sorted(tables.items()))

    def find(self, code: bytes) -> Ticket | None:
        """Return the ticket that a scanned code stands for; if several series have it, that of the
        first by name. Raises WireError."""
        if len(code) <= MAX_CODE_BYTES:
            for table in self.tables.values():
                ticket = table.ticket(code)
                if ticket is not None:
                    return ticket
        return None

    # --- what arrives --------------------------------------------------------------------------

    def feed(self, manifest: Manifest, sealed: bytes, offset: int, data: bytes) -> None:
        """Read bytes of a body, which are stored already. Raises WireError as soon as they can
        belong to no list."""
        if manifest.base:
            return
        reader = self._readers.get(manifest.series) if offset else None
        if reader is None:
            reader = self._store.reader(manifest, sealed, offset)
            self._readers[manifest.series] = reader
        reader.feed(data)

    def complete(self, manifest: Manifest, sealed: bytes, ring: KeyRing) -> None:
        """Put a list in force of which every byte was read: check it whole, then disk, then in
        force. Raises WireError, JournalError."""
        series = manifest.series
        before = self.tables.get(series)
        if manifest.base:
            fresh = self._delta(manifest, before)
            if len(fresh.changes) > MAX_CHANGES:
                fresh = self._store.rewrite(sealed, fresh, ring)
            else:
                self._store.save(sealed, fresh)
        else:
            layout = self._readers.pop(series).finish()
            if not layout.result == manifest.result == manifest.body:
                raise WireError("a list body that is not the one its manifest names")
            fresh = self._store.adopt(series, ring, layout)
        self.put(fresh)
        if before is not None and before.table_version != fresh.table_version:
            before.close()

    def _delta(self, manifest: Manifest, before: CodeTable | None) -> CodeTable:
        if before is None or before.manifest.version != manifest.base:
            raise WireError("a list delta for another base")
        body = self._lists.body(manifest.series)
        if len(body) != manifest.body_bytes or sha256(body).digest() != manifest.body:
            raise WireError("a list body that is not the one its manifest names")
        fresh = before.followed_by(*open_delta(body)).named(manifest)
        if fresh.count() != manifest.count or fresh.result() != manifest.result:
            raise WireError("a list that is not the one its manifest names")
        return fresh

    def forget(self, series: str) -> None:
        """Drop what was read of a body."""
        self._readers.pop(series, None)
