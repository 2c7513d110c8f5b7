"""Lists of codes on disk: a large table that is seldom written, and beside it what changed.

Each file begins with the sealed manifest of the list that it, or it with the table, comes to. What
changed is written anew with every change, because it is small; when it has grown, both become a new
table. So a thousand new codes cost a memory card a few dozen kilobytes and not twelve megabytes.
"""

from itertools import chain

from gate_agent.lists.list_files import PART, TABLE, unwrap, wrap
from gate_agent.ports import Bytes, Folder
from gate_agent.validator.errors import WireError
from gate_agent.validator.lists.code_changes import MAX_CHANGES_BYTES, read_changes
from gate_agent.validator.lists.code_list import TableLayout, TableReader, pack_table
from gate_agent.validator.lists.code_table import CodeTable
from gate_agent.validator.lists.manifest import (
    MAX_MANIFEST_BYTES,
    ListKind,
    Manifest,
    open_manifest,
)
from gate_agent.validator.trust.keys import KeyRing

CHANGES = ".changes"
MAX_CHANGES = 16_384
STEP_BYTES = 64 * 1024
_VERSION = 4
_FRONT_BYTES = 1024


class CodeFiles:
    """`folder`: that of the other lists."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def load(self, series: str, ring: KeyRing) -> CodeTable:
        """Return the list in the files. Raises WireError if they are torn, of another series, or
        nobody trusted signed it."""
        table = self._open(series, ring)
        try:
            return self._with_changes(table, ring)
        except WireError:
            table.close()
            raise

    def _open(self, series: str, ring: KeyRing, layout: TableLayout | None = None) -> CodeTable:
        file = self._folder.open(series + TABLE)
        if file is None:
            raise WireError(f"the file of list {series} is gone")
        try:
            sealed, _ = unwrap(file.read_at(0, min(file.size, _FRONT_BYTES)))
            manifest = open_manifest(sealed, ring)
            offset = len(wrap(sealed))
            if layout is None:
                layout = _read(file, offset, file.size, manifest.count).finish()
        except WireError:
            file.close()
            raise
        if (manifest.series, manifest.kind, manifest.result) != (
            series,
            ListKind.CODES,
            layout.result,
        ):
            file.close()
            raise WireError(f"the file of list {series} is damaged, or holds another list")
        return CodeTable(manifest, file, offset, layout)

    def _with_changes(self, table: CodeTable, ring: KeyRing) -> CodeTable:
        series = table.manifest.series
        most = MAX_MANIFEST_BYTES + MAX_CHANGES_BYTES
        data = self._folder.read(series + CHANGES, most)
        if data is None:
            return table
        sealed, rest = unwrap(data)
        manifest = open_manifest(sealed, ring)
        if manifest.series != series:
            raise WireError(f"the changes of list {series} are of another list")
        if int.from_bytes(rest[:_VERSION], "big") != table.manifest.version:
            if manifest.version > table.manifest.version:
                raise WireError(f"the changes of list {series} are damaged")
            return table  # a newer table was written, and the power failed before they were gone
        head, changes = read_changes(rest[_VERSION:])
        changed = table.followed_by(head, changes).named(manifest)
        if changed.result() != manifest.result:
            raise WireError(f"the changes of list {series} are damaged")
        return changed

    def reader(self, manifest: Manifest, sealed: bytes, upto: int) -> TableReader:
        """Return a reader for a body on its way, of which `upto` bytes are stored. Raises
        WireError."""
        if upto == 0:
            return TableReader(manifest.count)
        file = self._folder.open(manifest.series + PART)
        if file is None:
            raise WireError("a body of which nothing was kept")
        try:
            offset = len(wrap(sealed))
            return _read(file, offset, offset + upto, manifest.count, trusted=False)
        finally:
            file.close()

    def adopt(self, series: str, ring: KeyRing, layout: TableLayout) -> CodeTable:
        """Make a body that has arrived the table. Raises JournalError, WireError."""
        self._folder.rename(series + PART, series + TABLE)
        self._folder.drop(series + CHANGES)
        return self._open(series, ring, layout)

    def save(self, sealed: bytes, listed: CodeTable) -> None:
        """Store what changed since the table was written. Raises JournalError."""
        base = listed.table_version.to_bytes(_VERSION, "big")
        parts = [wrap(sealed), base, pack_table(listed.head, listed.changes)]
        self._folder.replace(listed.manifest.series + CHANGES, parts)

    def rewrite(self, sealed: bytes, listed: CodeTable, ring: KeyRing) -> CodeTable:
        """Make a new table of table and changes. Raises JournalError, WireError."""
        series = listed.manifest.series
        self._folder.replace(series + TABLE, chain([wrap(sealed)], listed.whole()))
        self._folder.drop(series + CHANGES)
        return self._open(series, ring)


def _read(file: Bytes, start: int, end: int, count: int, *, trusted: bool = True) -> TableReader:
    reader = TableReader(count, trusted=trusted)
    for at in range(start, end, STEP_BYTES):
        reader.feed(file.read_at(at, min(STEP_BYTES, end - at)))
    return reader
