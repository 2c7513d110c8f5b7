"""What a gate must not forget of whom and what to believe: small named documents on disk.

Each is kept twice, and each copy is replaced in one step, one after the other. A power cut at any
write leaves the old document or the new one, and a copy that was torn later does not take the
memory with it that no older version may come back.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from gate_agent.errors import JournalError

MAX_DOCUMENT_BYTES = 64 * 1024
COPIES = ("a", "b")


class Files(Protocol):
    """What the store needs of a disk."""

    def read_file(self, path: Path) -> bytes:
        """At most MAX_DOCUMENT_BYTES + 1 of it. Raises OSError."""
        ...

    def replace_file(self, path: Path, data: bytes) -> None:
        """`data` in the place of what `path` held, durable when this returns. Raises OSError."""
        ...


class RealFiles:
    """The board's own disk."""

    def read_file(self, path: Path) -> bytes:
        """As Files."""
        with path.open("rb") as file:
            return file.read(MAX_DOCUMENT_BYTES + 1)

    def replace_file(self, path: Path, data: bytes) -> None:
        """As Files."""
        fresh = path.with_name(path.name + ".new")
        # Some hold a secret.
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class TrustDocuments:
    """Documents `{name}.a` and `{name}.b` in `folder`."""

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        self._folder = folder
        self._files = RealFiles() if files is None else files

    def copies(self, name: str) -> Iterator[tuple[Path, bytes]]:
        """The copies that can be read, and where. Whether one is whole, and which of two is newer,
        says what stands in it."""
        for copy in COPIES:
            path = self._folder / f"{name}.{copy}"
            try:
                data = self._files.read_file(path)
            except OSError:
                continue
            if len(data) <= MAX_DOCUMENT_BYTES:
                yield path, data

    def load(self, name: str) -> list[bytes]:
        """What `copies` gives, each content once."""
        return list(dict.fromkeys(data for _path, data in self.copies(name)))

    def save(self, name: str, data: bytes) -> None:
        """Raises JournalError if it cannot be made durable; then the old one may still stand."""
        for copy in COPIES:
            path = self._folder / f"{name}.{copy}"
            try:
                self._files.replace_file(path, data)
            except OSError as error:
                raise JournalError(
                    f"cannot write {path}: {error.strerror}", "is the disk full or the card worn?"
                ) from error
