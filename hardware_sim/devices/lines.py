"""Output lines as a kernel keeps them: owned by one process at a time, and by none when it ends.

The other end of `gate_agent.drivers.arms.guard.lines.WorldLine`. It runs in the process of the
park or of a test: a gate and its guard can be stopped and killed while the lines and their trace
live.
"""

import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import NamedTuple

_MESSAGE = 256
_JOIN_S = 5.0


def lines_at(pins: Path) -> Path:
    """Return the path of the relays' lines of the board whose other pins are at `pins`."""
    return pins.with_name(f"{pins.name}.lines")


class Edge(NamedTuple):
    """A line changed its level. `at_s`: monotonic, by whoever drives the line."""

    at_s: float
    line: int
    level: bool


class LineServer:
    """Listens at `path`. `on_driven` is given each claimed line, its level and the time of the
    change (monotonic, s), in this server's thread.

    When the owner of a line ends, the line keeps its level, as with a Raspberry Pi's kernel; with
    `drops` it falls low, as with a mainline kernel.
    """

    def __init__(
        self,
        path: Path,
        on_driven: Callable[[int, bool, float], None] | None = None,
        *,
        drops: bool,
    ) -> None:
        self._path = path
        self._on_driven = on_driven
        self._drops = drops
        self._lock = Lock()
        self._levels: dict[int, bool] = {}
        self._trace: list[Edge] = []
        self._owners: dict[socket.socket, int] = {}
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._bell, self._ring = socket.socketpair()
        self._thread = Thread(target=self._run, name=f"lines at {path.name}", daemon=True)

    def start(self) -> None:
        """Listen; an old socket there is removed."""
        self._path.unlink(missing_ok=True)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        if self._thread.is_alive():
            self._ring.send(b".")
            self._thread.join(_JOIN_S)
        for end in (*self._owners, self._listener, self._bell, self._ring):
            end.close()
        self._owners.clear()
        self._selector.close()
        self._path.unlink(missing_ok=True)

    @property
    def trace(self) -> list[Edge]:
        """Every change of a level so far, and each line's first."""
        with self._lock:
            return list(self._trace)

    def level(self, line: int) -> bool | None:
        """Return the level as it was driven last; None if it never was."""
        with self._lock:
            return self._levels.get(line)

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._bell:
                    return
                if key.fileobj is self._listener:
                    peer, _ = self._listener.accept()
                    self._selector.register(peer, selectors.EVENT_READ)
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._serve(key.fileobj)

    def _serve(self, peer: socket.socket) -> None:
        try:
            self._obey(peer, peer.recv(_MESSAGE).split())
        except OSError:
            self._gone(peer)  # killed between its message and our answer

    def _obey(self, peer: socket.socket, words: list[bytes]) -> None:
        match words:
            case [b"claim", line, (b"0" | b"1") as level] if line.isdigit():
                if int(line) in self._owners.values():
                    peer.send(b"busy")
                    return
                self._owners[peer] = int(line)
                self._set(int(line), level == b"1", monotonic())
                peer.send(b"ok")
            case [b"pin", line, (b"0" | b"1") as level, at_ns] if line.isdigit():
                if self._owners.get(peer) == int(line):
                    self._set(int(line), level == b"1", int(at_ns) / 1e9)
            case _:
                self._gone(peer)

    def _gone(self, peer: socket.socket) -> None:
        self._selector.unregister(peer)
        peer.close()
        freed = self._owners.pop(peer, None)
        if freed is not None and self._drops:
            self._set(freed, False, monotonic())

    def _set(self, line: int, level: bool, at_s: float) -> None:
        with self._lock:
            if self._levels.get(line) is level:
                return
            self._levels[line] = level
            self._trace.append(Edge(at_s, line, level))
        if self._on_driven is not None:
            self._on_driven(line, level, at_s)
