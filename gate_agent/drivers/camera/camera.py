"""A camera that reads codes. It may be unplugged and come back at any time."""

from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gate_agent.config.settings import CameraSettings
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.presentations import Presentations
from gate_agent.drivers.camera.reader import Reader
from gate_agent.drivers.camera.v4l2 import V4l2Frames
from gate_agent.errors import DriverFault
from gate_agent.events import Event, Faulted, Recovered, Scanned
from gate_agent.ports import Put

__all__ = ["Camera", "Frames", "V4l2Frames"]

_REOPEN_S = 0.5  # between two tries; a returned camera must read within 3 s
_JOIN_S = 12.0  # a frame that does not come is given up after 10 s by the kernel interface


class Frames(Protocol):
    """Where pictures come from."""

    def open(self) -> None:
        """Raises DriverFault."""
        ...

    def read(self) -> NDArray[np.uint8]:
        """The next picture, as fast as the camera makes them. Raises DriverFault: it is gone."""
        ...

    def close(self) -> None:
        """Safe to call twice."""
        ...


class Camera:
    """Implements `gate_agent.ports.Device`: puts `Scanned` once for each presentation."""

    def __init__(self, lane: int, settings: CameraSettings, frames: Frames | None = None) -> None:
        self.device = f"camera {lane}"
        self._lane = lane
        self._frames = V4l2Frames(settings) if frames is None else frames
        self._presentations = Presentations()
        self._reader = Reader()
        self._put: Put = _drop
        self._stopping = Flag()
        self._thread: Thread | None = None

    def start(self, put: Put) -> None:
        """Open the camera and read it, in a thread of its own."""
        self._put = put
        self._stopping.clear()
        self._thread = Thread(target=self._run, name=self.device, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the camera."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(_JOIN_S)

    def look(self, frame: NDArray[np.uint8], now_ms: float) -> list[bytes]:
        """The codes whose presentation begins with this picture."""
        grey = grey_of(frame)
        if not grey.size:
            return []
        texts, changed = self._reader.look(grey, now_ms)
        if changed:
            self._presentations.moved()
        elif not texts:
            self._presentations.unchanged(now_ms)
        return self._presentations.seen(texts, now_ms)

    def _run(self) -> None:
        faulty = False
        while not self._stopping.is_set():
            try:
                self._frames.open()
                while not self._stopping.is_set():
                    # No name for the frame: it would be kept until there is the next one.
                    codes = self.look(self._frames.read(), monotonic() * 1000)
                    if faulty:
                        faulty = False
                        self._put(Recovered(self.device))
                    for code in codes:
                        self._put(Scanned(self._lane, code))
            except DriverFault as fault:
                if not faulty:
                    faulty = True
                    self._put(Faulted(self.device, str(fault)))
            finally:
                self._frames.close()
            self._stopping.wait(_REOPEN_S)


def _drop(_event: Event) -> None:
    """Before `start` there is nobody to tell."""
