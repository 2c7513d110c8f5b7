"""What light, lens, paper and hand do to a drawn picture before a camera sees it."""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""Height × width; grey levels, or places."""


def bent(
    x: Field, y: Field, side: int, bend: float, creases: int, rng: random.Random
) -> tuple[Field, Field, Field]:
    """Return where paper that is curled and creased is seen, and how bright it is there (1: as
    flat).

    `x`, `y`: places on the flat symbol, in modules, for each pixel. `bend`: modules.
    """
    shade = np.ones_like(x)
    middle = side / 2
    if bend > 0:
        wave, phase = rng.uniform(0.8, 1.6), rng.uniform(0.0, 2 * np.pi)
        lifted = np.sin((x - middle) / middle * wave + phase)
        y = y + np.float32(bend) * lifted
        x = x + np.float32(bend / 3) * np.cos((y - middle) / middle * wave + phase)
        shade = shade * (1 - np.float32(0.15) * (lifted + 1) / 2)
    for _ in range(creases):
        angle, off = rng.uniform(0.0, np.pi), rng.uniform(-0.5, 0.5) * middle
        across, along = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        away = across * (x - middle) + along * (y - middle) - np.float32(off)
        fold = np.float32(rng.uniform(-0.06, 0.06))
        x = x + across * np.abs(away) * fold
        y = y + along * np.abs(away) * fold
        dark = np.float32(rng.uniform(0.1, 0.45))
        shade = shade * (1 - dark * np.exp(-((away / np.float32(0.4)) ** 2)))
        shade = shade * np.where(away > 0, np.float32(1.0), np.float32(rng.uniform(0.75, 1.0)))
    return x.astype(np.float32), y.astype(np.float32), shade.astype(np.float32)


def moire(grey: Field, depth: float, fine: int, rng: random.Random) -> Field:
    """Add the beat of a screen's pixels with the sensor's, `fine` pixels of `grey` each."""
    angle, pitch = rng.uniform(0.0, np.pi), rng.uniform(2.2, 7.0) * fine
    rows, columns = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]].astype(np.float32)
    along = np.float32(np.cos(angle)) * columns + np.float32(np.sin(angle)) * rows
    wave = (1 + np.sin(along * np.float32(2 * np.pi / pitch))) / 2
    return np.asarray(grey * (1 - np.float32(depth) * wave), dtype=np.float32)


def smeared(grey: Field, length: float, angle_deg: float) -> Field:
    """Blur as a hand does that moves by `length` pixels while the shutter is open."""
    size = int(np.ceil(length)) * 2 + 3
    fine = 8
    kernel = np.zeros((size * fine, size * fine), dtype=np.uint8)
    middle, reach = size * fine / 2, length * fine / 2
    step = np.array([np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))]) * reach
    ends = [tuple(round(float(v)) for v in middle + sign * step) for sign in (-1, 1)]
    cv2.line(kernel, (ends[0][0], ends[0][1]), (ends[1][0], ends[1][1]), (255,), fine // 2)
    small = cv2.resize(kernel.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    kernel_of_one = np.asarray(small / max(float(small.sum()), 1e-6), dtype=np.float32)
    return np.asarray(cv2.filter2D(grey, -1, kernel_of_one), dtype=np.float32)
