"""Ways to show a picture to the reader, and which part of it.

A plain pass reads three quarters of what can be read; the others are for what is small, blurred,
flat or uneven. Each is worth its cost somewhere: docs/adr/0018 has the figures.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from gate_agent.drivers.camera.engines import Located, PassResult, read
from gate_agent.drivers.camera.symbols.grid import Corners, Grey

LIVE_PIXELS = 1280 * 960
"""An enlarged view of a live frame has no more: that bounds time and memory."""


@dataclass(frozen=True, slots=True)
class Pass:
    """`scale`: how much the part is enlarged first. `prepare`: what is done to it then.
    `along_deg`: it is enlarged in this direction alone, counted from the horizontal."""

    name: str
    scale: float = 1.0
    prepare: Callable[[Grey], Grey] | None = None
    along_deg: float | None = None

    def read(
        self, grey: Grey, pixels: int | None = None, middle: tuple[float, float] | None = None
    ) -> PassResult:
        """Return what this pass reads and sees, with places in the whole picture.

        `pixels`: of the enlarged view at most; None: the whole picture. `middle`: of the part that
        is looked at if the whole would be too large, (x, y) in pixels.
        """
        part, x, y = _part(grey, self.scale, pixels, middle)
        if self.along_deg is not None:
            result = _read_stretched(part, self.scale, self.along_deg)
        else:
            shown = part if self.scale == 1 else resized(part, self.scale)
            result = read(shown if self.prepare is None else self.prepare(shown), self.scale)
        if x or y:
            by = np.array((x, y), dtype=np.float32)
            _move(result, lambda corners: corners + by)
        return result


def _read_stretched(grey: Grey, scale: float, along_deg: float) -> PassResult:
    """Read with one direction enlarged: a symbol seen from far aside lies flat in it."""
    height, width = grey.shape
    along = np.array((np.cos(np.deg2rad(along_deg)), np.sin(np.deg2rad(along_deg))))
    onto = np.eye(2) + (scale - 1) * np.outer(along, along)
    edges = np.array([(0, 0), (width, 0), (width, height), (0, height)]) @ onto.T
    low = edges.min(axis=0)
    wide, high = (int(size) for size in np.ceil(np.ptp(edges, axis=0)))
    shown = cv2.warpAffine(
        grey,
        np.column_stack([onto, -low]),
        (wide, high),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    result = read(np.asarray(shown, dtype=np.uint8))
    back = np.linalg.inv(onto).T
    _move(result, lambda corners: ((corners + low) @ back).astype(np.float32))
    return result


def _move(result: PassResult, moved: Callable[[Corners], Corners]) -> None:
    result.seen = [moved(corners) for corners in result.seen]
    result.located = [Located(moved(sight.corners), sight.version) for sight in result.located]


def resized(grey: Grey, scale: float) -> Grey:
    """Return the picture `scale` times as large: enlarged with a cubic, shrunk by the mean."""
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(grey, size, interpolation=how), dtype=np.uint8)


def _part(
    grey: Grey, scale: float, pixels: int | None, middle: tuple[float, float] | None
) -> tuple[Grey, int, int]:
    height, width = grey.shape
    if pixels is None or width * height * scale * scale <= pixels:
        return grey, 0, 0
    share = (pixels / (width * height * scale * scale)) ** 0.5
    high, wide = max(1, int(height * share)), max(1, int(width * share))
    at_x, at_y = middle if middle is not None else (width / 2, height / 2)
    x = int(min(max(at_x - wide / 2, 0), width - wide))
    y = int(min(max(at_y - high / 2, 0), height - high))
    return grey[y : y + high, x : x + wide], x, y


def _sharpened(grey: Grey, sigma: float = 4.0, by: float = 3.0) -> Grey:
    """Sharpen against blur: what a wide blur takes away is added several times over."""
    soft = cv2.GaussianBlur(grey, (0, 0), sigma)
    return np.asarray(cv2.addWeighted(grey, 1 + by, soft, -by, 0), dtype=np.uint8)


def _crisp(grey: Grey) -> Grey:
    return _sharpened(grey, 2.5, 1.5)


def _levelled(grey: Grey) -> Grey:
    """Make contrast equal in each part of the picture: dim screens, shade across the code."""
    return np.asarray(cv2.createCLAHE(3.0, (8, 8)).apply(grey), dtype=np.uint8)


def _local(grey: Grey) -> Grey:
    """Divide into black and white by each pixel's neighbourhood, against a lamp's reflection."""
    mean, binary = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY
    return np.asarray(cv2.adaptiveThreshold(grey, 255, mean, binary, 61, 3), dtype=np.uint8)


def _calmed(grey: Grey) -> Grey:
    """Blur against noise and fine moiré."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 2.0), dtype=np.uint8)


PLAIN = Pass("plain")

LIVE: tuple[Pass, ...] = (
    Pass("close", 3),
    Pass("sharpened", 2, _sharpened),
    Pass("doubled", 2),
    Pass("levelled", 2, _levelled),
    Pass("crisp", 2, _crisp),
)
"""After the plain pass, in turns; the most useful for their cost first."""

STRETCHED: tuple[Pass, ...] = (
    Pass("wide", 2, along_deg=0),
    Pass("high", 2, along_deg=90),
    Pass("falling", 2, along_deg=45),
    Pass("rising", 2, along_deg=135),
)
"""For a code that is held aslant or lies on a table: seen from aside, its modules are narrow."""

THOROUGH: tuple[Pass, ...] = (
    *LIVE,
    *STRETCHED,
    Pass("local", 2, _local),
    Pass("calmed", 2, _calmed),
    Pass("half", 0.5),
    Pass("sharp and close", 3, _sharpened),
)
"""Where time does not count."""
