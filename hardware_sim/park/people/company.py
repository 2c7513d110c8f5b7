"""Everybody who comes to a park with small bounds beside the crowd and the cast."""

from typing import TYPE_CHECKING

from hardware_sim.park.people.bench import Bench
from hardware_sim.park.people.latecomers import Latecomers
from hardware_sim.park.people.patrons import Patrons
from hardware_sim.park.people.thieves import Thieves

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


class Company:
    """Gets ready before the centre starts: what is on sale, and which gates there are."""

    def __init__(self, park: "Park") -> None:
        self._patrons = Patrons(park)
        # A centre that is put back forgets what it promised: nothing can be checked then.
        self._bench = None if park.plan.restore else Bench(park)
        self._thieves = Thieves(park)
        self._latecomers = None if park.plan.restore else Latecomers(park)

    def send(self, start_ms: float, end_ms: float) -> None:
        """Let everybody come between these times of the virtual day."""
        self._patrons.send(start_ms, end_ms)
        if self._bench is not None:
            self._bench.plan(start_ms, start_ms + (end_ms - start_ms) * 0.95)
        if self._latecomers is not None:
            self._latecomers.send(start_ms, end_ms)
            self._thieves.send(start_ms, end_ms)
