"""A network that can be cut: a TCP relay between a gate and its broker."""

import socket
import time
from enum import Enum
from queue import Queue
from threading import Condition, Thread

_POLL_S = 0.5
_JOIN_S = 5.0
_UNDER_WAY = 1024


class _State(Enum):
    WHOLE = 1
    CUT = 2
    SILENT = 3
    CLOSED = 4


class CuttableProxy:
    """Listens on `address`:`port` and passes everything on to the target while it is whole.

    `cut()` drops every connection and refuses new ones; `silence()` keeps them all and lets
    nothing through, as a dead router does; `heal()` mends both, and what was held back in silence
    goes on. Whatever passes takes `delay_s`, in each direction.
    """

    def __init__(
        self,
        target_port: int,
        target_host: str = "127.0.0.1",
        delay_s: float = 0.0,
        address: str = "127.0.0.1",
    ) -> None:
        self._delay_s = delay_s
        self._target = (target_host, target_port)
        self._changed = Condition()
        self._state = _State.WHOLE
        self._sockets: set[socket.socket] = set()
        self._address = address
        self._listener = _listen(address, 0)
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, name=f"network {self.port}", daemon=True)
        self._thread.start()

    def __enter__(self) -> "CuttableProxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop everything for good. Safe to call twice."""
        self._become(_State.CLOSED)
        self._thread.join(_JOIN_S)

    def cut(self) -> None:
        """Reset connections and refuse new ones. Returns when the listener is gone."""
        self._become(_State.CUT)
        with self._changed:
            self._changed.wait_for(lambda: self._listener.fileno() < 0, _JOIN_S)

    def silence(self) -> None:
        """Let nothing through, and tell nobody."""
        self._become(_State.SILENT)

    def heal(self) -> None:
        """Let everything through as before. Returns when connections are taken again."""
        self._become(_State.WHOLE)
        with self._changed:
            self._changed.wait_for(lambda: self._listener.fileno() >= 0, _JOIN_S)

    @property
    def trouble(self) -> str:
        """ "cut" or "silent"; nothing while everything passes."""
        return self._state.name.lower() if self._state in (_State.CUT, _State.SILENT) else ""

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        with self._changed:
            return len(self._sockets) // 2

    def _become(self, state: _State) -> None:
        with self._changed:
            if self._state is _State.CLOSED:
                return
            self._state = state
            if state in (_State.CUT, _State.CLOSED):
                _shut(self._listener)
                for peer in self._sockets:
                    _shut(peer)
            self._changed.notify_all()

    def _accept(self) -> None:
        while True:
            with self._changed:
                if self._state in (_State.CUT, _State.CLOSED):
                    self._listener.close()
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: self._state is not _State.CUT)
                if self._state is _State.CLOSED:
                    self._listener.close()
                    return
                if self._listener.fileno() < 0:
                    self._listener = _listen(self._address, self.port)
                    self._changed.notify_all()
                listener = self._listener
            try:
                near, _ = listener.accept()
            except OSError:  # nobody came within the time-out, or the network was cut
                continue
            self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, timeout=_JOIN_S)
        except OSError:
            near.close()  # the broker is down: its own refusal, one hop later
            return
        with self._changed:
            for end in (near, far):
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets.add(end)
            if self._state in (_State.CUT, _State.CLOSED):
                _shut(near)
                _shut(far)
        for source, sink in ((near, far), (far, near)):
            Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        under_way: Queue[tuple[float, bytes]] = Queue(_UNDER_WAY)
        carrier = Thread(target=self._carry, args=(under_way, sink), daemon=True)
        carrier.start()
        try:
            while data := source.recv(1 << 16):
                under_way.put((time.monotonic() + self._delay_s, data))
        except OSError:
            pass  # cut, or one of the ends went away
        under_way.put((time.monotonic() + self._delay_s, b""))
        carrier.join()
        _shut(sink)
        with self._changed:
            self._sockets.discard(source)
        source.close()

    def _carry(self, under_way: "Queue[tuple[float, bytes]]", sink: socket.socket) -> None:
        """Deliver pieces until an empty one. Pieces that cannot be delivered any more are taken all
        the same."""
        broken = False
        while (piece := under_way.get())[1]:
            due_s, data = piece
            time.sleep(max(0.0, due_s - time.monotonic()))
            with self._changed:
                self._changed.wait_for(lambda: self._state is not _State.SILENT)
            try:
                if not broken:
                    sink.sendall(data)
            except OSError:
                broken = True


def _listen(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(64)
    listener.settimeout(_POLL_S)
    return listener


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it never was connected, or is gone
