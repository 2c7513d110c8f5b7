"""Small named documents that a gate must never lose: which keys, rules and times it trusts.

Each is stored twice, and each copy is replaced in one step, one after the other. A power cut at any
write leaves the old document or the new one; and when the card damages one copy later, the other
still says that no older version may come back.
"""

from collections.abc import Iterator
from pathlib import Path

from gate_agent.folder import DiskFolder
from gate_agent.ports import Folder
from gate_agent.validator.errors import WireError

MAX_DOCUMENT_BYTES = 64 * 1024
COPIES = ("a", "b")
OWNER_ONLY = 0o600
"""File mode: some of the documents hold a secret."""


class TrustDocuments:
    """Documents `{name}.a` and `{name}.b` in `folder`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    @classmethod
    def on_disk(cls, path: Path) -> "TrustDocuments":
        """Return the documents in the folder `path`, readable by their owner alone."""
        return cls(DiskFolder(path, mode=OWNER_ONLY))

    def copies(self, name: str) -> Iterator[tuple[Path, bytes]]:
        """Yield path and content of each copy that can be read. Whether a copy is whole, and which
        of two is newer, the caller finds out from the content."""
        for copy in COPIES:
            file = f"{name}.{copy}"
            try:
                data = self._folder.read(file, MAX_DOCUMENT_BYTES)
            except WireError:
                continue
            if data is not None and len(data) <= MAX_DOCUMENT_BYTES:
                yield self._folder.path / file, data

    def load(self, name: str) -> list[bytes]:
        """Return the contents that `copies` gives, each once."""
        return list(dict.fromkeys(data for _path, data in self.copies(name)))

    def save(self, name: str, data: bytes) -> None:
        """Replace both copies. Raises JournalError if that cannot be made durable; then the old
        document may still stand."""
        for copy in COPIES:
            self._folder.replace(f"{name}.{copy}", [data])
