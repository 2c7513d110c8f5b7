"""Pins whose other end is in another process.

`PinServer` lives in the gate's process and makes the pin factory that the drivers are given: what
they drive is reported, what they read is driven from outside. `PinClient` is the other end, in the
park's process. Between them runs a Unix socket with lines such as `pin 17 1`.

Nothing here listens to the environment: who wants imaginary pins has to construct them.
"""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

from gpiozero.exc import PinInvalidPin
from gpiozero.pins import PinInfo
from gpiozero.pins.mock import MockFactory, MockPin

LevelListener = Callable[[int, bool], None]
"""Told of a pin's number and its new level."""

_RECONNECT_S = 0.05
_POLL_S = 0.5
_JOIN_S = 5.0
_MAX_LINE = 64


class WorldPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin in memory with a world around it."""

    factory: "WorldFactory"

    def __init__(self, factory: "WorldFactory", info: PinInfo) -> None:
        super().__init__(factory, info)
        self.line = int(info.name.removeprefix("GPIO"))

    def _change_state(self, value: bool) -> bool:
        changed = bool(super()._change_state(value))
        if changed and self._function == "output":
            self.factory.driven(self.line, bool(value))
        return changed

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "output":
            self.factory.driven(self.line, bool(self._state))

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        level = self.factory.world.get(self.line)
        if level is not None:
            self.drive(level)

    def drive(self, level: bool) -> None:
        """Hold the line at `level`, stronger than any pull."""
        if self._function == "input":
            if level:
                self.drive_high()
            else:
                self.drive_low()


class WorldFactory(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """A pin factory that tells `on_driven` of every output; `drive` sets what inputs read."""

    def __init__(self, on_driven: LevelListener) -> None:
        super().__init__(revision="a02082", pin_class=WorldPin)
        self.world: dict[int, bool] = {}
        self.outputs: dict[int, bool] = {}
        self._on_driven = on_driven

    def driven(self, line: int, level: bool) -> None:
        """Report that a driver has put an output at `level`."""
        self.outputs[line] = level
        self._on_driven(line, level)

    def drive(self, line: int, level: bool) -> None:
        """Put a line at `level` from outside, now and whenever it becomes an input."""
        self.world[line] = level
        self.pin(line).drive(level)


class PinServer:
    """The gate's side. Serves one park at a time; a later one takes over."""

    def __init__(self, path: Path) -> None:
        self.factory = WorldFactory(self._report)
        self._path = path
        self._lock = Lock()
        self._peer: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name="pins", daemon=True)

    def start(self) -> None:
        """Listen at the path; an old socket there is removed."""
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._listener.listen(1)
        self._listener.settimeout(_POLL_S)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        self._stopping.set()
        _shut(self._peer)
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        if self._listener is not None:
            self._listener.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        assert self._listener is not None
        while not self._stopping.is_set():
            try:
                peer, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            peer.settimeout(None)
            with self._lock:
                self._peer = peer
                for line, level in self.factory.outputs.items():
                    _send(peer, line, level)
            try:
                for line, level in _lines(peer):
                    self.factory.drive(line, level)
            except PinInvalidPin:
                pass  # a park that is wired to another board: it finds the door closed
            with self._lock:
                self._peer = None
            peer.close()

    def _report(self, line: int, level: bool) -> None:
        with self._lock:
            if self._peer is not None:
                _send(self._peer, line, level)


class PinClient:
    """The park's side: keeps trying, so that a gate that was killed finds its world again.

    `on_driven` is called in a thread of its own for each output of the gate. When the gate's
    process dies its outputs keep their levels, as they do with a Raspberry Pi's kernel; with
    `drops` they fall low, as they do with a mainline kernel.
    """

    def __init__(self, path: Path, on_driven: LevelListener, *, drops: bool = False) -> None:
        self.connected = Flag()
        self._path = path
        self._on_driven = on_driven
        self._drops = drops
        self._world: dict[int, bool] = {}
        self._outputs: dict[int, bool] = {}
        self._lock = Lock()
        self._peer: socket.socket | None = None
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name=f"pins of {path.name}", daemon=True)

    def start(self) -> None:
        """Begin to look for the gate."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking. Safe to call twice."""
        self._stopping.set()
        _shut(self._peer)
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def drive(self, line: int, level: bool) -> None:
        """Hold a line of the gate at `level`, also after the gate has been started anew."""
        with self._lock:
            self._world[line] = level
            if self._peer is not None:
                _send(self._peer, line, level)

    def _run(self) -> None:
        while not self._stopping.is_set():
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                peer.connect(str(self._path))
            except OSError:
                peer.close()
                self._stopping.wait(_RECONNECT_S)
                continue
            self._talk(peer)
            if self._drops and not self._stopping.is_set():
                self._drop_outputs()

    def _talk(self, peer: socket.socket) -> None:
        """Tell the gate how the world's lines are, then follow its outputs until it is gone."""
        with self._lock:
            self._peer = peer
            for line, level in self._world.items():
                _send(peer, line, level)
        self.connected.set()
        for line, level in _lines(peer):
            self._outputs[line] = level
            self._on_driven(line, level)
        self.connected.clear()
        with self._lock:
            self._peer = None
        peer.close()

    def _drop_outputs(self) -> None:
        for line in [line for line, level in self._outputs.items() if level]:
            self._outputs[line] = False
            self._on_driven(line, False)


def _lines(peer: socket.socket) -> Iterator[tuple[int, bool]]:
    """Yield (pin, level) as they arrive, until the other end is gone or talks nonsense."""
    buffer = b""
    while True:
        line, end, rest = buffer.partition(b"\n")
        if not end:
            if len(buffer) > _MAX_LINE:
                return
            try:
                data = peer.recv(4096)
            except OSError:
                return
            if not data:
                return
            buffer += data
            continue
        buffer = rest
        match line.split():
            case [b"pin", number, (b"0" | b"1") as level] if number.isdigit():
                yield int(number), level == b"1"
            case _:
                return


def _send(peer: socket.socket, line: int, level: bool) -> None:
    try:
        peer.sendall(b"pin %d %d\n" % (line, level))
    except OSError:
        pass  # the reading side notices and cleans up


def _shut(peer: socket.socket | None) -> None:
    if peer is not None:
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # gone already
