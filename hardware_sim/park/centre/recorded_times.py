"""When the simulated centre knew of which record: what a checker may hold against a claim."""

import math
from collections import defaultdict
from collections.abc import Iterable

from hardware_sim.park.centre.database import Database
from hardware_sim.park.world import World

_ALL = "SELECT id, mark FROM journal"
_OF_GATE = f"{_ALL} WHERE gate = ?"


class RecordedTimes:
    """Of every journal: up to which record the centre's database held it, from when on."""

    def __init__(self, world: World, database: Database) -> None:
        self._world = world
        self._database = database
        self._seen = (0, 0)
        self._fell_ms: list[float] = []
        self._marks: defaultdict[bytes, list[tuple[float, int]]] = defaultdict(list)

    def look(self, life: int, stored: int, gates: Iterable[str]) -> None:
        """Note what was committed of these gates; `stored`: records that this `life` of the centre
        took in."""
        if (life, stored) == self._seen:
            return  # marks move with records
        self._seen = life, stored
        for gate in gates:
            for journal, mark in self._database.read(_OF_GATE, gate):
                marks = self._marks[journal]
                if not marks or marks[-1][1] != mark:
                    marks.append((self._world.epoch_ms + self._world.now_ms, mark))

    def fall_back(self) -> None:
        """Forget what an older database does not hold: it is to become known once more."""
        self._fell_ms.append(self._world.epoch_ms + self._world.now_ms)
        stored = dict(self._database.read(_ALL))
        for journal, marks in self._marks.items():
            marks[:] = [(ms, mark) for ms, mark in marks if mark <= stored.get(journal, 0)]

    def fell_back(self, after_ms: float, before_ms: float) -> bool:
        """Return whether the database became an older one between these times, in true UTC ms: what
        it had promised then is forgotten."""
        return any(after_ms <= ms <= before_ms for ms in self._fell_ms)

    def mark(self, journal: bytes) -> int:
        """Return up to which record the centre held a journal when it last took in some of it."""
        marks = self._marks.get(journal)
        return marks[-1][1] if marks else 0

    def known_ms(self, journal: bytes, seq: int) -> float:
        """Return when a record was first here, in true UTC ms; infinity for never."""
        for at_ms, mark in self._marks[journal]:
            if mark >= seq:
                return at_ms
        return math.inf
