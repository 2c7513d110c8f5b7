"""Has the picture changed? Looking is a hundred times cheaper than reading."""

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL = (64, 48)
_LEVELS = 14
"""A block's mean must move by so many grey levels: ten times what a camera's noise does to it."""


class Scene:
    """Compares each picture with the one at the last change, so that slow changes add up."""

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None

    def changed(self, grey: NDArray[np.uint8]) -> bool:
        """True for the first picture and for each that differs from the one at the last change."""
        small = cv2.resize(grey, _SMALL, interpolation=cv2.INTER_AREA).astype(np.int16)
        if self._last is not None and int(np.abs(small - self._last).max()) < _LEVELS:
            return False
        self._last = small
        return True
