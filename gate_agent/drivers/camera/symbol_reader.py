"""Symbols that were seen but not read: repaired from one picture, or from several of the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gate_agent.drivers.camera.engines import Located, read_drawn
from gate_agent.drivers.camera.symbols.grid import BENT, CURLED, FLAT, Corners, Grey, fit, modules
from gate_agent.drivers.camera.symbols.layout import MAX_VERSION, layout
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
        """Somebody else stands there."""
        self._sums.clear()

    def add(self, soft: Soft, version: int, now_ms: float) -> Soft | None:
        """One more sight; the sum of all of this symbol, or None if it is the first."""
        seen = np.clip(soft, -1, 1)
        self._sums = {
            number: kept
            for number, sums in self._sums.items()
            if (kept := [one for one in sums if now_ms - one.at_ms <= TOGETHER_MS])
        }
        sums = self._sums.setdefault(version, [])
        before = next((one for one in sums if one.agrees(seen)), None)
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
        """The newest stays: it may be the first sight of the next visitor's symbol."""
        older = [
            (one.sights, one.at_ms, number, at)
            for number, sums in self._sums.items()
            for at, one in enumerate(sums)
            if one is not newest
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
    """The text of a symbol that was seen there; empty if it cannot be repaired.

    `thorough`: also as the versions next to the one that was seen. `votes`: what was seen in the
    frames before. `go_on`: asked before each step; once it says no, the repair is given up.
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
    for soft, version in _sights(grey, corners, versions, go_on):
        plan = layout(version)
        summed = votes.add(soft, version, now_ms) if votes is not None else None
        for one in (soft, summed):
            mended = repair(one, plan) if one is not None and go_on() else None
            if mended is not None:
                texts = read_drawn(mended.modules)
                if texts:
                    return texts
    return []


def _sights(
    grey: Grey, corners: Corners, versions: list[int], go_on: Callable[[], bool]
) -> Iterator[tuple[Soft, int]]:
    for version in versions:
        if not 1 <= version <= MAX_VERSION:
            continue
        if not go_on():
            return
        plan = layout(version)
        found = fit(grey, corners, plan)
        if found is None:
            continue
        error = np.inf
        for bends in (FLAT, BENT, CURLED):
            if not go_on():
                return
            soft, error = modules(found, plan, bends)
            if error <= (HOPELESS if bends else UNSURE):
                yield soft, version
        if error <= UNSURE:
            return
