"""A board that is out of use, and still talks: nothing of it is heard, as nothing was lost before."""

import random
from typing import TYPE_CHECKING

from fleet_manager.services import gates
from gate_agent.validator.passage import Direction, Passage, PassageKind
from hardware_sim.park.faults.attacks.lies import FalseJournal, Voice, taken
from hardware_sim.park.office.desk import TECHNICIAN

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

NAME = "retired"
RECORDS = 3
APART_MS = 30_000.0
_STORED = """SELECT count(*) FROM passage JOIN journal ON journal.no = passage.journal
    WHERE journal.gate = ?"""


class RetiredGate:
    """Speaks for a gate that has no board in the park. `retire` is called in the middle of the
    day."""

    def __init__(self, park: "Park") -> None:
        self._park = park
        rng: random.Random = park.world.stream(NAME)
        station = park.stations[park.gates[0].name]
        park.stations[NAME] = station
        park.outsiders[NAME] = lambda _topic, _payload: None
        self._voice = Voice(NAME, park.enrolment.add(NAME, station))
        self._journal = FalseJournal(rng)

    def plan(self, at_ms: float) -> None:
        """Let it talk, retire it, and let it talk on."""
        world = self._park.world
        world.at(at_ms, self._talk)
        world.at(at_ms + APART_MS, self._retire)
        world.at(at_ms + 2 * APART_MS, self._talk)

    def _talk(self) -> None:
        """Send records of people who came in without a ticket."""
        now_ms = self._park.world.utc_ms
        records = [_entry(now_ms) for _ in range(RECORDS)]
        self._park.centre.receive(*self._voice.message(self._journal.batch(records)))

    def _retire(self) -> None:
        self._park.world.note("retire", NAME)
        gates.retire(self._park.office.desk, TECHNICIAN, NAME, "worn out")
        self._park.centre.hurry()


def _entry(now_ms: int) -> Passage:
    row = taken(bytes(8), 1, 1, now_ms)
    return row._replace(ticket=None, product=None, direction=Direction.IN, kind=PassageKind.TAKEN)


def check(park: "Park") -> list[str]:
    """Check that no record is from after it was retired."""
    [(stored,)] = park.centre.read(_STORED, NAME)
    return [] if stored <= RECORDS else [f"{NAME}: {stored} records are stored of {RECORDS}"]
