"""The simulated board's end of its line: a pseudo-terminal or a TCP port; what a bad line does."""

import os
import select
import socket
import tty
from collections.abc import Callable

_STEP_S = 0.005


class BoardWire:
    """`path`: what the gate opens."""

    def __init__(self, *, tcp: bool) -> None:
        self._tcp = tcp
        self._peer: socket.socket | None = None
        if tcp:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.path = f"127.0.0.1:{self._listener.getsockname()[1]}"
        else:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.path = os.ttyname(self._slave)

    def close(self) -> None:
        """Unplug the wire."""
        if self._tcp:
            self._listener.close()
            if self._peer is not None:
                self._peer.close()
        else:
            os.close(self._slave)
            os.close(self._master)

    def receive(self) -> bytes:
        """Return what the gate has sent; empty after 5 ms without a byte."""
        where: int | socket.socket = self._peer or self._listener if self._tcp else self._master
        ready, _, _ = select.select([where], [], [], _STEP_S)
        if not ready:
            return b""
        if not self._tcp:
            try:
                return os.read(self._master, 4096)
            except OSError:
                return b""
        if self._peer is None:
            self._peer, _ = self._listener.accept()
            return b""
        try:
            data = self._peer.recv(4096)
        except OSError:
            data = b""
        if not data:
            self._peer.close()
            self._peer = None
        return data

    def send(self, data: bytes) -> None:
        """Send to the gate. What nobody takes is lost, as on a line."""
        try:
            if not self._tcp:
                os.write(self._master, data)
            elif self._peer is not None:
                self._peer.sendall(data)
        except OSError:
            return  # the reading side notices and cleans up


LINE_FAULTS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "silence": lambda answer, _: b"",
    "half": lambda answer, _: answer[: len(answer) // 2],
    "check": lambda answer, _: answer[:-1] + bytes([answer[-1] ^ 0x55]),
    "address": lambda answer, _: bytes([answer[0] ^ 1]) + answer[1:],
    "garbage": lambda answer, _: b"\xff\x7f\x02\x00\xeb" * 3,
    "echo": lambda answer, heard: heard + answer,
}
"""What becomes of an answer, by the fault; the second argument is the command it answers."""
