"""A Video4Linux camera, through OpenCV."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_agent.config.settings import CameraSettings
from gate_agent.errors import DriverFault


class V4l2Frames:
    """Implements `gate_agent.drivers.camera.camera.Frames`."""

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._capture: cv2.VideoCapture | None = None

    def open(self) -> None:
        """Open the camera. Raises DriverFault if there is none or another process has it."""
        device = self._settings.device
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not capture.isOpened():
            capture.release()
            raise DriverFault(
                f"cannot open {device}: no camera there, or in use",
                "is the camera plugged in, and is this user in the group video?",
            )
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._settings.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._settings.height)
        # An old frame shows the visitor before.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._capture = capture

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next frame, height × width × 3 blue-green-red. Raises DriverFault if none
        comes."""
        if self._capture is not None:
            good, frame = self._capture.read()
            if good:
                return np.asarray(frame, dtype=np.uint8)
        raise DriverFault(
            f"cannot read {self._settings.device}: no picture came",
            "is the camera plugged in?",
        )

    def close(self) -> None:
        """Give the camera back. Safe to call twice."""
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()
