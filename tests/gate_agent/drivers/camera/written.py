"""Symbols with any segments at all, also those that no ordinary program writes."""

import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.symbols.layout import blocks, format_words, layout, mask

_POWERS, _value = [0] * 255, 1
for _at in range(255):
    _POWERS[_at] = _value
    _value = _value << 1 ^ (0x11D if _value & 0x80 else 0)


def series_head(place: int = 0, count: int = 2, parity: int = 0x5A) -> str:
    """The bits that say that a symbol is part `place` (from 0) of `count`."""
    return f"0011{place:04b}{count - 1:04b}{parity:08b}"


def segment(data: bytes, version: int) -> str:
    """The bits of a segment of bytes."""
    count = f"{len(data):0{8 if version < 10 else 16}b}"
    return "0100" + count + "".join(f"{byte:08b}" for byte in data)


def written(bits: str, version: int, level: str, number: int = 3) -> NDArray[np.bool_]:
    """The modules of a symbol, True dark, whose data begins with `bits`; fits or ValueError."""
    plan = layout(version)
    members, check = blocks(version, level)
    room = sum(len(member) - check for member in members)
    if len(bits) > 8 * room:
        raise ValueError(f"{len(bits)} bits do not fit in {room} codewords")
    ended = (bits + "0000")[: 8 * room].ljust(8 * room, "0")
    data = iter(int(ended, 2).to_bytes(room))
    codewords = np.zeros(len(plan.path) // 8, dtype=np.uint8)
    for member in members:
        block = [next(data) for _ in member[:-check]]
        codewords[member] = block + _check_words(block, check)
    modules = (plan.signs > 0).reshape(-1)
    stream = np.zeros(len(plan.path), dtype=np.bool_)
    stream[: 8 * len(codewords)] = np.unpackbits(codewords)
    modules[plan.path] = stream ^ mask(number, plan.side).reshape(-1)[plan.path]
    (word,) = (word for name, turn, word in format_words() if (name, turn) == (level, number))
    for places in plan.formats:
        modules[places] = [bit == "1" for bit in f"{word:015b}"]
    return modules.reshape(plan.side, plan.side)


def _check_words(block: list[int], check: int) -> list[int]:
    generator = [1]
    for power in range(check):
        shifted = [*generator, 0]
        for at, value in enumerate(generator):
            shifted[at + 1] ^= _product(value, _POWERS[power])
        generator = shifted
    rest = block + [0] * check
    for at in range(len(block)):
        factor = rest[at]
        for step, value in enumerate(generator):
            rest[at + step] ^= _product(value, factor)
    return rest[-check:]


def _product(left: int, right: int) -> int:
    if not left or not right:
        return 0
    return _POWERS[(_POWERS.index(left) + _POWERS.index(right)) % 255]
