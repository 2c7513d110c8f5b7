"""A gate's folder of files as a memory card treats it. Implements `gate_agent.ports.Folder`."""

import random
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from gate_agent.errors import JournalError
from gate_agent.validator.errors import WireError


class PowerCut(BaseException):
    """The board is dead from here on. No code of the gate may catch it."""


class SimFile:
    """An open file: what it held when it was opened, as an inode does."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, count: int) -> bytes:
        """Read as `Bytes` does."""
        data = self._data[offset : offset + count]
        if len(data) != count:
            raise WireError("the file is cut short")
        return data

    def close(self) -> None:
        """Close as `Bytes` does."""


class SimFolder:
    """`write` is asked before each write: it raises what the disk raises, and says whether the
    power fails right after it. What was grown and not renamed does not survive a power cut whole.
    """

    def __init__(self, write: Callable[[str], bool], rng: random.Random) -> None:
        self._write = write
        self._rng = rng
        self.path = Path()
        self.files: dict[str, bytes] = {}
        self._grown: dict[str, int] = {}

    def names(self) -> list[str]:
        """List as `Folder` does."""
        return sorted(self.files)

    def open(self, name: str) -> SimFile | None:
        """Open as `Folder` does."""
        data = self.files.get(name)
        return None if data is None else SimFile(data)

    def read(self, name: str, most: int) -> bytes | None:
        """Read as `Folder` does."""
        data = self.files.get(name)
        return None if data is None else data[: most + 1]

    def replace(self, name: str, parts: Iterable[bytes]) -> None:
        """Replace as `Folder` does."""
        data = b"".join(parts)
        dies = self._ask(name)
        self.files[name] = data
        self._grown.pop(name, None)
        self._die_if(dies)

    def grow(self, name: str, offset: int, data: bytes) -> None:
        """Grow a file as `Folder` does."""
        dies = self._ask(name)
        before = self.files.get(name, b"")
        self._grown[name] = min(self._grown.get(name, offset), offset)
        self.files[name] = before[:offset].ljust(offset, b"\0") + data
        self._die_if(dies)

    def rename(self, name: str, to: str) -> None:
        """Rename as `Folder` does."""
        dies = self._ask(to)
        self.files[to] = self.files.pop(name)
        self._grown.pop(name, None)
        self._die_if(dies)

    def drop(self, name: str) -> None:
        """Drop a file as `Folder` does."""
        dies = self._ask(name, "DELETE")
        self.files.pop(name, None)
        self._grown.pop(name, None)
        self._die_if(dies)

    def lose_power(self) -> None:
        """Lose a part of what was grown, and perhaps spoil what is left."""
        for name, safe in self._grown.items():
            data = self.files[name]
            length = self._rng.randint(safe, len(data))
            tail = data[safe:length]
            if self._rng.random() < 0.3:
                tail = bytes(len(tail))
            self.files[name] = data[:safe] + tail
        self._grown.clear()

    def tear(self) -> str | None:
        """Cut a file short, or change a byte of it. Returns its name."""
        if not self.files:
            return None
        name = self._rng.choice(sorted(self.files))
        data = bytearray(self.files[name])
        if data and self._rng.random() < 0.5:
            data[self._rng.randrange(len(data))] ^= 1 << self._rng.randrange(8)
        else:
            del data[self._rng.randrange(len(data) or 1) :]
        self.files[name] = bytes(data)
        return name

    def _ask(self, name: str, word: str = "COMMIT") -> bool:
        try:
            return self._write(word)
        except sqlite3.OperationalError as error:
            raise JournalError(f"cannot write {name}: {error}") from error

    def _die_if(self, dies: bool) -> None:
        if dies:
            raise PowerCut
