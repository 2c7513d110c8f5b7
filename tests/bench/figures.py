"""What a figure is, how it is registered, and how times are taken on a shared, noisy machine."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`floor`: the same in the best case that physics or the library allows, measured in the same
    run; None where there is none. `target`: what we hold ourselves to, with its direction.
    `limit`: what the value must not exceed on any machine; None for no such promise."""

    value: float
    unit: str
    floor: float | None
    note: str
    target: str = ""
    limit: float | None = None

    @property
    def breaks_limit(self) -> bool:
        """Whether the value is above its limit."""
        return self.limit is not None and self.value > self.limit

    def to_json(self) -> dict[str, object]:
        """The row in bench.json."""
        return asdict(self)


class Absent(Exception):
    """What is needed to measure this is not here; the text says what."""


Measure = Callable[[], dict[str, Figure]]
MEASURES: dict[tuple[str, ...], Measure] = {}
"""By the names of the figures that each one gives."""


def measure(*names: str) -> Callable[[Measure], Measure]:
    """Registers a function that measures the figures `names`."""

    def register(function: Measure) -> Measure:
        MEASURES[names] = function
        return function

    return register


def cpu_us(act: Callable[[], object], repeat: int) -> float:
    """CPU microseconds of this process for one `act`, over `repeat` of them."""
    start = time.process_time_ns()
    for _ in range(repeat):
        act()
    return (time.process_time_ns() - start) / repeat / 1000


def interleaved(acts: Sequence[Callable[[], object]], repeat: int, rounds: int) -> list[float]:
    """Median CPU microseconds of each act, in alternating rounds, so that a machine whose speed
    drifts is unfair to none of them."""
    times: list[list[float]] = [[] for _ in acts]
    for _ in range(rounds):
        for act, row in zip(acts, times, strict=True):
            row.append(cpu_us(act, repeat))
    return [statistics.median(row) for row in times]
