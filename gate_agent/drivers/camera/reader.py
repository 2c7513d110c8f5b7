"""The live reader: a little work for every frame, the rest spread over the frames that follow.

A frame in which nothing moved costs a comparison. One that moved is read plainly and with the next
pass of a ladder; when a symbol was seen but not read, it is repaired, alone and together with its
sights in the frames before. What a frame may cost is bounded whatever is shown: a pass that would
be too much on so busy a picture is left out.
"""

from collections.abc import Callable
from time import thread_time

import numpy as np

from gate_agent.drivers.camera.engines import Found
from gate_agent.drivers.camera.passes import LIVE, LIVE_PIXELS, PLAIN, STRETCHED, Pass
from gate_agent.drivers.camera.scene import Scene
from gate_agent.drivers.camera.symbol_reader import Votes, repaired
from gate_agent.drivers.camera.symbol_search import search
from gate_agent.drivers.camera.symbols.grid import Grey

ENOUGH_MS = 12.0
"""CPU time after which no further pass is begun on a frame without a sign of a symbol: a crowd that
walks past all day must not take the core of the lane."""

MOST_MS = 50.0
"""The same while a symbol is in sight: somebody waits."""

WORST_MS = 100.0
"""A pass that is expected to bring a frame above this is left out."""

REPAIR_MS = 80.0
"""A repair that has brought a frame to this is given up before its next step."""

_SEARCH_MS = 45.0  # what our own search costs at most
_TIMES_PLAIN = 10.0  # what a pass costs at most, in plain passes
_HERE_MS = 400.0  # a sight keeps its place for so long
_REPAIRS = 2  # of one frame
_AGAIN = 4  # rounds over a picture that keeps still, while a symbol is in sight
_TURNS: tuple[Pass | None, ...] = (*LIVE, None, *STRETCHED)
TURNS = len(_TURNS)
"""A round: every pass of the ladder, our own search (None), and the views from aside."""


class Reader:
    """Reads a stream of frames. `cpu_s`: the CPU time of this thread."""

    def __init__(self, cpu_s: Callable[[], float] = thread_time) -> None:
        self._cpu_s = cpu_s
        self._scene = Scene()
        self._votes = Votes()
        self._turn = 0
        self._left = 0
        self._again = 0
        self._still = False
        self._middle: tuple[float, float] | None = None
        self._seen_ms = -_HERE_MS

    @property
    def busy(self) -> bool:
        """Whether there is still something to try on an unchanged picture."""
        return self._left > 0

    def look(self, grey: Grey, now_ms: float) -> tuple[list[bytes], bool]:
        """The texts that this frame gave, and whether it differs from the one before.

        No texts from an unchanged frame say nothing about what was read in it before.
        """
        changed = self._scene.changed(grey)
        self._still = not changed
        if changed:
            self._left, self._again = TURNS, _AGAIN
        elif not self._left and self._again and now_ms - self._seen_ms < _HERE_MS:
            # The sensor's noise is new in every frame, and sights add up.
            self._left, self._again = TURNS, self._again - 1
        if not self._left:
            return [], changed
        texts = self._read(grey, now_ms)
        if texts:
            # What was read need not be looked for again until something moves.
            self._left = self._again = 0
            self._votes.clear()
        return texts, changed

    def _read(self, grey: Grey, now_ms: float) -> list[bytes]:
        start_s = self._cpu_s()

        def spent_ms() -> float:
            return (self._cpu_s() - start_s) * 1000

        found = PLAIN.read(grey)
        plain_ms = spent_ms()
        self._note(found, now_ms)
        guessed = 0
        while not found.texts:
            for sight in found.located[:_REPAIRS]:
                if guessed < _REPAIRS and (not guessed or spent_ms() < MOST_MS):
                    guessed += 1
                    thorough = self._still and spent_ms() < ENOUGH_MS
                    texts = repaired(
                        grey,
                        sight,
                        thorough=thorough,
                        votes=self._votes,
                        now_ms=now_ms,
                        go_on=lambda: spent_ms() < REPAIR_MS,
                    )
                    if texts:
                        return texts
            waited_for = now_ms - self._seen_ms < _HERE_MS
            if not self._left or spent_ms() >= (MOST_MS if waited_for else ENOUGH_MS):
                return []
            searches = _TURNS[self._turn] is None
            next_ms = _SEARCH_MS if searches else plain_ms * _TIMES_PLAIN
            if next_ms + spent_ms() > WORST_MS:
                self._left -= 1
                return []
            found = self._next_pass(grey, now_ms)
        return found.texts

    def _next_pass(self, grey: Grey, now_ms: float) -> Found:
        turn = self._turn
        self._left -= 1
        self._turn = (turn + 1) % TURNS
        one = _TURNS[turn]
        if one is None:
            return Found(located=search(grey))
        found = one.read(grey, LIVE_PIXELS, self._middle or self._scene.middle(grey))
        self._note(found, now_ms)
        if found.texts:
            self._turn = turn  # what helped this one will help the next
        return found

    def _note(self, found: Found, now_ms: float) -> None:
        """A library's word that a symbol is there; our own search only guesses."""
        for sight in found.located[:1]:
            x, y = np.mean(sight.corners, axis=0)
            self._middle = float(x), float(y)
            self._seen_ms = now_ms
