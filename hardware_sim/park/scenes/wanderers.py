"""Visitors who come in at one gate and go out at another, over midnight, while some of the gates
are cut off and report late; and at a board whose clock is ahead until somebody sets it right."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.board.sim_lane import Manner, Visitor
from hardware_sim.park.faults.clock_faults import set_right

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

DAILY = EntryPolicy(EntryRule.DAILY)
MINUTES_MS, DAYS_MS = 300_000, 3 * 86_400_000
"""How far a clock is ahead: longer than the time of anti-passback, and beyond midnight."""
WAKES_MS = 1000.0
BOOTED_MS = 12_000.0


class Wanderers:
    """Each scene is played once. Everything is over by `end_ms`."""

    def __init__(self, park: "Park", end_ms: float) -> None:
        self._park = park
        self._end_ms = end_ms
        self._rng = park.world.stream("wanderers")

    def plan(self, start_ms: float, middle_ms: float) -> None:
        """Play over midnight if this day has one, and between these times whatever does not need
        it."""
        world, rng = self._park.world, self._rng
        midnight_ms = float(self._park.day.next_midnight_ms())
        if start_ms + 60_000.0 < midnight_ms < self._end_ms - 60_000.0:
            world.at(midnight_ms - 45_000.0, self.over_midnight)
        for scene in (
            self.late_exit,
            self.late_exit,
            self.late_entry,
            self.exit_elsewhere,
            lambda: self.clock_ahead(MINUTES_MS),
            lambda: self.clock_ahead(DAYS_MS),
        ):
            world.at(rng.uniform(start_ms, middle_ms), scene)

    # --- scenes ----------------------------------------------------------------------------------

    def over_midnight(self) -> None:
        """Let somebody in at a gate that reports it after the next day's entry at another."""
        first = self._rng.choice([gate for gate in self._park.gates if self._beside(gate)])
        second = self._rng.choice(self._beside(first))
        ticket = self._sell("over midnight")
        self._cut(first, 0.0, 80_000.0)
        self._comes(ticket, first, 10_000.0)
        self._comes(ticket, second, 60_000.0)

    def late_exit(self) -> None:
        """Let somebody out where it is reported only after the next entry."""
        self._out_between(cut_in=False)

    def late_entry(self) -> None:
        """Let somebody in where it is reported only after the exit."""
        self._out_between(cut_in=True)

    def _out_between(self, *, cut_in: bool) -> None:
        leads_out, others = self._exits()
        if not leads_out or not others:
            return
        gate, out = self._rng.choice(others), leads_out[0]
        ticket = self._sell("late entry" if cut_in else "late exit")
        if cut_in:
            self._cut(gate, 0.0, 60_000.0)
        else:
            self._cut(out, 0.0, 150_000.0)
        self._comes(ticket, gate, 5000.0)
        self._comes(ticket, out, 25_000.0, leaves=True)
        if not cut_in:
            self._comes(ticket, gate, 90_000.0)

    def exit_elsewhere(self) -> None:
        """Let somebody out at another gate than the one of the entry."""
        leads_out, others = self._exits()
        if leads_out and others:
            ticket = self._sell("exit elsewhere")
            self._comes(ticket, self._rng.choice(others), 0.0)
            self._comes(ticket, leads_out[0], 20_000.0, leaves=True)

    def clock_ahead(self, error_ms: int) -> None:
        """Let somebody in twice at a board that is cut off: while its clock is ahead, and after."""
        gate = self._rng.choice(self._park.gates)
        ticket = self._sell("clock ahead")
        gate.die()
        self._cut(gate, 0.0, 120_000.0)
        gate.clock.synchronised = False
        gate.clock.error_ms = error_ms
        self._later(WAKES_MS, gate.power_on)
        self._comes(ticket, gate, BOOTED_MS)
        self._later(50_000.0, lambda: set_right(gate))
        self._comes(ticket, gate, 90_000.0)

    # --- parts of scenes -------------------------------------------------------------------------

    def _exits(self) -> tuple[list[SimGate], list[SimGate]]:
        """Return a gate that leads out, and the others of its station, which hear of it."""
        park = self._park
        leads_out = [lane.gate for lane in park.lanes if lane.direction is Direction.OUT][:1]
        others = [gate for out in leads_out for gate in self._beside(out)]
        return leads_out, others

    def _beside(self, gate: SimGate) -> list[SimGate]:
        stations = self._park.stations
        return [
            other
            for other in self._park.gates
            if other is not gate and stations[other.name] == stations[gate.name]
        ]

    def _sell(self, scene: str) -> Ticket:
        park = self._park
        park.world.note(scene)
        [ticket] = park.centre.sell(TicketOrder("day", park.centre.today(), days=3, policy=DAILY))
        park.tickets[ticket.serial] = ticket
        return ticket

    def _later(self, ms: float, act: Callable[[], None]) -> None:
        self._park.world.at(min(self._park.world.now_ms + ms, self._end_ms), act)

    def _cut(self, gate: SimGate, from_ms: float, to_ms: float) -> None:
        self._later(from_ms, gate.wire.cut)
        self._later(to_ms, gate.wire.heal)

    def _comes(self, ticket: Ticket, gate: SimGate, ms: float, *, leaves: bool = False) -> None:
        park = self._park
        way = Direction.OUT if leaves else Direction.IN
        lane = next(lane for lane in park.lanes if lane.gate is gate and lane.direction is way)
        code = park.centre.code(ticket)
        visitor = Visitor(
            len(park.visitors), code, ticket.serial, ticket.admits, Manner.PASS, honest=False
        )
        park.visitors.append(visitor)
        self._later(ms, partial(lane.arrive, visitor))
