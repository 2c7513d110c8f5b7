"""How well a camera sees: for the technician who mounts it."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import cv2
import numpy as np

from gate_agent.drivers.camera.camera import Frames
from gate_agent.drivers.camera.pictures import grey_of
from gate_agent.drivers.camera.reader import Reader
from gate_agent.drivers.camera.symbols.grid import Grey

FRAMES = 30
DARK_LEVEL, BLOWN_LEVEL = 40, 250
"""Grey levels: a mean below the first is too dark, a pixel from the second on has nothing left."""

BLOWN_SHARE = 0.25
SOFT = 2.0
"""Sharpness below which a picture is out of focus, or shows nothing at all."""


@dataclass(frozen=True, slots=True)
class Sight:
    """`level`: mean grey, 0 to 255. `blown`: share of pixels at the top of the scale. `sharpness`:
    standard deviation of the Laplacian, grey levels; rises with focus, detail and noise."""

    width: int
    height: int
    fps: float
    level: float
    blown: float
    sharpness: float


def look(frames: Frames, clock_s: Callable[[], float] = monotonic) -> Sight:
    """Measure FRAMES frames of an open camera. Raises DriverFault if it gives none."""
    frames.read()  # the first waits for the camera to start
    start_s = clock_s()
    greys = [grey_of(frames.read()) for _ in range(FRAMES)]
    spent_s = max(clock_s() - start_s, 1e-6)
    last = greys[-1]
    return Sight(
        last.shape[1],
        last.shape[0],
        FRAMES / spent_s,
        float(np.mean(last)) if last.size else 0.0,
        float(np.mean(last >= BLOWN_LEVEL)) if last.size else 0.0,
        max(_sharpness(grey) for grey in greys[-5:]),
    )


def wait_for_code(
    frames: Frames, patience_s: float, clock_s: Callable[[], float] = monotonic
) -> tuple[int, float] | None:
    """Return how long the first code shown is, in bytes, and how many ms of frames it took from the
    first change of the picture; None if none came within `patience_s`. Raises DriverFault if the
    camera gives no frame."""
    reader, since_s = Reader(), clock_s()
    end_s = since_s + patience_s
    still = True
    while (now_s := clock_s()) < end_s:
        grey = grey_of(frames.read())
        if not grey.size:
            continue
        texts, changed = reader.look(grey, now_s * 1000)
        if changed and still:
            since_s = now_s
        still = not changed
        if texts:
            return len(texts[0]), (clock_s() - since_s) * 1000
    return None


def _sharpness(grey: Grey) -> float:
    if not grey.size:
        return 0.0
    return float(np.std(np.asarray(cv2.Laplacian(grey, cv2.CV_16S), dtype=np.float32)))
