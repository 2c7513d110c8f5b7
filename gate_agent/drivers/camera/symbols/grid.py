"""How dark each module of a located symbol is, from a picture in which it may be small, blurred,
bent or unevenly lit.

A symbol carries some 250 modules whose colour is known beforehand (finders, timing, alignment).
They are used three times: to fit the corners, to unbend paper, and to learn the linear filter that
undoes the blur of just this picture, as a modem learns its line from a preamble. A dark-mode screen
needs nothing of its own: the filter learns the sign as well.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.symbols.layout import Layout
from gate_agent.drivers.camera.symbols.repair import Soft

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]
Corners = NDArray[np.float32]
"""4 × (x, y): the symbol's top left, top right, bottom right, bottom left, pixels."""

_AROUND = 8.0  # modules that "locally" means
_QUIET_SD = 4.0  # grey levels: below this there is noise and no symbol
_STEPS = (1.0, 0.5, 0.25, 0.12)  # modules: how far corners are moved to try
_ROUNDS = 3
Bends = tuple[tuple[float, int], ...]
"""How paper is unbent, step after step: modules of a shift, modules that move together."""

FLAT: Bends = ()
BENT: Bends = ((0.5, 11), (0.5, 9), (0.25, 7))
CURLED: Bends = ((0.5, 15), (0.5, 13), *BENT)

