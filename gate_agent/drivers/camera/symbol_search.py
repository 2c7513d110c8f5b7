"""Where a symbol lies that no library sees: finders by correlation, then three that fit together.

A library looks for runs of black and white in the proportions 1:1:3:1:1, which blur, noise and low
contrast break. Correlation with the whole pattern needs neither a threshold nor sharp edges; it is
blind to brightness and contrast, and the pattern averaged over all angles is blind to rotation.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.engines import Located
from gate_agent.drivers.camera.symbols.grid import Corners, Floats, Grey, sampled
from gate_agent.drivers.camera.symbols.layout import MAX_VERSION, side_of

NEAR = ((2, 1.25), (2, 1.6), (2, 2.0), (4, 1.25), (4, 1.6), (4, 2.0), (4, 2.5))
"""(how many times the picture is shrunk, pixels a module then): codes held as they should be."""

FAR = ((1, 1.25), (1, 1.6), (1, 2.0))
"""Small ones; five times the work."""

_BLUR = 0.4  # modules: of most pictures that nothing else has read
_FLOOR = 0.38
_FINDERS = 24
_TRIPLES = 12
_SYMBOLS = 3
_BY_CHANCE = 2.5  # standard deviations


_Peak = tuple[float, float, float, float, float]
"""A row of _Finders."""


class _Finders(NamedTuple):
    """Columns of equal length. `sign`: 1 dark on light, -1 light on dark."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    module_px: NDArray[np.float64]
    sign: NDArray[np.float64]
    likeness: NDArray[np.float64]


def search(grey: Grey, scales: tuple[tuple[int, float], ...] = NEAR) -> list[Located]:
    """Return where symbols may lie, likeliest first, at most three; each may turn out to be none.

    `scales`: NEAR, FAR, or rows like theirs.
    """
    finders = _finders(grey, scales)
    fits: list[tuple[float, Located]] = []
    for three in _triples(finders):
        fits += _versions(grey, finders, three)
    fits.sort(key=lambda rated: -rated[0])
    return [located for _, located in fits[:_SYMBOLS]]


@cache
def _pattern(module_px: float) -> Floats:
    """Draw a finder with half its border, averaged over all angles, a little out of focus."""
    reach, fine = int(np.ceil(4 * module_px)), 4
    line = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - (reach + 0.5)
    x, y = np.meshgrid(line, line)
    total = np.zeros_like(x)
    for angle in np.linspace(0, np.pi / 2, 6, endpoint=False):
        across, along = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        far = np.maximum(np.abs(across), np.abs(along)) / module_px
        total += np.select([far < 1.5, far < 2.5, far < 3.5, far < 4], [-1, 1, -1, 1], 0)
    soft = cv2.GaussianBlur(total.astype(np.float32), (0, 0), _BLUR * module_px * fine)
    size = (2 * reach + 1, 2 * reach + 1)
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_AREA))


