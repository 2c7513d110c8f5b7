"""People who go where a rule of one product, one ticket or one board bites: entries on top of those
of a ticket of several, tickets passed on to another holder, numbers typed wrong, a product with its
own anti-passback, teams at a gate that is cut off, one ticket at two lanes of one board."""

from functools import partial
from typing import TYPE_CHECKING

from fleet_manager.tickets.products import Product
from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.sim_lane import SimLane
from hardware_sim.park.people.guests import Guests

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

_ZONES = 0b11
CLUB, TEAM = "club", "team"
PRODUCTS = (
    Product(12, CLUB, "会员票", "Club", days=2, zones=_ZONES),
    Product(13, TEAM, "团队票", "Team", days=2, zones=_ZONES),
)
SOFT = {"passback": "soft", "passback-time": "1h"}
"""Of the club: whoever comes again within the hour is let in, and that is recorded."""
SHARE = 1
_TWICE = EntryPolicy(EntryRule.COUNTED, 2)
_DAILY = EntryPolicy(EntryRule.DAILY)
_FIRST_HOLDER, _NEXT_HOLDER = ("id", "110101199003071234"), ("id", "110101198507154321")
_AWAY_MS = 60_000.0
_MUTE_MS = 400.0
_RETRY_MS, _TRIES = 2000.0, 20


class Patrons(Guests):
    """Has products with rules of their own put on sale before the centre starts."""

    def __init__(self, park: "Park") -> None:
        super().__init__(park, "patrons")
        park.centre.add_products(PRODUCTS)
        park.centre.set_rules(SOFT, CLUB)
        park.centre.set_rules({"partition-share": str(SHARE)}, TEAM)

    def send(self, start_ms: float, end_ms: float) -> None:
        """Sell, and let everybody come between these times of the virtual day."""
        self._open(start_ms, end_ms)
        day = self._park.centre.today()
        for _ in range(2):
            self._topped_up(self._sell(TicketOrder("day", day, policy=_TWICE)))
        for comes_new in (True, False):
            ticket = self._sell(TicketOrder("day", day, holder=_FIRST_HOLDER))
            self._passed_on(ticket, comes_new=comes_new)
        for _ in range(2):
            self._mistyped(self._sell(TicketOrder("day", day)))
        self._members(self._sell(TicketOrder(CLUB, day, policy=_DAILY)))
        for _ in range(2):
            self._at_handheld(self._sell(TicketOrder("day", day, admits=3)))

    def send_with_faults(self) -> None:
        """Let those come for whom something must fail."""
        day = self._park.centre.today()
        for _ in range(2):
            self._cut_off(self._sell(TicketOrder(TEAM, day, admits=4)))
            self._twins(self._sell(TicketOrder("day", day)))

    def _topped_up(self, ticket: Ticket) -> None:
        """Use both entries of a ticket, then one more that staff have added."""
        park, lane = self._park, self._rng.choice(self._ways_in)
        visits = [self._visitor(ticket) for _ in range(3)]
        visits[-1].first = lambda: park.centre.add_entries(ticket.serial, 1)
        at_ms = self._rng.uniform(self._start_ms, (self._start_ms + self._end_ms) / 2)
        for visitor in visits:
            self._at(at_ms, visitor, lane)
            at_ms += park.passback_ms * self._rng.uniform(1.2, 1.5)

    def _passed_on(self, ticket: Ticket, *, comes_new: bool) -> None:
        """Pass a ticket on, and let the one or the other holder come."""
        park = self._park
        park.centre.pass_on(ticket.serial, _NEXT_HOLDER)
        park.passed_on[ticket.serial] = comes_new
        visitor = self._visitor(ticket)
        visitor.document = _NEXT_HOLDER if comes_new else _FIRST_HOLDER
        self._at(self._when(), visitor, self._rng.choice(self._ways_in))

    def _mistyped(self, ticket: Ticket) -> None:
        """Let staff type another number than the one that is printed on a ticket."""
        number = self._park.centre.number(ticket)
        visitor = self._visitor(ticket, b"smudged")
        visitor.serial = None
        visitor.number_typed = number[:-1] + str((int(number[-1]) + 1) % 10)
        self._at(self._when(), visitor, self._rng.choice(self._ways_in))

    def _members(self, ticket: Ticket) -> None:
        """Come again soon with a ticket whose product has another anti-passback than the others."""
        self._in_turn(
            self._rng.choice(self._ways_in), [self._visitor(ticket), self._visitor(ticket)]
        )

    def _at_handheld(self, ticket: Ticket) -> None:
        """Bring a team to a lane without an arm, where staff say how many go through."""
        lanes = [lane for lane in self._ways_in if not lane.gate.arms]
        if lanes:
            self._at(self._when(), self._visitor(ticket), self._rng.choice(lanes))

    def _cut_off(self, ticket: Ticket) -> None:
        """Bring a team to a gate that cannot reach the centre, twice."""
        lane = self._rng.choice(self._ways_in)
        wire = lane.gate.wire
        teams = [self._visitor(ticket), self._visitor(ticket)]
        teams[0].first = wire.cut
        at_ms = self._when()
        self._at(at_ms, teams[0], lane)
        self._at(at_ms + _AWAY_MS / 2, teams[1], lane)
        self._park.world.at(min(at_ms + _AWAY_MS, self._end_ms), wire.heal)

    def _twins(self, ticket: Ticket) -> None:
        """Show a ticket and its copy at two lanes of one board while the centre starts anew."""
        lanes = [lane for lane in self._ways_in if _has_another(lane, self._ways_in)][:2]
        if lanes:
            self._park.world.at(self._when(), partial(self._at_both, ticket, lanes, _TRIES))

    def _at_both(self, ticket: Ticket, lanes: list[SimLane], tries: int) -> None:
        """Send them when nobody is there and the gate counts on an answer, or give up."""
        world, centre, gate = self._park.world, self._park.centre, lanes[0].gate
        free = all(lane.idle for lane in lanes) and gate.wire.up and gate.alive
        if not free:
            if tries:
                world.after(_RETRY_MS, partial(self._at_both, ticket, lanes, tries - 1))
            return
        if centre.up:
            centre.kill()
            world.after(_MUTE_MS, centre.start)
        for lane in lanes:
            visitor = self._visitor(ticket)
            visitor.prompt = True
            lane.arrive(visitor)


def _has_another(lane: SimLane, lanes: list[SimLane]) -> bool:
    return any(other.gate is lane.gate and other is not lane for other in lanes)
