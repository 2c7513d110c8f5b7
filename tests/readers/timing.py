"""How long a reader takes for hostile bytes, beside a plain pass over them in the same minute."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.readers.hostile import MAKERS
from tests.readers.registry import REFUSALS, Reader

MOST_BYTES = 48_000
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Slowest:
    """The bytes that a reader takes longest for, and how many. `spent_ms`: CPU of the reading
    thread; `half_ms`: for half as many bytes of that kind."""

    kind: str
    size: int
    spent_ms: float
    half_ms: float


def cpu_ms(act: Callable[[], object]) -> float:
    """Return the CPU time of this thread for `act`: the best of three, for the machine has others
    to serve."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time_ns()
        with suppress(*REFUSALS):
            act()
        best = min(best, time.thread_time_ns() - start)
    return best / 1e6


def floor_ms() -> float:
    """Return the time of a plain pass over so many bytes, one by one."""
    data = bytes(MOST_BYTES)

    def walk() -> int:
        count = 0
        for byte in data:
            count += byte
        return count

    return cpu_ms(walk)


def slowest(reader: Reader) -> Slowest:
    """Return the worst of all hostile bytes for a reader."""
    size = min(MOST_BYTES, reader.most_bytes)
    spent = {kind: cpu_ms(reader.prepare(make(size))) for kind, make in MAKERS.items()}
    kind = max(spent, key=lambda kind: spent[kind])
    return Slowest(kind, size, spent[kind], cpu_ms(reader.prepare(MAKERS[kind](size // 2))))
