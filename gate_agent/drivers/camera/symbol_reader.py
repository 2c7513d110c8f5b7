"""Symbols that were seen but not read: repaired from one picture, or from several of the same."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gate_agent.drivers.camera.engines import Located, read_drawn
from gate_agent.drivers.camera.symbols.grid import (
    BENT,
    CURLED,
    FLAT,
    Corners,
    Fit,
    Grey,
    fit,
    modules,
)
from gate_agent.drivers.camera.symbols.layout import MAX_VERSION, Layout, layout
from gate_agent.drivers.camera.symbols.repair import Soft, repair

HOPELESS = 0.6
"""Where the known modules are missed by more, the place or the version is wrong."""

UNSURE = 0.4
TOGETHER_MS = 1000.0
"""Sights of a symbol that are further apart are not put together."""

_SAME = 0.7  # share of the certainty on which two sights must agree to be of one symbol
_MOST = 12.0  # sights that count
_SUMS = 4  # symbols that are kept in mind at the same time


@dataclass(slots=True)
class _Sum:
    soft: Soft
    sights: float
    at_ms: float

    def agrees(self, seen: Soft) -> bool:
        """Whether `seen` is a sight of the same symbol."""
        both = seen * self.soft
        return bool(both[both > 0].sum() >= _SAME * np.abs(both).sum())


class Votes:
    """Sights of one symbol, module by module, over the frames of a presentation.

    What disagrees begins a sum of its own: a doubtful sight does not end the sum of many.
    """

    def __init__(self) -> None:
        self._sums: dict[int, list[_Sum]] = {}

    def clear(self) -> None:
        """Forget all sights: the next visitor stands there."""
        self._sums.clear()

    def add(self, soft: Soft, version: int, now_ms: float) -> Soft | None:
        """Add a sight and return the mean of all of this symbol, or None if it is the first."""
        seen = np.clip(soft, -1, 1)
        self._sums = {
            number: recent
            for number, sums in self._sums.items()
            if (recent := [each for each in sums if now_ms - each.at_ms <= TOGETHER_MS])
        }
        sums = self._sums.setdefault(version, [])
        before = next((each for each in sums if each.agrees(seen)), None)
        if before is not None:
            fade = min(1.0, (_MOST - 1) / before.sights)
            before.soft = before.soft * fade + seen
            before.sights = before.sights * fade + 1
            before.at_ms = now_ms
            return before.soft / before.sights
        sums.append(_Sum(seen, 1.0, now_ms))
        if sum(map(len, self._sums.values())) > _SUMS:
            self._drop_weakest(sums[-1])
        return None

    def _drop_weakest(self, newest: _Sum) -> None:
        """Drop the sum of fewest sights but the newest, which may be the next visitor's symbol."""
        older = [
            (each.sights, each.at_ms, number, at)
            for number, sums in self._sums.items()
            for at, each in enumerate(sums)
            if each is not newest
        ]
        *_, number, at = min(older)
        del self._sums[number][at]


def repaired(
    grey: Grey,
    located: Located,
    *,
    thorough: bool,
    votes: Votes | None = None,
    now_ms: float = 0,
    go_on: Callable[[], bool] = lambda: True,
) -> list[bytes]:
    """Return the text of a symbol that was seen there; empty if it cannot be repaired.

    `thorough`: also as the versions next to the one that was seen. `votes`: what was seen in the
    frames before. `now_ms`: monotonic, of this frame. `go_on`: asked before each step; once it says
    no, it says no again, and the repair is given up.
    """
    versions = [located.version + step for step in ((0, 1, -1) if thorough else (0,))]
    try:
        return _repaired(grey, located.corners, versions, votes, now_ms, go_on)
    except (cv2.error, np.linalg.LinAlgError):
        return []  # a fit gone wild


def _repaired(
    grey: Grey,
    corners: Corners,
    versions: list[int],
    votes: Votes | None,
    now_ms: float,
    go_on: Callable[[], bool],
) -> list[bytes]:
    for soft, plan in _sights(grey, corners, versions, go_on):
        summed = votes.add(soft, plan.version, now_ms) if votes is not None else None
        for modules_seen in (soft, summed):
            if modules_seen is not None and go_on():
                texts = _texts_of(modules_seen, plan)
                if texts:
                    return texts
    return []


def _texts_of(soft: Soft, plan: Layout) -> list[bytes]:
    symbol = repair(soft, plan)
    return read_drawn(symbol.modules) if symbol is not None else []


def _sights(
    grey: Grey, corners: Corners, versions: list[int], go_on: Callable[[], bool]
) -> Iterator[tuple[Soft, Layout]]:
    """Yield the modules that a symbol of one of these versions would have there, likeliest first.
    A version whose known modules are well met ends the search."""
    for version in versions:
        if not 1 <= version <= MAX_VERSION:
            continue
        if not go_on():
            return
        plan = layout(version)
        place = fit(grey, corners, plan)
        error = (yield from _unbent(place, plan, go_on)) if place is not None else np.inf
        if error <= UNSURE:
            return


def _unbent(
    place: Fit, plan: Layout, go_on: Callable[[], bool]
) -> Generator[tuple[Soft, Layout], None, float]:
    """Yield the modules as they lie flat and on paper more and more bent, where the known modules
    are not missed by too much. Return the last error."""
    error = np.inf
    for bends in (FLAT, BENT, CURLED):
        if not go_on():
            break
        soft, error = modules(place, plan, bends)
        if error <= (HOPELESS if bends else UNSURE):
            yield soft, plan
    return error
