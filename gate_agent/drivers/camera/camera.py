"""A camera that reads codes. It may be unplugged and come back at any time."""

from time import monotonic
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gate_agent.config.settings import CameraSettings
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.presentations import Presentations
from gate_agent.drivers.camera.reader import Reader
from gate_agent.drivers.camera.v4l2 import V4l2Frames
from gate_agent.drivers.worker import Worker
from gate_agent.events import Scanned
from gate_agent.ports import Put

__all__ = ["Camera", "Frames", "V4l2Frames"]

_JOIN_S = 12.0  # a frame that does not come is given up after 10 s by the kernel interface


class Frames(Protocol):
    """Where pictures come from."""

    def open(self) -> None:
        """Open the camera. Raises DriverFault if that fails."""
        ...

    def read(self) -> NDArray[np.uint8]:
        """Return the next picture, height × width × 3 blue-green-red, as fast as the camera takes
        them. Raises DriverFault if the camera is gone."""
        ...

    def close(self) -> None:
        """Give the camera back. Safe to call twice."""
        ...


class Camera:
    """Implements `gate_agent.ports.Device`: puts `Scanned` once for each presentation."""

    def __init__(self, lane: int, settings: CameraSettings, frames: Frames | None = None) -> None:
        self._lane = lane
        self._frames = V4l2Frames(settings) if frames is None else frames
        self._presentations = Presentations()
        self._reader = Reader()
        self._worker = Worker(f"camera {lane}", self._session, join_s=_JOIN_S)

    def start(self, put: Put) -> None:
        """Open the camera and read it, in a thread of its own."""
        self._worker.start(put)

    def stop(self) -> None:
        """Close the camera."""
        self._worker.stop()

    def look(self, frame: NDArray[np.uint8], now_ms: float) -> list[bytes]:
        """Return the codes whose presentation begins with this picture.

        `frame`: as `grey_of` takes it. `now_ms`: monotonic.
        """
        grey = grey_of(frame)
        if not grey.size:
            return []
        texts, changed = self._reader.look(grey, now_ms)
        if changed:
            self._presentations.moved()
        elif not texts:
            self._presentations.unchanged(now_ms)
        return self._presentations.seen(texts, now_ms)

    def _session(self) -> None:
        try:
            self._frames.open()
            while not self._worker.is_stopping():
                # No name for the frame: it would be kept until there is the next one.
                codes = self.look(self._frames.read(), monotonic() * 1000)
                self._worker.report(None)
                for code in codes:
                    self._worker.put(Scanned(self._lane, code))
        finally:
            self._frames.close()
