"""People who show their code at the very moment at which something new is on its way to the gate,
so that it comes while the centre is asked about them: a list that knows the ticket at last, and
rules that treat it otherwise."""

from collections import defaultdict
from typing import TYPE_CHECKING

from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.messages.envelopes import Chunk
from gate_agent.validator.messages.trust_messages import RulesOffer
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.series import MAIN_SERIES
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.board.sim_lane import SimLane
from hardware_sim.park.people.guests import Guests
from hardware_sim.park.people.patrons import CLUB

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

WALK_UPS = 24
MOST_AT_A_GATE = 3
CHANGES = ("hard", "soft", "hard", "soft")
_DAILY = EntryPolicy(EntryRule.DAILY)


class Latecomers(Guests):
    """Looks at what the centre sends to each gate."""

    def __init__(self, park: "Park") -> None:
        super().__init__(park, "latecomers")
        self._fresh: list[Ticket] = []
        self._members: dict[str, Ticket] = {}
        self._passback = ""
        self._came: defaultdict[str, int] = defaultdict(int)
        self._on_packet = park.on_packet

    def send(self, start_ms: float, end_ms: float) -> None:
        """Sell, and let everybody come between these times of the virtual day."""
        self._open(start_ms, end_ms)
        park, rng = self._park, self._rng
        self._on_packet, park.on_packet = park.on_packet, self._sent
        for _ in range(WALK_UPS):
            park.world.at(self._when(), self._sell_one)
        for gate in park.gates:
            [ticket] = park.centre.sell(TicketOrder(CLUB, park.centre.today(), policy=_DAILY))
            park.tickets[ticket.serial] = self._members[gate.name] = ticket
            ways_in = [lane for lane in self._ways_in if lane.gate is gate]
            at_ms = rng.uniform(self._start_ms, self._start_ms + 60_000.0)
            self._at(at_ms, self._visitor(ticket), rng.choice(ways_in))
        for number, passback in enumerate(CHANGES, start=1):
            share = (number + rng.random()) / (len(CHANGES) + 1)
            at_ms = self._start_ms + share * (self._end_ms - self._start_ms)
            park.world.at(at_ms, lambda passback=passback: self._change(passback))  # type: ignore[misc]

    def _sell_one(self) -> None:
        self._fresh.append(self._sell(TicketOrder("day", self._park.centre.today())))

    def _change(self, passback: str) -> None:
        self._passback = passback
        self._park.centre.set_rules({"passback": passback}, CLUB)
        self._park.centre.hurry()

    def _sent(self, topic: str, payload: bytes) -> None:
        self._on_packet(topic, payload)
        name = topic.split("/")[2]
        if topic.endswith(Chunk.topic_end) and self._came[name] < MOST_AT_A_GATE:
            ticket = self._becomes_known(self._park.gate(name))
            if ticket is not None and self._shows(self._park.gate(name), ticket):
                self._came[name] += 1
                self._fresh.remove(ticket)
        elif topic.endswith(RulesOffer.topic_end) and self._passback == "hard":
            # The other way round the centre's answer is still by the rules that it was asked by.
            self._shows(self._park.gate(name), self._members[name])

    def _becomes_known(self, gate: SimGate) -> Ticket | None:
        """Return a ticket that the gate's list does not know, and the newest one does."""
        centre = self._park.centre
        newest = centre.editions.get(centre.newest.get(MAIN_SERIES, 0))
        if gate.core is None or newest is None:
            return None
        before = centre.editions.get(gate.core.lists.version())
        for ticket in self._fresh:
            if before is not None and before.last < ticket.serial <= newest.last:
                return ticket
        return None

    def _shows(self, gate: SimGate, ticket: Ticket) -> bool:
        """Show a ticket at once where nobody is; return whether there is such a lane."""
        lane = self._free_lane(gate)
        if lane is None or self._park.world.now_ms > self._end_ms:
            return False
        visitor = self._visitor(ticket)
        visitor.prompt = True
        lane.arrive(visitor)
        return True

    def _free_lane(self, gate: SimGate) -> SimLane | None:
        free = [lane for lane in self._ways_in if lane.gate is gate and lane.idle]
        return free[0] if free and gate.wire.up else None
