"""What a planted bug is: where it stands, of which kind it is, and who would notice it."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kind of mistake, as the docs' table names it."""

    BOUND = "a bound is off by one"
    CHECK = "a check is dropped or turned round"
    DAY = "days and zones"
    DURABLE = "what must survive a crash"
    EVIDENCE = "evidence of the time"
    KEYS = "one key of several"
    ORDER = "the order of things"
    REPORT = "what a report says"
    RIGHTS = "who may do what"
    STALE = "a value of before"
    STATION = "stations"
    SUM = "a sum"
    WAITING = "something new while somebody waits"
    WRONG_ONE = "the wrong one of two"


class Sees(StrEnum):
    """Who sees that the bug is there. TECHNICIAN: only who looks after gates and the centre, or who
    attacks them; no visitor, no count and no record is another."""

    PERSON = "person"
    COUNT = "count"
    RECORD = "record"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` stands in `file` exactly once and becomes `new`. `seeds`: so many days of the park look
    for it. `words`: what the park is told. `tests`: unit tests that look for it when the park has
    not found it, besides those of its room."""

    name: str
    kind: Kind
    sees: Sees
    file: str
    old: str
    new: str
    seeds: int = 8
    words: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    @property
    def room(self) -> str:
        """The folder of the product that it is in: `gate_agent/lane`."""
        return self.file.rpartition("/")[0]
