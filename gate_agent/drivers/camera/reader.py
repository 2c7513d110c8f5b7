"""The live reader: a little work for every frame, the rest spread over the frames that follow.

A frame in which nothing moved costs a comparison. One that moved is read plainly and with the next
pass of a ladder; when a symbol was seen but not read, it is repaired, alone and together with its
sights in the frames before. What a frame may cost is bounded whatever is shown: a pass that would
be too much on so busy a picture is left out.
"""

from collections.abc import Callable
from time import thread_time

import numpy as np

from gate_agent.drivers.camera.engines import Located, PassResult
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


class _Frame:
    """A picture and what it has cost so far: CPU time (`plain_ms` of it for the plain pass) and
    `repairs`."""

    def __init__(self, grey: Grey, now_ms: float, cpu_s: Callable[[], float]) -> None:
        self.grey = grey
        self.now_ms = now_ms
        self.plain_ms = 0.0
        self.repairs = 0
        self._cpu_s = cpu_s
        self._start_s = cpu_s()

    def spent_ms(self) -> float:
        """Return the CPU time since the frame came, ms."""
        return (self._cpu_s() - self._start_s) * 1000


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
        """Return whether there is still something to try on an unchanged picture."""
        return self._left > 0

    def look(self, grey: Grey, now_ms: float) -> tuple[list[bytes], bool]:
        """Return the texts that this frame gave, and whether it differs from the frame before.

        No texts from an unchanged frame say nothing about what was read in it before. `now_ms`:
        monotonic.
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
        """Read plainly, then repair and try further passes as long as the frame may cost more."""
        frame = _Frame(grey, now_ms, self._cpu_s)
        result = PLAIN.read(grey)
        frame.plain_ms = frame.spent_ms()
        self._note(result, now_ms)
        while not result.texts:
            texts = self._repair(frame, result.located[:_REPAIRS])
            if texts or not self._has_room_for_next(frame):
                return texts
            result = self._next_pass(frame)
        return result.texts

    def _repair(self, frame: _Frame, sights: list[Located]) -> list[bytes]:
        for sight in sights:
            if frame.repairs == _REPAIRS or (frame.repairs and frame.spent_ms() >= MOST_MS):
                break
            frame.repairs += 1
            texts = repaired(
                frame.grey,
                sight,
                thorough=self._still and frame.spent_ms() < ENOUGH_MS,
                votes=self._votes,
                now_ms=frame.now_ms,
                go_on=lambda: frame.spent_ms() < REPAIR_MS,
            )
            if texts:
                return texts
        return []

    def _has_room_for_next(self, frame: _Frame) -> bool:
        """Return whether the next pass may begin on this frame. One that would cost too much loses
        its turn in this round."""
        is_awaited = frame.now_ms - self._seen_ms < _HERE_MS
        if not self._left or frame.spent_ms() >= (MOST_MS if is_awaited else ENOUGH_MS):
            return False
        is_search = _TURNS[self._turn] is None
        next_ms = _SEARCH_MS if is_search else frame.plain_ms * _TIMES_PLAIN
        if next_ms + frame.spent_ms() > WORST_MS:
            self._left -= 1
            return False
        return True

    def _next_pass(self, frame: _Frame) -> PassResult:
        turn = self._turn
        self._left -= 1
        self._turn = (turn + 1) % TURNS
        reading = _TURNS[turn]
        if reading is None:
            return PassResult(located=search(frame.grey))
        middle = self._middle or self._scene.middle(frame.grey)
        result = reading.read(frame.grey, LIVE_PIXELS, middle)
        self._note(result, frame.now_ms)
        if result.texts:
            self._turn = turn  # what helped this symbol will help the next
        return result

    def _note(self, result: PassResult, now_ms: float) -> None:
        """Remember where a library saw a symbol; our own search only guesses."""
        for sight in result.located[:1]:
            x, y = np.mean(sight.corners, axis=0)
            self._middle = float(x), float(y)
            self._seen_ms = now_ms
