"""A serial scanner on a pseudo-terminal, with what goes wrong at one."""

import os
import random
import tty
from pathlib import Path
from threading import Event, Lock
from typing import Self

_BITS_PER_BYTE = 10  # 8N1
_CHUNK_S = 0.005


class SimScanner:
    """A scanner whose port is `path`, a link like those under /dev/serial/by-id: it stays when the
    scanner is plugged in again and the device behind it is another one.

    `baud`: pace of the bytes. `terminator`: after each code; empty for a scanner without.
    """

    def __init__(self, path: Path, baud: int = 115200, terminator: bytes = b"\r") -> None:
        self.path = path
        self._baud = baud
        self._terminator = terminator
        self._lock = Lock()
        self._master: int | None = None
        self._slave: int | None = None
        self.plug()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Plug the scanner in; nothing if it is."""
        with self._lock:
            if self._master is not None:
                return
            self._master, self._slave = os.openpty()
            # A scanner does not echo, whatever the other end has or has not set yet.
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(os.ttyname(self._slave))

    @property
    def plugged(self) -> bool:
        """Whether it is plugged in."""
        return self._master is not None

    def unplug(self) -> None:
        """Pull the cable: the gate's open port dies, and the link goes. Nothing if it is out."""
        with self._lock:
            if self._master is None or self._slave is None:
                return
            self.path.unlink(missing_ok=True)
            os.close(self._slave)
            os.close(self._master)
            self._master = self._slave = None

    def present(self, code: bytes) -> None:
        """Show `code` as a visitor does; return when its last byte is out."""
        self.send(code + self._terminator)

    def present_split(self, code: bytes, at: int, pause_s: float) -> None:
        """Show `code`, with a pause after `at` bytes."""
        self.send(code[:at])
        Event().wait(pause_s)
        self.send(code[at:] + self._terminator)

    def present_garbled(self, code: bytes, rng: random.Random) -> bytes:
        """Show `code` with one bit turned over on the line; return what was sent."""
        garbled = bytearray(code)
        if garbled:
            garbled[rng.randrange(len(garbled))] ^= 1 << rng.randrange(7)
        self.send(bytes(garbled) + self._terminator)
        return bytes(garbled)

    def send(self, data: bytes) -> None:
        """Send bytes at the pace of the line. Bytes that nobody fetches, or that find the scanner
        unplugged, are lost, as they are on a serial line."""
        chunk = max(1, int(self._baud / _BITS_PER_BYTE * _CHUNK_S))
        for at in range(0, len(data), chunk):
            if at:
                Event().wait(_CHUNK_S)
            with self._lock:
                if self._master is None:
                    return
                try:
                    os.write(self._master, data[at : at + chunk])
                except BlockingIOError:
                    return
