"""Everybody who comes to a park with small bounds beside the cast and the crowd: those who go where
a rule bites."""

from typing import TYPE_CHECKING

from hardware_sim.park.people.bench import Bench

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


class Company:
    """Gets ready before the centre starts: what is sold, and which gates there are."""

    def __init__(self, park: "Park") -> None:
        # A centre that is put back forgets what it promised: nothing can be checked then.
        self._bench = None if park.plan.restore else Bench(park)

    def send(self, start_ms: float, end_ms: float) -> None:
        """Let everybody come between these times of the virtual day."""
        last_ms = start_ms + (end_ms - start_ms) * 0.95
        if self._bench is not None:
            self._bench.plan(start_ms, last_ms)
