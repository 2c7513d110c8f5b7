"""A camera whose pictures come from another process.

`CameraScene` is in the park's process and holds what the camera sees; `SocketFrames` is what the
gate's camera driver reads from. The gate asks with one byte and is answered with a length and so
many bytes of a JPEG or PNG picture; length 0 means "as before".
"""

import socket
import struct
from pathlib import Path
from threading import Condition, Thread

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_agent.errors import DriverFault

_LENGTH = struct.Struct("!I")
_MAX_BYTES = 16 << 20
_TIMEOUT_S = 5.0
_POLL_S = 0.5
_JOIN_S = 5.0


class CameraScene:
    """What the camera sees. A new picture reaches the gate at once, the same one every 1/`fps` s.

    `quality`: of the JPEG, 1 to 100; 0 sends PNG, pixel for pixel.
    """

    def __init__(self, path: Path, fps: float = 15.0, quality: int = 90) -> None:
        self._path = path
        self._interval_s = 1 / fps
        self._quality = quality
        self._changed = Condition()
        self._picture = b""
        self._number = 0
        self._sent = 0
        self._plugged = True
        self._stopping = False
        self._listener: socket.socket | None = None
        self._thread = Thread(target=self._run, name=f"camera {path.name}", daemon=True)

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
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        if self._listener is not None:
            self._listener.close()
        self._path.unlink(missing_ok=True)

    def show(self, frame: NDArray[np.uint8]) -> None:
        """Let the camera see this frame from now on."""
        if self._quality:
            good, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        else:
            good, data = cv2.imencode(".png", frame)
        assert good, "every frame can be encoded"
        with self._changed:
            self._picture = data.tobytes()
            self._number += 1
            self._changed.notify_all()

    def wait_sent(self, timeout_s: float) -> bool:
        """Wait until the gate has fetched the picture shown last; False if it does not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._sent == self._number, timeout_s)

    def unplug(self) -> None:
        """Pull the cable."""
        self._set_plugged(False)

    def plug(self) -> None:
        """Plug it in again."""
        self._set_plugged(True)

    def _set_plugged(self, plugged: bool) -> None:
        with self._changed:
            self._plugged = plugged
            self._changed.notify_all()

    def _ended(self) -> bool:
        return self._stopping or not self._plugged

    def _run(self) -> None:
        assert self._listener is not None
        while not self._stopping:
            try:
                peer, _ = self._listener.accept()
            except TimeoutError:
                continue
            with peer:
                peer.settimeout(_POLL_S)
                self._serve(peer)

    def _serve(self, peer: socket.socket) -> None:
        sent = 0
        while not self._ended():
            try:
                if not peer.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return
            with self._changed:
                if sent == self._number:
                    self._changed.wait(self._interval_s)
                if self._ended():
                    return
                picture = b"" if sent == self._number else self._picture
                number = self._number
            try:
                peer.sendall(_LENGTH.pack(len(picture)) + picture)
            except OSError:
                return
            sent = number
            with self._changed:
                self._sent = sent
                self._changed.notify_all()


class SocketFrames:
    """Implements `gate_agent.drivers.camera.camera.Frames` over a CameraScene's socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._peer: socket.socket | None = None
        self._frame = np.zeros((480, 640, 3), dtype=np.uint8)

    def open(self) -> None:
        """Connect. Raises DriverFault if the camera is not there."""
        self.close()
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(_TIMEOUT_S)
        try:
            peer.connect(str(self._path))
        except OSError as fault:
            peer.close()
            why = (fault.strerror or "no answer").lower()
            raise DriverFault(f"cannot open {self._path}: {why}") from fault
        self._peer = peer

    def read(self) -> NDArray[np.uint8]:
        """Return the next picture. Raises DriverFault if the camera is gone."""
        if self._peer is None:
            raise DriverFault(f"cannot read {self._path}: it is not open")
        try:
            self._peer.sendall(b"n")
            (length,) = _LENGTH.unpack(self._receive(self._peer, _LENGTH.size))
            data = self._receive(self._peer, min(length, _MAX_BYTES))
        except OSError as fault:
            raise DriverFault(f"cannot read {self._path}: no picture came") from fault
        if data:
            frame = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
            if frame is None:
                raise DriverFault(f"cannot read {self._path}: what came is no picture")
            self._frame = np.asarray(frame, dtype=np.uint8)
        return self._frame

    def close(self) -> None:
        """Disconnect. Safe to call twice."""
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.close()

    @staticmethod
    def _receive(peer: socket.socket, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            part = peer.recv(length - len(data))
            if not part:
                raise ConnectionResetError
            data += part
        return bytes(data)
