"""Where a QR symbol (ISO/IEC 18004, model 2) keeps what: the part of the standard that a reader
needs to repair a symbol it can see but not read, and to know the kind of a symbol it has read.

A map is side × side, row by row; True and 1 are dark.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MAX_VERSION = 14
"""Symbols of larger versions are read, not repaired: no ticket is that large, and the work of a
repair grows with the square of the side."""

LEVELS = "LMQH"
_CHECK = {  # check codewords a block, by version from 1 to 40
    "L": (7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
          28, 28, 30, 30, 26, 28, *[30] * 14),
    "M": (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
          26, *[28] * 19),
    "Q": (13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
          28, 30, 30, 30, 30, 28, *[30] * 14),
    "H": (17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
          30, 24, *[30] * 18),
}  # fmt: skip
_BLOCKS = {
    "L": (1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8,
          8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25),
    "M": (1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
          17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49),
    "Q": (1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20,
          23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68),
    "H": (1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
          25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81),
}  # fmt: skip
_LEVEL_BITS = {"L": 1, "M": 0, "Q": 3, "H": 2}
_FORMAT_MASK = 0b101010000010010

Signs = NDArray[np.int8]
"""1 dark, -1 light, 0 not known beforehand."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is the same in every symbol of a version.

    `signs`: finders, their borders, timing, alignment, version, the one dark module.
    `path`: the flat places of the data modules in the order of their bits.
    `formats`: the flat places of the 15 format bits, first bit first, and of their copy.
    """

    version: int
    side: int
    signs: Signs
    path: NDArray[np.intp]
    formats: tuple[NDArray[np.intp], NDArray[np.intp]]


def side_of(version: int) -> int:
    """Return how many modules an edge has."""
    return 17 + 4 * version


@lru_cache(maxsize=40)  # a gate sees one or two versions all day; a poster may show all
def layout(version: int) -> Layout:
    """Return the layout of a version from 1 to 40; not to be written to."""
    side = side_of(version)
    signs = np.zeros((side, side), dtype=np.int8)
    signs[6, :] = signs[:, 6] = np.where(np.arange(side) % 2 == 0, 1, -1)
    for row, column in ((3, 3), (3, side - 4), (side - 4, 3)):
        _stamp(signs, row, column, 4, dark=(0, 1, 3))
    steps = _alignments(version)
    last = len(steps) - 1
    corners = {(0, 0), (0, last), (last, 0)}
    for i, row in enumerate(steps):
        for j, column in enumerate(steps):
            if (i, j) not in corners:
                _stamp(signs, row, column, 2, dark=(0, 2))
    if version >= 7:
        for bit in range(18):
            sign = 1 if _version_word(version) >> bit & 1 else -1
            signs[bit // 3, side - 11 + bit % 3] = signs[side - 11 + bit % 3, bit // 3] = sign
    signs[side - 8, 8] = 1
    formats = _format_places(side)
    taken = signs != 0
    for places in formats:
        taken.flat[places] = True
    return Layout(version, side, signs, _path(taken), formats)


@lru_cache(maxsize=40)
def mask(number: int, side: int) -> NDArray[np.bool_]:
    """Return the modules that data mask `number` (0 to 7) turns over; not to be written to."""
    i, j = np.mgrid[0:side, 0:side]
    value = (
        (i + j) % 2,
        i % 2,
        j % 3,
        (i + j) % 3,
        (i // 2 + j // 3) % 2,
        i * j % 2 + i * j % 3,
        (i * j % 2 + i * j % 3) % 2,
        ((i + j) % 2 + i * j % 3) % 2,
    )[number]
    return np.asarray(value == 0)


def format_words() -> list[tuple[str, int, int]]:
    """Return level, data mask and the 15 format bits that say so, for all 32 of them."""
    words = []
    for level, bits in _LEVEL_BITS.items():
        for number in range(8):
            data = bits << 3 | number
            words.append((level, number, (data << 10 | _remainder(data, 10, 0x537)) ^ _FORMAT_MASK))
    return words


@lru_cache(maxsize=40)
def blocks(version: int, level: str) -> tuple[list[NDArray[np.intp]], int]:
    """Return for each block the numbers of its codewords within the symbol, data then check, and
    how many of them are check codewords. Not to be written to."""
    check, count = _CHECK[level][version - 1], _BLOCKS[level][version - 1]
    total = len(layout(version).path) // 8
    short = total // count - check
    longer = total % count
    data: list[list[int]] = [[] for _ in range(count)]
    number = 0
    for at in range(short + 1):
        for block in range(count):
            if at < short or block >= count - longer:
                data[block].append(number)
                number += 1
    for _ in range(check):
        for block in range(count):
            data[block].append(number)
            number += 1
    return [np.array(members, dtype=np.intp) for members in data], check


def _stamp(signs: Signs, row: int, column: int, reach: int, dark: tuple[int, ...]) -> None:
    """Draw concentric squares round a middle, cut off at the edge."""
    side = len(signs)
    for i in range(max(0, row - reach), min(side, row + reach + 1)):
        for j in range(max(0, column - reach), min(side, column + reach + 1)):
            signs[i, j] = 1 if max(abs(i - row), abs(j - column)) in dark else -1


def _alignments(version: int) -> list[int]:
    if version == 1:
        return []
    count, side = version // 7 + 2, side_of(version)
    step = 26 if version == 32 else (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    return [6, *sorted(side - 7 - at * step for at in range(count - 1))]


def _remainder(data: int, bits: int, generator: int) -> int:
    rest = data << bits
    while rest >> bits:
        rest ^= generator << (rest.bit_length() - bits - 1)
    return rest


def _version_word(version: int) -> int:
    return version << 12 | _remainder(version, 12, 0x1F25)


def _format_places(side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    near = [(8, at) for at in (0, 1, 2, 3, 4, 5, 7, 8)] + [(at, 8) for at in (7, 5, 4, 3, 2, 1, 0)]
    far = [(side - 1 - at, 8) for at in range(7)] + [(8, side - 8 + at) for at in range(8)]
    return (
        np.array([row * side + column for row, column in near], dtype=np.intp),
        np.array([row * side + column for row, column in far], dtype=np.intp),
    )


def _path(taken: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Walk two columns at a time from the right, up and down in turns, past the timing column."""
    side = len(taken)
    places = np.arange(side * side, dtype=np.intp).reshape(side, side)
    strips = []
    for number, right in enumerate((*range(side - 1, 6, -2), 5, 3, 1)):
        strip = np.s_[:: 1 if number % 2 else -1, [right, right - 1]]
        strips.append(places[strip][~taken[strip]])
    return np.concatenate(strips)
