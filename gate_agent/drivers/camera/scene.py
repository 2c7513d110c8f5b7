"""Has the picture changed, and where? Looking is a hundred times cheaper than reading."""

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL = (64, 48)
_LEVELS = 14
"""A block's mean must move by so many grey levels: ten times what a camera's noise does to it."""


class Scene:
    """Compares each picture with the one at the last change, so that slow changes add up."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._moved: NDArray[np.uint8] | None = None

    def changed(self, grey: NDArray[np.uint8]) -> bool:
        """Return whether this is the first picture, or differs from that at the last change."""
        small = np.asarray(cv2.resize(grey, _SMALL, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        if self._last is not None:
            apart = np.asarray(cv2.absdiff(small, self._last), dtype=np.uint8)
            if int(apart.max()) < _LEVELS:
                return False
            self._moved = apart
        self._last = small
        return True

    def middle(self, grey: NDArray[np.uint8]) -> tuple[float, float] | None:
        """Return the middle of what moved last, (x, y) in pixels of `grey`; None before that."""
        if self._moved is None:
            return None
        rows, columns = np.nonzero(self._moved >= _LEVELS)
        wide, high = grey.shape[1] / _SMALL[0], grey.shape[0] / _SMALL[1]
        return float(np.median(columns) + 0.5) * wide, float(np.median(rows) + 0.5) * high
