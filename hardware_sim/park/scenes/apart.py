"""A team and its copy come in at two gates that hear nothing of each other. One of the boards has
no clock, and starts once more before it gets the time; an accountant resolves the case; then one
of the team goes home."""

from functools import partial
from typing import TYPE_CHECKING

from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.board.sim_lane import Manner, SimLane, Visitor
from hardware_sim.park.faults.clock_faults import set_right
from hardware_sim.park.office.hours import Office

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

ADMITS = 3
ALONE_MS = 75_000.0
"""How long the gates are apart; each then has its time to connect and to send."""
RESTART_MS = 140_000.0
RIGHT_MS = 200_000.0
HOME_MS = (20_000.0, 60_000.0)
WAKES_MS = 1000.0
ERRORS_MS = (-3_600_000, -60_000)


class Apart:
    """`begin` plays the scene once. Everything is over by `end_ms`."""

    def __init__(self, park: "Park", office: Office, end_ms: float) -> None:
        self._park = park
        self._office = office
        self._end_ms = end_ms
        self._rng = park.world.stream("apart")
        self._ticket: Ticket | None = None

    def begin(self) -> None:
        """Cut two gates off, take the time from one, and let a team and its copy in."""
        park, rng, world = self._park, self._rng, self._park.world
        first, second = rng.sample(park.gates, 2)
        world.note("apart", first.name, second.name)
        [ticket] = park.centre.sell(TicketOrder("day", park.centre.today(), admits=ADMITS))
        park.tickets[ticket.serial] = self._ticket = ticket
        for gate in (first, second):
            gate.wire.cut()
            self._later(ALONE_MS, gate.wire.heal)
        self._restart(second)
        for gate, persons in ((first, ADMITS), (second, ADMITS - 1)):
            visitor = self._visitor(ticket)
            visitor.persons = persons
            lane = self._way_in(gate)
            self._later(rng.uniform(25_000.0, 35_000.0), partial(lane.arrive, visitor))
        if rng.random() < 0.5:
            self._later(RESTART_MS, lambda: self._restart(second))
        self._later(RIGHT_MS, lambda: set_right(second))
        self._later(RIGHT_MS + rng.uniform(*HOME_MS), self._go_home)

    def _later(self, ms: float, act: object) -> None:
        assert callable(act)
        self._park.world.at(min(self._park.world.now_ms + ms, self._end_ms), act)

    def _restart(self, gate: SimGate) -> None:
        """Start a board that has no clock of its own."""
        gate.die()
        gate.clock.synchronised = False
        gate.clock.error_ms = self._rng.choice((-self._park.world.utc_ms, *ERRORS_MS))
        self._park.world.after(WAKES_MS, gate.power_on)

    def _go_home(self) -> None:
        """Let one of them out, after the office has resolved what there was."""
        park = self._park
        self._office.resolve()
        ways_out = [lane for lane in park.lanes if lane.direction is Direction.OUT]
        if ways_out and self._ticket is not None:
            visitor = self._visitor(self._ticket)
            visitor.persons = 1
            self._rng.choice(ways_out).arrive(visitor)

    def _visitor(self, ticket: Ticket) -> Visitor:
        park = self._park
        code = park.centre.code(ticket)
        visitor = Visitor(
            len(park.visitors), code, ticket.serial, ticket.admits, Manner.PASS, honest=False
        )
        park.visitors.append(visitor)
        return visitor

    def _way_in(self, gate: SimGate) -> SimLane:
        lanes = self._park.lanes
        return next(lane for lane in lanes if lane.gate is gate and lane.direction is Direction.IN)
