"""Whether a symbol that was read is a part of a series ("structured append"): alone, such a part is
not what was encoded, and has no text.

zxing-cpp's Python part reads the part's bytes and does not tell. It does show the modules that it
has read, so the codewords are corrected once more here and walked from segment to segment
(ISO/IEC 18004:2015, 7.4).
"""

import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.symbols.layout import blocks, layout, mask, side_of
from gate_agent.drivers.camera.symbols.repair import correct, syndromes_of

_NUMERIC, _LETTERS, _SERIES, _BYTES = 1, 2, 3, 4
_FNC1, _ECI, _KANJI, _FNC1_SECOND, _HANZI = 5, 7, 8, 9, 13
_COUNT_BITS = {  # for versions up to 9, up to 26, up to 40
    _NUMERIC: (10, 12, 14),
    _LETTERS: (9, 11, 13),
    _BYTES: (8, 16, 16),
    _KANJI: (8, 10, 12),
    _HANZI: (8, 10, 12),
}
_SEGMENTS = {*_COUNT_BITS, _ECI, _FNC1, _FNC1_SECOND}


def in_series(dark: NDArray[np.bool_], level: str, number: int) -> bool | None:
    """Return whether the symbol is a part of a series; None if its codewords cannot be told.

    `dark`: side × side modules as they were read, faults among them, perhaps mirrored. `level`: of
    its error correction, one of LEVELS. `number`: of its data mask, 0 to 7.
    """
    version = (len(dark) - 17) // 4
    if not 1 <= version <= 40 or dark.shape != (side_of(version),) * 2:
        return None
    for modules in (dark, dark.T):
        data = _data(modules, version, level, number)
        if data is not None:
            return _has_series(data, version)
    return None


def _data(modules: NDArray[np.bool_], version: int, level: str, number: int) -> bytes | None:
    """Return the data codewords, corrected as far as they can be at all; None: beyond that."""
    plan = layout(version)
    bits = (modules ^ mask(number, plan.side)).reshape(-1)[plan.path]
    codewords = np.packbits(bits[: len(bits) // 8 * 8])
    members, check = blocks(version, level)
    # One row a block; a shorter one begins with a 0, which changes no syndrome.
    rows = np.zeros((len(members), max(map(len, members))), dtype=np.uint8)
    for row, member in zip(rows, members, strict=True):
        row[-len(member) :] = codewords[member]
    syndromes = syndromes_of(rows, check)
    for at in np.flatnonzero(syndromes.any(axis=1)):
        block = codewords[members[at]].tolist()
        mended = correct(block, syndromes[at].tolist(), [], check)
        if mended is None:
            return None
        codewords[members[at]] = mended
    return b"".join(codewords[member[:-check]].tobytes() for member in members)


class _Bits:
    """Bits that are read from the first to the last. `left`: how many are still to come."""

    def __init__(self, data: bytes) -> None:
        self._bits, self.left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        """Return the next `count` bits as a number; 0 beyond the end."""
        self.left -= count
        return self._bits >> self.left & (1 << count) - 1 if self.left >= 0 else 0


def _has_series(data: bytes, version: int) -> bool:
    """Walk the segments until one is the head of a series, or there is no further one."""
    bits = _Bits(data)
    while bits.left >= 4:
        mode = bits.take(4)
        if mode == _SERIES:
            return True
        if mode not in _SEGMENTS:
            return False  # the end, or nothing that the standard knows
        _skip_segment(bits, mode, version)
    return False


def _skip_segment(bits: _Bits, mode: int, version: int) -> None:
    """Read past what follows on the mode of a segment."""
    if mode == _ECI:
        first = bits.take(8)
        bits.left -= 0 if first < 0x80 else 8 if first < 0xC0 else 16
    elif mode == _FNC1_SECOND:
        bits.left -= 8
    elif mode in _COUNT_BITS:
        bits.left -= 4 if mode == _HANZI else 0  # its character set
        count = bits.take(_COUNT_BITS[mode][(version > 9) + (version > 26)])
        bits.left -= _size_bits(mode, count)


def _size_bits(mode: int, count: int) -> int:
    if mode == _NUMERIC:
        return count // 3 * 10 + (0, 4, 7)[count % 3]
    if mode == _LETTERS:
        return count // 2 * 11 + count % 2 * 6
    return count * (8 if mode == _BYTES else 13)
