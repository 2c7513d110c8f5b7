"""Who attacks a park, and when."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardware_sim.park.attackers import FLOOD, INSIDER, JUNK, REPLAY
from hardware_sim.park.faults.attacks.disown import disown
from hardware_sim.park.faults.attacks.flood import Flood
from hardware_sim.park.faults.attacks.insider import Insider
from hardware_sim.park.faults.attacks.junk import Junk
from hardware_sim.park.faults.attacks.replay import Replay
from hardware_sim.park.faults.attacks.tap import Tap

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

NOTICED = 0.5


class Siege:
    """Draws a schedule of attacks for `[start_ms, end_ms)`. `count`: how many."""

    def __init__(self, park: "Park", start_ms: float, end_ms: float) -> None:
        self.count = 0
        self._plans = 0
        self._has_insider = False
        self._park = park
        self._window = start_ms, end_ms
        rates, names, stream = park.plan.rates, park.plan.attacks, park.world.stream
        if rates is None or not names:
            return
        tap = Tap(park, stream("tap"))
        junk = Junk(park, stream("junk"), tap)
        if FLOOD in names:
            flood = Flood(park, stream("flood"), tap, junk)
            for gate in park.gates:
                self._plan(FLOOD, rates.floods, lambda gate=gate: flood.gate(gate))  # type: ignore[misc]
            self._plan(FLOOD, rates.centre_floods, flood.centre)
        if JUNK in names:
            for gate in park.gates:
                self._plan(JUNK, rates.junk, lambda gate=gate: junk.to_gate(gate))  # type: ignore[misc]
            self._plan(JUNK, rates.junk, junk.to_centre)
        if INSIDER in names:
            self._has_insider = True
            self._plan(INSIDER, rates.lies, Insider(park, stream(INSIDER)).lie)
        if REPLAY in names:
            replay = Replay(park, stream(REPLAY), tap)
            self._plan(REPLAY, rates.recordings, replay.play)

    def _plan(self, name: str, per_hour: float, act: Callable[[], None]) -> None:
        at, end = self._window
        self._plans += 1
        rng = self._park.world.stream(f"siege {name} {self._plans}")
        while per_hour > 0:
            at += rng.expovariate(per_hour / 3_600_000.0)
            if at >= end:
                return
            self.count += 1
            self._park.world.at(at, act)

    def end(self) -> None:
        """Send nothing more. In one half of the parks people notice, and disown the stolen gate."""
        for gate in self._park.gates:
            gate.queue.message_ms = 0.0
        if self._has_insider and self._park.world.stream("disown").random() < NOTICED:
            disown(self._park)
