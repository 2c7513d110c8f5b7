"""From doubtful modules to a symbol without a fault, or to nothing.

A plain reader rounds every module to black or white before it corrects errors. Here each module is
a number whose size says how sure it is: the least certain codewords are declared erased, and
Reed-Solomon mends twice as many erasures as errors. The result is a whole clean symbol, which the
reader's own library then reads: what bytes a symbol means is decided in one place.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gate_agent.drivers.camera.symbols.layout import Layout, blocks, format_words, mask

Soft = NDArray[np.float32]
"""Side × side; above 0 dark, below 0 light, the further the surer, about -1 to 1."""

SPARE = 4
"""Check codewords that must be left over in each block: one chance in 2^32 for rubbish to pass."""

_SPARE_SHARE = 0.25  # of a short block's check codewords, where SPARE would be all it has
_ERASED = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)  # shares of what may be erased, in the order tried
_FORMATS = 2  # how many readings of the format bits are tried
_AGREE = 0.88
"""Share of all certainty that must be for the repaired symbol."""

_EXP = [0] * 512
_LOG = [0] * 256
_value = 1
for _at in range(255):
    _EXP[_at] = _EXP[_at + 255] = _value
    _LOG[_value] = _at
    _value = _value << 1 ^ (0x11D if _value & 0x80 else 0)

_EXPS, _LOGS = np.array(_EXP, dtype=np.uint8), np.array(_LOG, dtype=np.intp)

_WORDS = format_words()
_SIGNS = np.array(
    [[1 if word >> (14 - bit) & 1 else -1 for bit in range(15)] for *_, word in _WORDS]
)


@dataclass(frozen=True, slots=True)
class Repaired:
    """`modules`: the clean symbol, True dark. `agreed`: share of the certainty that is for it."""

    modules: NDArray[np.bool_]
    agreed: float


def repair(soft: Soft, plan: Layout) -> Repaired | None:
    """Return the symbol of this layout that `soft`, its side × side modules, must be, if any."""
    flat = soft.reshape(-1)
    seen = flat[plan.formats[0]] + flat[plan.formats[1]]
    for choice in np.argsort(-(_SIGNS @ seen))[:_FORMATS]:
        level, number, _word = _WORDS[choice]
        turned = mask(number, plan.side).reshape(-1)
        bits = np.where(turned, -flat, flat)[plan.path]
        codewords = _mended(bits, plan, level)
        if codewords is None:
            continue
        modules = _symbol(codewords, plan, choice, turned)
        certainty = np.minimum(np.abs(flat), 1.0)
        agreed = _share(certainty, (flat > 0) == modules.reshape(-1))
        if agreed >= _AGREE:
            return Repaired(modules, agreed)
    return None


def _share(certainty: NDArray[np.float32], agreed: NDArray[np.bool_]) -> float:
    return float(certainty[agreed].sum()) / max(float(certainty.sum()), 1e-9)


def _mended(bits: NDArray[np.float32], plan: Layout, level: str) -> NDArray[np.uint8] | None:
    count = len(bits) // 8
    rows = bits[: count * 8].reshape(count, 8)
    codewords = np.packbits(rows > 0, axis=1).reshape(-1)
    sureness = np.minimum(np.abs(rows), 1.0).min(axis=1)
    members, check = blocks(plan.version, level)
    # The worst first: it ends most of the hopeless cases.
    for block in sorted(members, key=lambda places: float(sureness[places].sum())):
        order = np.argsort(sureness[block], kind="stable")
        mended = _mended_block(codewords[block].tolist(), order.tolist(), check)
        if mended is None:
            return None
        codewords[block] = mended
    return codewords


def _mended_block(block: list[int], order: list[int], check: int) -> list[int] | None:
    """Correct a block with its least certain codewords erased: none, then more and more."""
    syndromes = syndromes_of(np.array([block], dtype=np.uint8), check)[0].tolist()
    if not any(syndromes):
        return block
    most = check - min(SPARE, max(2, round(check * _SPARE_SHARE)))
    for share in _ERASED:
        mended = correct(block, syndromes, order[: round(most * share)], most)
        if mended is not None:
            return mended
    return None


def syndromes_of(words: NDArray[np.uint8], check: int) -> NDArray[np.uint8]:
    """Return the `check` syndromes of each row of codewords; all 0: the row is without a fault."""
    size = words.shape[-1]
    terms = _EXPS[_LOGS[words][:, None, :] + _turns(size, check)]
    terms[np.broadcast_to((words == 0)[:, None, :], terms.shape)] = 0
    return np.asarray(np.bitwise_xor.reduce(terms, axis=-1), dtype=np.uint8)


@lru_cache(maxsize=40)
def _turns(size: int, check: int) -> NDArray[np.intp]:
    """Return the logarithms of the powers that syndromes weigh codewords by: check × size."""
    return np.outer(np.arange(check), np.arange(size - 1, -1, -1)) % 255


def correct(
    block: list[int], syndromes: list[int], erased: list[int], most: int
) -> list[int] | None:
    """Return the codeword nearest to `block` outside of the `erased` places.

    `most`: 2 × errors + erasures may be no more. None if there is no such codeword.
    """
    locator = _locator(len(block), syndromes, erased)
    if locator is None or 2 * (len(locator) - 1) - len(erased) > most:
        return None
    mended = _mended_places(block, syndromes, locator)
    if mended is None or syndromes_of(np.array([mended], dtype=np.uint8), len(syndromes)).any():
        return None
    return mended


def _locator(size: int, syndromes: list[int], erased: list[int]) -> list[int] | None:
    """Return the polynomial whose roots are the faulty places, the erased among them, by
    Berlekamp-Massey; None if it has not the degree that it must have."""
    locator = [1]
    for place in erased:
        locator = _plus(locator, _scaled([0, *locator], _EXP[size - 1 - place]))
    length, before = len(erased), locator
    for at in range(len(erased), len(syndromes)):
        wrong = syndromes[at]
        for power in range(1, min(len(locator), at + 1)):
            wrong ^= _times(locator[power], syndromes[at - power])
        before = [0, *before]
        if wrong:
            better = _plus(locator, _scaled(before, wrong))
            if 2 * length <= at + len(erased):
                length = at + 1 - length + len(erased)
                before = _scaled(locator, _EXP[255 - _LOG[wrong]])
            locator = better
    while locator and not locator[-1]:
        locator.pop()
    return locator if len(locator) - 1 == length else None


def _mended_places(block: list[int], syndromes: list[int], locator: list[int]) -> list[int] | None:
    """Correct the block where the locator has its roots, by Forney's formula; None if it has fewer
    than its degree."""
    check = len(syndromes)
    product = [0] * check
    for i, left in enumerate(locator):
        for j in range(check - i):
            product[i + j] ^= _times(left, syndromes[j])
    slope = [value if power % 2 else 0 for power, value in enumerate(locator)][1:]
    mended, roots = list(block), 0
    for place in range(len(block)):
        inverse = (255 - (len(block) - 1 - place)) % 255
        if _at_point(locator, inverse):
            continue
        below = _at_point(slope, inverse)
        if not below:
            return None
        roots += 1
        change = _at_point(product, inverse)
        if change:
            mended[place] ^= _EXP[(_LOG[change] - _LOG[below] - inverse) % 255]
    return mended if roots == len(locator) - 1 else None


def _times(left: int, right: int) -> int:
    return _EXP[_LOG[left] + _LOG[right]] if left and right else 0


def _scaled(terms: list[int], factor: int) -> list[int]:
    by = _LOG[factor]
    return [_EXP[_LOG[term] + by] if term else 0 for term in terms]


def _plus(left: list[int], right: list[int]) -> list[int]:
    if len(left) < len(right):
        left, right = right, left
    return [a ^ b for a, b in zip(left, right, strict=False)] + left[len(right) :]


def _at_point(terms: list[int], log: int) -> int:
    """Return the polynomial's value at the element whose logarithm is `log`."""
    total = 0
    for term in reversed(terms):
        if total:
            total = _EXP[_LOG[total] + log]
        total ^= term
    return total


def _symbol(
    codewords: NDArray[np.uint8], plan: Layout, choice: int, turned: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    modules = (plan.signs > 0).reshape(-1)
    bits = np.unpackbits(codewords).astype(np.bool_)
    data = np.zeros(len(plan.path), dtype=np.bool_)
    data[: len(bits)] = bits
    modules[plan.path] = data ^ turned[plan.path]
    for places in plan.formats:
        modules[places] = _SIGNS[choice] > 0
    return modules.reshape(plan.side, plan.side)
