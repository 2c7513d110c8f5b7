"""Pictures that a visitor could hold up to do harm: none of them may raise, hang or be misread."""

import random
from collections.abc import Iterator

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
HEIGHT, WIDTH = 480, 640


def symbol(code: segno.QRCode, scale: int = 4, border: int = 4) -> Grey:
    """A symbol as it is printed."""
    dark = np.pad(np.array([list(row) for row in code.matrix], dtype=np.bool_), border)
    fine = np.kron(dark, np.ones((scale, scale), dtype=np.bool_))
    return np.where(fine, 0, 255).astype(np.uint8)


def tiled(tile: Grey) -> Grey:
    """A frame full of it."""
    times = (HEIGHT // tile.shape[0] + 1, WIDTH // tile.shape[1] + 1)
    return np.ascontiguousarray(np.tile(tile, times)[:HEIGHT, :WIDTH])


def finder(scale: int) -> Grey:
    """A finder pattern with its light border."""
    dark = np.zeros((9, 9), dtype=np.bool_)
    dark[1:8, 1:8], dark[2:7, 2:7], dark[3:6, 3:6] = True, False, True
    return np.where(np.kron(dark, np.ones((scale, scale), dtype=np.bool_)), 0, 255).astype(np.uint8)


def frames(seed: int = 1) -> Iterator[tuple[str, Grey]]:
    """Name and frame of 640 × 480. None of them holds a code that can be read."""
    noise = np.random.default_rng(seed)
    rng = random.Random(seed)
    size = (HEIGHT, WIDTH)
    yield "black", np.zeros(size, dtype=np.uint8)
    yield "white", np.full(size, 255, dtype=np.uint8)
    yield "noise", noise.integers(0, 256, size, dtype=np.uint8)
    for sigma in (1.0, 1.5, 2.0, 3.0, 5.0):
        soft = np.asarray(cv2.GaussianBlur(noise.normal(0, 1, size), (0, 0), sigma), np.float64)
        yield f"blots {sigma}", np.where(soft > 0, 255, 0).astype(np.uint8)
        soft = 128 + 60 * soft / float(np.std(soft))
        yield f"clouds {sigma}", np.clip(soft, 0, 255).astype(np.uint8)
    for scale in (1, 2, 3, 5, 8):
        yield f"finders {scale}", tiled(finder(scale))
        check = np.kron(np.array([[0, 255], [255, 0]]), np.ones((scale, scale)))
        yield f"board {scale}", tiled(check.astype(np.uint8))
        modules = noise.integers(0, 2, (HEIGHT // scale + 1, WIDTH // scale + 1)) * 255
        fine = np.kron(modules, np.ones((scale, scale)))
        yield f"modules {scale}", np.ascontiguousarray(fine[:HEIGHT, :WIDTH]).astype(np.uint8)
    spoilt = tiled(finder(3)).copy()
    where = noise.random(size) < 0.1
    spoilt[where] = noise.integers(0, 256, int(where.sum()))
    yield "finders in noise", spoilt
    scattered = np.full(size, 255, dtype=np.uint8)
    for _ in range(400):
        one = finder(rng.randint(1, 3))
        y, x = rng.randrange(HEIGHT - len(one)), rng.randrange(WIDTH - len(one))
        scattered[y : y + len(one), x : x + len(one)] = one
    yield "scattered finders", scattered
    whole = segno.make_qr("A" * 50, error="l")
    for scale in (1, 2, 3, 6):
        broken = symbol(whole, 1, 2)
        part = broken[10:26, 10:26]
        part[noise.random(part.shape) < 0.5] ^= 255
        wide = np.kron(broken, np.ones((scale, scale), dtype=np.uint8))
        yield f"broken codes {scale}", tiled(wide.astype(np.uint8))
    large = symbol(segno.make_qr("7" * 3000, error="l"), 3, 2)
    large[140:300, 140:300] = noise.integers(0, 2, (160, 160)) * 255
    yield "a broken large code", np.ascontiguousarray(large[:HEIGHT, :WIDTH])
    beat = np.array([[0, 255, 0, 0, 0, 255, 0, 255, 255]], dtype=np.uint8)
    yield "stripes", tiled(np.kron(beat, np.ones((1, 2), dtype=np.uint8)))
    yield "beams", tiled(np.kron(beat.T, np.ones((2, 1), dtype=np.uint8)))
    yield (
        "fine grid",
        tiled(np.pad(np.zeros((5, 5), np.uint8), ((0, 2), (0, 2)), constant_values=255)),
    )
    y, x = np.mgrid[-HEIGHT // 2 : HEIGHT // 2, -WIDTH // 2 : WIDTH // 2]
    rings = 127 + 127 * np.sign(np.sin(np.hypot(y, x) / 2))
    yield "rings", rings.astype(np.uint8)