_CHOOSY = 20.0
_STAY = 0.02
_SUB = 3  # samples along a module
_REACH = 4  # samples to each side that the filter sees
_PAD = 2  # modules of the quiet zone that are sampled too
_RIDGE = 0.01
_NO_DEPTH, _FAR = 1e-6, 30_000.0


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a symbol lies in `image`, the locally normalised picture, dark above 0.

    `score`: how well the known modules are met; 0 is chance, above 0.5 a symbol.
    """

    image: Floats
    corners: Corners
    score: float


def fit(grey: Grey, corners: Corners, plan: Layout) -> Fit | None:
    """Move the corners until the known modules are met best. None if the symbol is too small to be
    read.

    `corners`: in pixels of `grey`. Raises cv2.error where they are too wild for OpenCV.
    """
    near = _near(grey, corners, plan)
    if near is None:
        return None
    image, corners, module_px = near
    score = _scoring(image, plan)
    best = score(corners)
    if best < 0:
        image, best = -image, -best
        score = _scoring(image, plan)
    for step in _STEPS:
        for _ in range(_ROUNDS):
            corners, better = _moved(corners, step * module_px, best, score)
            if better == best:
                break
            best = better
    return Fit(image, corners, best)


def likeness(grey: Grey, corners: Corners, plan: Layout) -> float:
    """Return how well the known modules are met where the corners are, as in `Fit.score`."""
    try:
        near = _near(grey, corners, plan)
        return abs(_scoring(near[0], plan)(near[1])) if near is not None else 0.0
    except cv2.error:  # corners gone wild
        return 0.0


def _near(grey: Grey, corners: Corners, plan: Layout) -> tuple[Floats, Corners, float] | None:
    """Return the normalised picture round the symbol, the corners in it, and how many pixels a
    module has; None if the symbol is too small to be read."""
    low = np.maximum(np.floor(corners.min(axis=0) - 0.15 * np.ptp(corners, axis=0)), 0)
    high = np.ceil(corners.max(axis=0) + 0.15 * np.ptp(corners, axis=0)) + 1
    x, y = int(low[0]), int(low[1])
    part = grey[y : max(y, int(high[1])), x : max(x, int(high[0]))]
    corners = (corners - (x, y)).astype(np.float32)
    module_px = float(np.sqrt(abs(cv2.contourArea(corners)))) / plan.side
    if min(part.shape) < plan.side // 2 or module_px < 0.8:
        return None
    return _normalised(part, module_px), corners, module_px


def _scoring(image: Floats, plan: Layout) -> Callable[[Corners], float]:
    rows, columns = np.nonzero(plan.signs)
    places = np.stack([columns + 0.5, rows + 0.5], axis=1)
    signs = plan.signs[rows, columns].astype(np.float32)
    signs /= len(signs)
    return lambda at: float(signs @ sampled(image, at, plan.side, places))


def modules(place: Fit, plan: Layout, bends: Bends = FLAT) -> tuple[Soft, float]:
    """Return the modules, above 0 dark, and the root mean square error at those that are known.

    `bends`: how to unbend it first, which also trusts a module less among doubtful neighbours.
    Raises cv2.error or numpy's LinAlgError where the fit is too wild.
    """
    side = plan.side
    line = (np.arange((side + 2 * _PAD) * _SUB) + 0.5) / _SUB - _PAD
    places = np.stack(np.meshgrid(line, line), axis=-1)
    if bends:
        shift = np.pad(
            _unbending(place, plan, bends), ((_PAD, _PAD), (_PAD, _PAD), (0, 0)), mode="edge"
        )
        size = (len(line), len(line))
        places = places + cv2.resize(shift, size, interpolation=cv2.INTER_LINEAR)
    soft, error = _equalised(sampled(place.image, place.corners, side, places), plan)
    if bends:
        soft = soft * cv2.blur(np.minimum(np.abs(soft), 1), (3, 3))
    return soft, error


def _normalised(part: Grey, module_px: float) -> Floats:
    """Return how much darker each pixel is than its surroundings, in their standard deviations."""
    level = part.astype(np.float32)
    size = (int(module_px * _AROUND) | 1,) * 2
    mean = cv2.blur(level, size)
    variance = cv2.blur(level * level, size) - mean * mean
    return np.asarray((mean - level) / np.sqrt(np.maximum(variance, _QUIET_SD**2)))


def sampled(
    image: Floats | Grey, corners: Corners, side: int, places: NDArray[np.float64]
) -> Floats:
    """Return the picture at `places`, … × (x, y) in modules from the symbol's top left; the shape
    of the result is theirs without the last axis."""
    square = np.array([(0, 0), (side, 0), (side, side), (0, side)], dtype=np.float32)
    onto = cv2.getPerspectiveTransform(square, corners)
    points = places @ onto[:, :2].T + onto[:, 2]
    # Behind the eye of a fit gone wild: anywhere, but a number.
    depth = np.where(np.abs(points[..., 2]) < _NO_DEPTH, _NO_DEPTH, points[..., 2])
    at = np.clip(points[..., :2] / depth[..., None], -_FAR, _FAR).astype(np.float32)
    x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    levels = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(levels, dtype=np.float32).reshape(places.shape[:-1])


def _moved(
    corners: Corners, by: float, best: float, score: Callable[[Corners], float]
) -> tuple[Corners, float]:
    for corner in range(4):
        for axis in (0, 1):
            for step in (by, -by):
                tried = corners.copy()
                tried[corner, axis] += step
                value = score(tried)
                if value > best:
                    corners, best = tried, value
                    break
    return corners, best


def _unbending(place: Fit, plan: Layout, bends: Bends) -> NDArray[np.float64]:
    """Return for each module, side × side × (x, y), how far off the flat grid it lies, in modules.

    Neighbours move together to where modules are clearest; known ones must have their colour.
    """
    side = plan.side
    line = np.arange(side) + 0.5
    flat = np.stack(np.meshgrid(line, line), axis=-1)
    shift = np.zeros((side, side, 2))
    known = plan.signs.astype(np.float32)
    tries = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    for step, together in bends:
        size = (together, together)
        clear = []
        for x, y in tries:
            places = flat + shift + np.array((x, y)) * step
            levels = sampled(place.image, place.corners, side, places)
            value = np.where(known != 0, levels * known, np.abs(levels))
            kept = _STAY if x or y else 0.0
            clear.append(cv2.blur(value, size, borderType=cv2.BORDER_REFLECT) - kept)
        weight = np.exp((np.stack(clear) - np.max(clear, axis=0)) * _CHOOSY)
        weight /= weight.sum(axis=0)
        turn = np.einsum("tij,tk->ijk", weight, np.array(tries) * step)
        shift += cv2.blur(turn, size, borderType=cv2.BORDER_REFLECT)
    return shift


def _equalised(fine: Floats, plan: Layout) -> tuple[Soft, float]:
    """Learn the colour of a module from the samples round it by ridge regression over the known
    modules; return all modules, side × side, and the root mean square error at the known ones."""
    side = plan.side
    middles = (np.arange(side) + _PAD) * _SUB + _SUB // 2
    steps = range(-_REACH, _REACH + 1)
    seen = np.stack(
        [fine[np.ix_(middles + y, middles + x)].reshape(-1) for y in steps for x in steps]
        + [np.ones(side * side, dtype=np.float32)],
        axis=1,
    ).astype(np.float64)
    wanted = plan.signs.reshape(-1).astype(np.float64)
    known = wanted != 0
    samples, colours = seen[known], wanted[known]
    start = np.zeros(seen.shape[1])
    start[(2 * _REACH + 1) ** 2 // 2] = 0.8  # without other knowledge: the middle sample
    hold = _RIDGE * len(colours)
    square = samples.T @ samples + hold * np.eye(seen.shape[1])
    taps = np.linalg.solve(square, samples.T @ colours + hold * start)
    error = float(np.sqrt(np.mean((samples @ taps - colours) ** 2)))
    return (seen @ taps).reshape(side, side).astype(np.float32), error
