"""QR codes out of pictures: the live reader's passes and more, as long as a person would wait."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from time import perf_counter, thread_time

import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.bounded import OutOfBounds, bounded
from gate_agent.drivers.camera.engines import Located, read_second
from gate_agent.drivers.camera.passes import PLAIN, THOROUGH, resized
from gate_agent.drivers.camera.pictures import greys_of, read_picture, shrunk
from gate_agent.drivers.camera.symbol_reader import repaired
from gate_agent.drivers.camera.symbol_search import FAR, NEAR, search
from gate_agent.drivers.camera.symbols.grid import Grey, likeness
from gate_agent.drivers.camera.symbols.layout import layout
from gate_agent.errors import DriverFault

MAX_SIDE = 1280
"""Larger pictures are shrunk for the first passes: a symbol that fills a phone's camera does not
need its twelve megapixels, and the passes stay within a fraction of a second."""

MAX_FULL_SIDE = 4096
ENOUGH_S = 1.5
"""CPU time after which no further pass is begun: a picture full of finders, which costs a library
a minute, is a wallpaper."""

FILE_MEMORY_BYTES = 200 << 20
"""What a picture file may take beside the program itself."""

FILE_CPU_S = 2

_TILE, _SHARED = 1024, 384
"""A full picture is read in squares, and how much of their edges neighbours share: what is too
large for that is large enough to be read in the shrunk picture."""

_TIMES_PLAIN = 5.0  # what a pass over an enlarged view costs at most, in plain passes
_SECOND_S = 0.1  # zbar's own time on a busy picture cannot be told beforehand; it follows the plain
_REPAIRS = 8  # a picture full of broken symbols is a poster
_SYMBOLS = 16  # of which the likeliest are repaired
_SIGHTS = 6  # of one symbol
_NEAR = 0.1  # shares of its size that two sights of one symbol may differ by

_May = Callable[..., bool]
"""Whether a step that costs so many seconds, by default none that count, may still begin."""


@dataclass(slots=True)
class _View:
    """One way to see the picture. `grey`: `whole`, shrunk. `plain_s`: what a plain pass over it
    costs. `symbols`: for each that was seen but not read how well it is met, and where, best first:
    a repair begins at a place, and may succeed from one of two that hardly differ."""

    whole: Grey
    grey: Grey
    plain_s: float = 0.0
    symbols: list[list[tuple[float, Located]]] = field(default_factory=list)


def texts_in(
    image: NDArray[np.generic], *, cpu_s: Callable[[], float] = thread_time, spent_s: float = 0.0
) -> list[bytes]:
    """Return the texts of the QR codes in any picture; empty if none can be read.

    `image`: height × width (× 1, 3 blue-green-red, or 4 with alpha). Byte for byte what the symbols
    carry. A symbol that is part of a series has no text of its own. `cpu_s`: the CPU time of this
    thread. `spent_s`: what the picture has cost of it already.
    """
    start_s = cpu_s() - spent_s

    def may(cost_s: float = 0.0) -> bool:
        return cpu_s() - start_s + cost_s <= ENOUGH_S

    views = [_View(whole, shrunk(whole, MAX_SIDE)) for whole in greys_of(image)]
    for view in views:
        before_s = cpu_s()
        result = PLAIN.read(view.grey)
        view.plain_s = cpu_s() - before_s
        if result.texts:
            return result.texts
        _note(view, result.located)
    for step in (_in_squares, _in_passes, _by_repair, _by_second_opinion):
        for view in views:
            texts = step(view, may)
            if texts:
                return texts
    return []


def decode_file(path: Path) -> tuple[list[bytes], float]:
    """Return the texts in a picture file, and how many ms the search took.

    The file is opened and read in a child process within FILE_MEMORY_BYTES and FILE_CPU_S. Raises
    DriverFault if it holds no picture that can be read within them.
    """

    def work() -> bytes:
        before_s = thread_time()
        try:
            image = read_picture(path)
        except DriverFault as fault:
            return json.dumps({"fault": str(fault), "hint": fault.hint}).encode()
        start_s, spent_s = perf_counter(), thread_time() - before_s
        texts = [text.decode("latin-1") for text in texts_in(image, spent_s=spent_s)]
        return json.dumps({"texts": texts, "ms": (perf_counter() - start_s) * 1000}).encode()

    try:
        answer = json.loads(bounded(work, memory_bytes=FILE_MEMORY_BYTES, cpu_s=FILE_CPU_S))
    except OutOfBounds as why:
        raise DriverFault(
            f"cannot read {path}: {why}", "save it as a smaller picture", transient=False
        ) from why
    if "fault" in answer:
        raise DriverFault(answer["fault"], answer["hint"], transient=False)
    return [text.encode("latin-1") for text in answer["texts"]], answer["ms"]


def _in_squares(view: _View, may: _May) -> list[bytes]:
    """Return what the plain pass reads in a picture that was shrunk, taken as large as it is."""
    if view.whole.shape == view.grey.shape:
        return []
    texts: dict[bytes, None] = {}
    for square in _squares(shrunk(view.whole, MAX_FULL_SIDE)):
        if not may(view.plain_s):
            break
        texts |= dict.fromkeys(PLAIN.read(square).texts)
    return list(texts)


def _squares(grey: Grey) -> Iterator[Grey]:
    step = _TILE - _SHARED
    for y in range(0, max(1, grey.shape[0] - _SHARED), step):
        for x in range(0, max(1, grey.shape[1] - _SHARED), step):
            yield grey[y : y + _TILE, x : x + _TILE]


def _in_passes(view: _View, may: _May) -> list[bytes]:
    for reading in THOROUGH:
        if may(view.plain_s * (_TIMES_PLAIN if reading.scale > 1 else 1)):
            result = reading.read(view.grey)
            if result.texts:
                return result.texts
            _note(view, result.located)
    return []


def _by_repair(view: _View, may: _May) -> list[bytes]:
    view.symbols.sort(key=lambda sights: -sights[0][0])
    symbols = view.symbols[:_REPAIRS]
    for rank, sights in enumerate(zip_longest(*symbols)):  # the best of each, then the second
        for _, sight in filter(None, sights):
            texts = repaired(view.grey, sight, thorough=rank == 0, go_on=may)
            if texts:
                return texts
    for scales in (NEAR, FAR):
        for sight in search(view.grey, scales) if may() else []:
            texts = repaired(view.grey, sight, thorough=False, go_on=may)
            if texts:
                return texts
    return []


def _by_second_opinion(view: _View, may: _May) -> list[bytes]:
    for scale in (1.0, 2.0):
        if view.plain_s <= _SECOND_S and may():
            texts = read_second(view.grey if scale == 1 else resized(view.grey, scale))
            if texts:
                return texts
    return []


def _note(view: _View, located: list[Located]) -> None:
    """Put each sight to those of its symbol, first the sight whose known modules are met best."""
    for sight in located:
        sights = next((symbol for symbol in view.symbols if _same(symbol[0][1], sight)), None)
        if sights is None:
            if len(view.symbols) >= _SYMBOLS:
                continue
            view.symbols.append(sights := [])
        sights.append((likeness(view.grey, sight.corners, layout(sight.version)), sight))
        sights.sort(key=lambda rated: -rated[0])
        del sights[_SIGHTS:]


def _same(left: Located, right: Located) -> bool:
    size = float(np.ptp(left.corners, axis=0).max())
    apart = float(np.abs(left.corners - right.corners).max())
    return left.version == right.version and apart <= _NEAR * size
