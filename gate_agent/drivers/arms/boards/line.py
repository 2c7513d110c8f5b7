"""The line to a turnstile's board: a serial one, or TCP for Modbus."""

import socket
from pathlib import Path
from time import monotonic

from serial import Serial

_CONNECT_S = 2.0
_STEP_S = 0.02


class BoardLine:
    """Opened by its maker. Raises OSError (pyserial's own error is one)."""

    def __init__(self, path: str, baud: int) -> None:
        self._serial: Serial | None = None
        self._socket: socket.socket | None = None
        if path.startswith("/"):
            self._serial = Serial(str(Path(path)), baud, timeout=_STEP_S, exclusive=True)
        else:
            host, _, port = path.rpartition(":")
            self._socket = socket.create_connection((host, int(port)), _CONNECT_S)
            self._socket.settimeout(_STEP_S)

    def send(self, data: bytes) -> None:
        """All of it."""
        if self._serial is not None:
            self._serial.write(data)
        elif self._socket is not None:
            self._socket.sendall(data)

    def receive(self) -> bytes:
        """What has come; empty after 20 ms of silence."""
        if self._serial is not None:
            return bytes(self._serial.read(max(1, self._serial.in_waiting)))
        assert self._socket is not None
        try:
            data = self._socket.recv(4096)
        except TimeoutError:
            return b""
        if not data:
            raise ConnectionResetError("the board has closed the connection")
        return data

    def drain(self, longest_s: float = 0.1) -> None:
        """Forget what is still on the way."""
        end_s = monotonic() + longest_s
        while self.receive() and monotonic() < end_s:
            pass

    def close(self) -> None:
        """Safe to call twice."""
        for one in (self._serial, self._socket):
            if one is not None:
                one.close()
