"""A folder of small files that survive power cuts: replaced in one step, or grown piece by piece.

Everything durable that the gate stores beside its journal goes through here: ticket lists, the
documents of trust, the gate's renewed key. So one simulated folder can tear them all.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from gate_agent.errors import JournalError
from gate_agent.validator.errors import WireError

_FRESH = ".new"


class OpenFile:
    """A file to read from at any place. `size`: in bytes."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises OSError."""
        self._path = path
        self._handle = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._handle).st_size

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`. Raises WireError if they are not there."""
        try:
            data = os.pread(self._handle, count, offset)
        except OSError as error:
            raise WireError(f"cannot read {self._path}: {error.strerror}") from None
        if len(data) != count:
            raise WireError(f"{self._path} is cut short")
        return data

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class DiskFolder:
    """`path`: of the folder, which is made when something is written. `mode`: of the files that
    `replace` and `grow` make, less the process's umask."""

    def __init__(self, path: Path, *, mode: int = 0o644) -> None:
        self.path = path
        self._mode = mode

    def names(self) -> list[str]:
        """Return the names of the files that are there, sorted."""
        try:
            return sorted(file.name for file in self.path.iterdir() if file.suffix != _FRESH)
        except OSError:
            return []

    def open(self, name: str) -> OpenFile | None:
        """Return the file, None if there is none. Raises WireError if it cannot be read."""
        try:
            return OpenFile(self.path / name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WireError(f"cannot read {self.path / name}: {error.strerror}") from None

    def read(self, name: str, most: int) -> bytes | None:
        """Return the content, but no more than one byte beyond `most`; None if there is none.
        Raises WireError if it cannot be read."""
        try:
            with (self.path / name).open("rb") as file:
                return file.read(most + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WireError(f"cannot read {self.path / name}: {error.strerror}") from None

    def replace(self, name: str, parts: Iterable[bytes]) -> None:
        """Put a file in the place of another; a power cut leaves one of the two, whole. Raises
        JournalError if it cannot be made durable, and whatever `parts` raises; then the old one
        is there."""
        fresh = self.path / (name + _FRESH)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, self._mode)
            with os.fdopen(handle, "wb") as file:
                for part in parts:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            self._swap(fresh, name)
        except OSError as error:
            raise self._failed(name, error) from error

    def grow(self, name: str, offset: int, data: bytes) -> None:
        """Write `data` at `offset`, and cut off what stands behind it. A power cut may lose it, or
        leave anything in its place. Raises JournalError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / name, os.O_WRONLY | os.O_CREAT, self._mode)
            with os.fdopen(handle, "wb") as file:
                file.truncate(offset)
                file.seek(offset)
                file.write(data)
        except OSError as error:
            raise self._failed(name, error) from error

    def rename(self, name: str, to: str) -> None:
        """Make a grown file durable under another name, in the place of what was there. Raises
        JournalError."""
        try:
            handle = os.open(self.path / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            self._swap(self.path / name, to)
        except OSError as error:
            raise self._failed(to, error) from error

    def drop(self, name: str) -> None:
        """Remove a file, if it is there. Raises JournalError."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(name, error) from error

    def _swap(self, fresh: Path, name: str) -> None:
        fresh.replace(self.path / name)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _failed(self, name: str, error: OSError) -> JournalError:
        return JournalError(
            f"cannot write {self.path / name}: {error.strerror}",
            "is the disk full or the card worn out?",
        )
