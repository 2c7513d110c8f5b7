"""Ascending numbers, small: the gaps between them in Rice's code, block by block.

A block holds up to 1,024 gaps. Its head is k (u8), how many gaps it holds less one (u16) and the
length of its first part (u16). A gap g is cut into g >> k and its k low bits. The first part holds
for each gap g >> k bits 0 and a bit 1; the second part the low bits, one after the other; both are
padded with bits 0 to whole bytes. k is the number that makes the block shortest, and the smallest
of those that do. Two parts and not one, because each is then read in one step: a million serials
are unpacked in a fraction of a second by an interpreter.

Source of the code: R. F. Rice, "Some practical universal noiseless coding techniques" (JPL
Publication 79-22, 1979).
"""

import struct
from collections.abc import Iterator, Sequence

from gate_agent.validator.errors import WireError

BLOCK_GAPS = 1024
MAX_K = 31
MAX_NUMBERS = 1_000_000
_HEAD = struct.Struct(">BHH")


def pack(numbers: Sequence[int]) -> bytes:
    """Return `numbers`, strictly ascending, from 0 to 2**32 - 1, as bytes."""
    blocks = []
    before = -1
    for start in range(0, len(numbers), BLOCK_GAPS):
        block = numbers[start : start + BLOCK_GAPS]
        lows = [before, *block[:-1]]
        blocks.append(_pack_block([at - low - 1 for at, low in zip(block, lows, strict=True)]))
        before = block[-1]
    return b"".join(blocks)


def _pack_block(gaps: list[int]) -> bytes:
    k = _best_k(gaps)
    mask = (1 << k) - 1
    ones = _bits("".join(["0" * (gap >> k) + "1" for gap in gaps]))
    lows = _bits("".join([format(gap & mask, f"0{k}b") for gap in gaps])) if k else b""
    return _HEAD.pack(k, len(gaps) - 1, len(ones)) + ones + lows


def _best_k(gaps: list[int]) -> int:
    """Return the k that makes the block shortest. One more low bit costs a bit a gap and saves half
    of what is left above, rounded up; the saving shrinks with every bit, so the first k that saves
    no more than it costs is best."""
    above, k = gaps, 0
    while sum([high + 1 >> 1 for high in above]) > len(gaps):
        above = [high >> 1 for high in above]
        k += 1
    return k


def _bits(text: str) -> bytes:
    """Return a text of 0 and 1 as bytes, padded with 0."""
    padded = text + "0" * (-len(text) % 8)
    return int(padded, 2).to_bytes(len(padded) // 8, "big")


def unpack(data: bytes, end: int) -> list[int]:
    """Return the numbers, all of them below `end`. Raise WireError unless `data` is what `pack`
    makes."""
    numbers: list[int] = []
    for gaps in _blocks(data):
        at = numbers[-1] if numbers else -1
        for gap in gaps:
            at += gap + 1
            numbers.append(at)
        if at >= end:
            raise WireError("a packed number beyond the end")
        if len(numbers) > MAX_NUMBERS:
            raise WireError("more packed numbers than a board has memory for")
    return numbers


def _blocks(data: bytes) -> Iterator[list[int]]:
    """Yield the gaps of each block. Raise WireError."""
    at = 0
    full = BLOCK_GAPS
    while at < len(data):
        if full != BLOCK_GAPS or len(data) - at < _HEAD.size:
            raise WireError("packed numbers that are cut short")
        k, less_one, ones_bytes = _HEAD.unpack_from(data, at)
        full = less_one + 1
        at += _HEAD.size
        lows_bytes = (full * k + 7) // 8
        end = at + ones_bytes + lows_bytes
        if k > MAX_K or full > BLOCK_GAPS or end > len(data):
            raise WireError("packed numbers with a wrong head")
        ones, lows = data[at : at + ones_bytes], data[at + ones_bytes : end]
        gaps = _gaps(k, full, ones, lows)
        if _pack_block(gaps) != data[at - _HEAD.size : end]:
            raise WireError("packed numbers that are not written the one way")
        yield gaps
        at = end


def _gaps(k: int, count: int, ones: bytes, lows: bytes) -> list[int]:
    """Return the gaps of a block. Raise WireError."""
    highs = list(map(len, _text(ones).split("1")[:-1]))
    if len(highs) != count:
        raise WireError("packed numbers of another count")
    if not k:
        return highs
    text = _text(lows)
    low = [int(text[start : start + k], 2) for start in range(0, count * k, k)]
    return [high << k | part for high, part in zip(highs, low, strict=True)]


def _text(data: bytes) -> str:
    """Return bytes as a text of 0 and 1."""
    return format(int.from_bytes(data, "big"), f"0{8 * len(data)}b") if data else ""
