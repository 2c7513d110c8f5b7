"""What all have in common who are sold something on purpose and sent to a lane at a moment."""

from typing import TYPE_CHECKING

from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.sim_lane import Manner, SimLane, Visitor

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


class Guests:
    """`name`: of the random numbers. `_ways_in`: all lanes that lead in."""

    def __init__(self, park: "Park", name: str) -> None:
        self._park = park
        self._rng = park.world.stream(name)
        self._ways_in = [lane for lane in park.lanes if lane.direction is Direction.IN]
        self._start_ms = self._end_ms = 0.0

    def _open(self, start_ms: float, end_ms: float) -> None:
        """Note between which times of the virtual day people come."""
        self._start_ms, self._end_ms = start_ms, start_ms + (end_ms - start_ms) * 0.95

    def _sell(self, order: TicketOrder) -> Ticket:
        [ticket] = self._park.centre.sell(order)
        self._park.tickets[ticket.serial] = ticket
        return ticket

    def _visitor(self, ticket: Ticket, code: bytes | None = None) -> Visitor:
        park = self._park
        visitor = Visitor(
            len(park.visitors),
            code or park.centre.code(ticket),
            ticket.serial,
            ticket.admits,
            Manner.PASS,
            honest=False,
        )
        park.visitors.append(visitor)
        return visitor

    def _when(self) -> float:
        return self._rng.uniform(self._start_ms, self._end_ms)

    def _comes(self, ticket: Ticket, *, lane: SimLane | None = None) -> None:
        at = self._visitor(ticket), lane or self._rng.choice(self._ways_in)
        self._at(self._when(), *at)

    def _at(self, ms: float, visitor: Visitor, lane: SimLane) -> None:
        if ms < self._end_ms:
            self._park.world.at(ms, lambda: lane.arrive(visitor))

    def _in_turn(self, lane: SimLane, visits: list[Visitor]) -> None:
        at_ms = self._rng.uniform(self._start_ms, (self._start_ms + self._end_ms) / 2)
        for visitor in visits:
            self._at(at_ms, visitor, lane)
            at_ms += self._rng.uniform(15_000.0, 90_000.0)
