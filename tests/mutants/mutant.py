"""What a planted bug is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` stands in `file` exactly once and becomes `new`. `words`: what the park is told.
    `seeds`: within how many it must fall."""

    name: str
    file: str
    old: str
    new: str
    seeds: int = 10
    words: tuple[str, ...] = ()
