"""A board that is out of use, and still talks."""

import random
from typing import TYPE_CHECKING

from fleet_manager.services import gates
from gate_agent.validator.passage import Direction, Passage, PassageKind
from hardware_sim.park.attackers import RETIRED_GATE, RETIRED_RECORDS
from hardware_sim.park.faults.attacks.lies import FalseJournal, Voice, taken
from hardware_sim.park.office.desk import TECHNICIAN, opened

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

APART_MS = 30_000.0


class RetiredGate:
    """Speaks for a gate that has no board in the park. `retire` is called in the middle of the
    day."""

    def __init__(self, park: "Park") -> None:
        self._park = park
        rng: random.Random = park.world.stream(RETIRED_GATE)
        station = park.stations[park.gates[0].name]
        park.stations[RETIRED_GATE] = station
        park.outsiders[RETIRED_GATE] = lambda _topic, _payload: None
        self._voice = Voice(RETIRED_GATE, park.enrolment.add(RETIRED_GATE, station))
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
        records = [_entry(now_ms) for _ in range(RETIRED_RECORDS)]
        self._park.centre.receive(*self._voice.message(self._journal.batch(records)))

    def _retire(self) -> None:
        self._park.world.note("retire", RETIRED_GATE)
        gates.retire(opened(self._park), TECHNICIAN, RETIRED_GATE, "worn out")
        self._park.centre.hurry()


def _entry(now_ms: int) -> Passage:
    row = taken(bytes(8), 1, 1, now_ms)
    return row._replace(ticket=None, product=None, direction=Direction.IN, kind=PassageKind.TAKEN)
