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
        self._park = park
        # A centre that is put back forgets what it promised, and lists have their numbers twice.
        self._is_whole = not park.plan.restore
        self._bad_day = park.plan.rates is not None
        self._patrons = Patrons(park)
        self._bench = Bench(park) if self._is_whole and self._bad_day else None

    def send(self, start_ms: float, end_ms: float) -> None:
        """Let everybody come between these times of the virtual day."""
        self._patrons.send(start_ms, end_ms)
        if self._bad_day:
            self._patrons.send_with_faults()
        if self._is_whole:
            Latecomers(self._park).send(start_ms, end_ms)
        if self._bench is not None:
            self._bench.plan(start_ms, start_ms + (end_ms - start_ms) * 0.95)
            Thieves(self._park).send(start_ms, end_ms)
