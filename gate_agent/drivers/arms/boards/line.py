"""The line to a turnstile's board: a serial one, or TCP for Modbus."""

import socket
from pathlib import Path
from time import monotonic

from serial import Serial

_CONNECT_S = 2.0
_STEP_S = 0.02


class BoardLine:
    """A line to `path`, a serial device at `baud` or HOST:PORT. Raises OSError if it cannot be
    opened (pyserial's own error is one)."""

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
        """Send all of `data`. Raise OSError."""
        if self._serial is not None:
            self._serial.write(data)
        elif self._socket is not None:
            self._socket.sendall(data)

    def receive(self) -> bytes:
        """Return the bytes that have come; none after 20 ms of silence. Raise OSError."""
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
        """Drop the bytes that are still on the way, for at most `longest_s`."""
        end_s = monotonic() + longest_s
        while self.receive() and monotonic() < end_s:
            pass

    def close(self) -> None:
        """Close the line. Safe to call twice."""
        for line in (self._serial, self._socket):
            if line is not None:
                line.close()
