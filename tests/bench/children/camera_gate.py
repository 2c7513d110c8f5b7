"""A gate as `gate-agent run` runs it, whose camera is a file: `camera_gate.py GATE_TOML`.

The file holds one frame as a V4L2 camera leaves it in its buffer, YUYV, 2 bytes a pixel. It is read
15 times a second and turned into colours by OpenCV, as its V4L2 part does with such a camera's.
"""

import sys
from pathlib import Path
from threading import Event

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_agent.config.load import load
from gate_agent.config.settings import CameraSettings
from gate_agent.daemon import Daemon
from gate_agent.errors import DriverFault

FRAME_S = 1 / 15


class FileFrames:
    """Implements `gate_agent.drivers.camera.camera.Frames`."""

    def __init__(self, settings: CameraSettings) -> None:
        self._path = Path(settings.device)
        self._shape = (settings.height, settings.width, 2)

    def open(self) -> None: ...
    def close(self) -> None: ...

    def read(self) -> NDArray[np.uint8]:
        """The frame in the file. Raises DriverFault if there is none."""
        Event().wait(FRAME_S)
        try:
            raw = np.fromfile(self._path, dtype=np.uint8).reshape(self._shape)
        except (OSError, ValueError) as error:
            raise DriverFault(f"cannot read {self._path}: {error}") from error
        return np.asarray(cv2.cvtColor(raw, cv2.COLOR_YUV2BGR_YUYV), dtype=np.uint8)


if __name__ == "__main__":
    Daemon(load(Path(sys.argv[1])), frames=FileFrames).run()
