"""QR codes out of pictures, with all the time in the world: the live reader's passes and more."""

from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.engines import Located, read_second
from gate_agent.drivers.camera.passes import PLAIN, THOROUGH, resized
from gate_agent.drivers.camera.pictures import grey_of, read_picture, shrunk
from gate_agent.drivers.camera.symbol_reader import repaired
from gate_agent.drivers.camera.symbol_search import FAR, NEAR, search
from gate_agent.drivers.camera.symbols.grid import Grey

MAX_SIDE = 1280
"""Larger pictures are shrunk for the first passes: a symbol that fills a phone's camera does not
need its twelve megapixels, and the passes stay within a fraction of a second."""

MAX_FULL_SIDE = 4096
_REPAIRS = 8  # a picture full of broken symbols is a poster
_NEAR = 0.1  # shares of its size that two sights of one symbol may differ by


def texts_in(image: NDArray[np.generic]) -> list[bytes]:
    """The texts of the QR codes in any picture; empty if none can be read.

    `image`: height × width (× 1, 3 blue-green-red, or 4 with alpha). Byte for byte what the symbols
    carry. A symbol that is part of a series has no text of its own.
    """
    whole = grey_of(image)
    if not whole.size:
        return []
    grey = shrunk(whole, MAX_SIDE)
    texts = _texts(grey)
    if not texts and grey.shape != whole.shape:
        texts = PLAIN.read(shrunk(whole, MAX_FULL_SIDE)).texts
    return texts


def decode_file(path: Path) -> tuple[list[bytes], float]:
    """The texts in a picture file, and how many ms the search took. Raises DriverFault."""
    image = read_picture(path)
    start_s = perf_counter()
    return texts_in(image), (perf_counter() - start_s) * 1000


def _texts(grey: Grey) -> list[bytes]:
    located: list[Located] = []
    for one in (PLAIN, *THOROUGH):
        found = one.read(grey)
        if found.texts:
            return found.texts
        for sight in found.located:
            if not any(_same(sight, other) for other in located):
                located.append(sight)
    for sight in located[:_REPAIRS]:
        texts = repaired(grey, sight, thorough=True)
        if texts:
            return texts
    for scales in (NEAR, FAR):
        for sight in search(grey, scales):
            texts = repaired(grey, sight, thorough=False)
            if texts:
                return texts
    return read_second(grey) or read_second(resized(grey, 2.0))


def _same(one: Located, other: Located) -> bool:
    size = float(np.ptp(one.corners, axis=0).max())
    apart = float(np.abs(one.corners - other.corners).max())
    return one.version == other.version and apart <= _NEAR * size