def _finders(grey: Grey, scales: tuple[tuple[int, float], ...]) -> _Finders:
    """Return the likeliest finders, best first, at most _FINDERS."""
    peaks: list[_Peak] = []
    shrunk = {1: grey}
    for times, module_px in scales:
        if times not in shrunk:
            size = (grey.shape[1] // times, grey.shape[0] // times)
            if min(size) < 1:
                continue
            shrunk[times] = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
        peaks += _peaks(shrunk[times], times, module_px)
    peaks.sort(key=lambda peak: -peak[4])
    return _Finders(*np.array(_apart(peaks), dtype=np.float64).reshape(-1, 5).T)


def _peaks(grey: Grey, times: int, module_px: float) -> Iterator[_Peak]:
    """Yield where a picture that was shrunk so many `times` is most like a finder, both signs."""
    pattern = _pattern(module_px)
    reach = len(pattern) // 2
    if min(grey.shape) <= len(pattern):
        return
    like = cv2.matchTemplate(grey.astype(np.float32), pattern, cv2.TM_CCOEFF_NORMED)
    around = np.ones((2 * reach - 1, 2 * reach - 1), dtype=np.uint8)
    for sign in (1.0, -1.0):
        signed = np.asarray(like * sign)
        peaks = (signed >= cv2.dilate(signed, around)) & (signed > _FLOOR) & (signed <= 1.01)
        rank, columns = np.nonzero(peaks)
        best = np.argsort(-signed[rank, columns])[:_FINDERS]
        for y, x in zip(rank[best], columns[best], strict=True):
            at_x, at_y = ((x + reach + 0.5) * times - 0.5, (y + reach + 0.5) * times - 0.5)
            yield at_x, at_y, module_px * times, sign, float(signed[y, x])


def _apart(peaks: list[_Peak]) -> list[_Peak]:
    """Return the first _FINDERS peaks without those that lie on a better peak's finder."""
    finders: list[_Peak] = []
    for peak in peaks:
        apart = 3 * peak[2]
        if all(abs(peak[0] - x) + abs(peak[1] - y) > apart for x, y, *_ in finders):
            finders.append(peak)
            if len(finders) == _FINDERS:
                break
    return finders


def _triples(finders: _Finders) -> list[tuple[int, int, int]]:
    """Return threes (top left, top right, bottom left) with nearly a right angle between
    nearly equal legs, likeliest first."""
    count = len(finders.x)
    if count < 3:
        return []
    a, b, c = (np.ravel(axis) for axis in np.indices((count, count, count)))
    ux, uy = finders.x[b] - finders.x[a], finders.y[b] - finders.y[a]
    vx, vy = finders.x[c] - finders.x[a], finders.y[c] - finders.y[a]
    turn = ux * vy - uy * vx
    legs = np.hypot(ux, uy), np.hypot(vx, vy)
    sizes = np.stack([finders.module_px[a], finders.module_px[b], finders.module_px[c]])
    signs = finders.sign[a] + finders.sign[b] + finders.sign[c]
    short, long = np.minimum(*legs), np.maximum(*legs)
    with np.errstate(divide="ignore", invalid="ignore"):
        slant = np.abs(ux * vx + uy * vy) / (legs[0] * legs[1])
        uneven, spread = long / short, sizes.max(axis=0) / sizes.min(axis=0)
        modules = (legs[0] + legs[1]) / 2 / sizes.mean(axis=0)
        good = (turn > 0) & (np.abs(signs) == 3) & (spread < 2.1) & (uneven < 1.9) & (slant < 0.6)
        good &= (modules > 10) & (modules < 80)
    (which,) = np.nonzero(good)
    worth = (
        finders.likeness[a[which]] + finders.likeness[b[which]] + finders.likeness[c[which]]
        - slant[which] - 0.4 * (uneven[which] - 1) - 0.3 * (spread[which] - 1)
    )  # fmt: skip
    best = which[np.argsort(-worth)[:_TRIPLES]]
    return [(int(a[at]), int(b[at]), int(c[at])) for at in best]


def _versions(
    grey: Grey, finders: _Finders, three: tuple[int, int, int]
) -> list[tuple[float, Located]]:
    """Return how well the timing patterns between the finders are met, and where the symbol would
    lie: the best two of the versions that may be."""
    middles = np.array([(finders.x[at], finders.y[at]) for at in three])
    module_px = float(np.mean([finders.module_px[at] for at in three]))
    right, down = middles[1] - middles[0], middles[2] - middles[0]
    legs = (np.hypot(*right) + np.hypot(*down)) / 2 / module_px
    guess = (legs + 7 - 17) / 4
    low, high = (int(edge) for edge in np.clip((guess * 0.7 - 1, guess * 1.35 + 2), 1, MAX_VERSION))
    fits = []
    for version in range(low, high + 1):
        at = _corners(middles[0], right, down, side_of(version))
        met = _met(grey, at, version) * float(finders.sign[three[0]])
        if met * np.sqrt(2 * (side_of(version) - 16)) > _BY_CHANCE:
            fits.append((met, Located(at, version)))
    return sorted(fits, key=lambda rated: -rated[0])[:2]


def _corners(
    first: NDArray[np.float64], right: NDArray[np.float64], down: NDArray[np.float64], side: int
) -> Corners:
    across, along = right / (side - 7), down / (side - 7)
    start = first - 3.5 * (across + along)
    end = start + side * (across + along)
    return np.array([start, start + side * across, end, start + side * along], dtype=np.float32)


def _met(grey: Grey, corners: Corners, version: int) -> float:
    """Return how far the timing modules stand apart, dark from light, in their own standard
    deviations: 1 is perfect, -1 the same inverted, 0 chance. It is what finders cannot
    give by chance."""
    side = side_of(version)
    line = np.arange(8, side - 8)
    along, six = line + 0.5, np.full(len(line), 6.5)
    places = np.stack([np.stack([along, six], axis=1), np.stack([six, along], axis=1)])
    levels = sampled(grey, corners, side, places)
    levels = levels - levels.mean(axis=1, keepdims=True)
    colours = np.where(line % 2 == 0, -1.0, 1.0)
    met = (levels @ colours) / len(line) / np.maximum(levels.std(axis=1), 1.0)
    weaker, stronger = sorted(abs(float(edge)) for edge in met)
    return (weaker + 0.3 * stronger) / 1.3 * float(np.sign(met.sum()))
