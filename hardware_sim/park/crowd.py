"""The day's visitors of the simulated park: what is sold, refunded, copied, and who comes when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.sim_lane import Manner, SimLane, Visitor
from hardware_sim.park.centre.catalogue import PRODUCTS
from hardware_sim.park.centre.seller import SERIES

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

AT_THE_GATE = 0.5
"""Share of the refunds that happen while the ticket is shown."""
SOLD_TWICE = 3
"""Codes that two sellers have sold."""
_Act = Callable[[], None]


class Crowd:
    """Sells tickets at the park's centre and sends their holders to its lanes."""

    def __init__(self, park: "Park") -> None:
        self._park = park
        self._rng = park.world.stream("crowd")
        self._moments = park.world.stream("moments")
        self._again: set[int] = set()
        self._twins: list[Ticket] = []

    def sell_before(self) -> None:
        """Sell what is sold before the day, each kind of ticket, some with a holder."""
        park = self._park
        count = park.plan.visitors
        day = park.centre.today()
        orders = [
            TicketOrder("day", day, count=count),
            TicketOrder("day", day, count=max(1, count // 12), admits=3),
            TicketOrder("day", day, count=max(1, count // 20), admits=7),
            TicketOrder("day", day, count=max(2, count // 8), group=True),
            TicketOrder("day", day, count=2, policy=EntryPolicy(EntryRule.DAILY)),
            TicketOrder("day", day - timedelta(days=30), count=2),
        ]
        for order in orders:
            self._take(park.centre.sell(order))
        twice = EntryPolicy(EntryRule.COUNTED, 2, exit_required=True)
        again = TicketOrder("day", day, count=max(2, count // 10), policy=twice)
        self._twins = self._take(
            park.centre.sell(TicketOrder("day", day, count=max(3, count // 8)))
        )
        self._again = {ticket.serial for ticket in self._take(park.centre.sell(again))}
        [nobodys] = park.centre.sell(TicketOrder("day", day))
        park.centre.nobodys = nobodys.serial
        for number in range(max(1, count // 15)):
            document = ("id", f"11010119900307{number:04d}")
            for ticket in self._take(park.centre.sell(TicketOrder("day", day, holder=document))):
                impostor = self._rng.random() < 0.3
                visitor = self._visitor(ticket, honest=not impostor)
                visitor.document, visitor.impostor = document, impostor
                if impostor:
                    visitor.document = ("id", "110101200001019999")

    def sell_codes(self) -> None:
        """Sell other sellers' codes for today, and take some of them back already."""
        park = self._park
        sellers = park.centre.sellers
        for _ in range(SOLD_TWICE):
            code = sellers.sell_twice(PRODUCTS[0], PRODUCTS[1], park.centre.today())
            ticket = sellers.tickets[code]
            park.tickets[ticket.serial] = ticket
            self._visitor(ticket, honest=True, code=code)
        for series in SERIES:
            count = max(2, park.plan.visitors // 6)
            today = park.centre.today()
            sellers.sell(series, PRODUCTS[1], today + timedelta(days=1), 2)
            codes = sellers.sell(series, PRODUCTS[0], today, count)
            codes += sellers.sell(series, PRODUCTS[0], today - timedelta(days=1), 2)
            for code in codes:
                ticket = sellers.tickets[code]
                park.tickets[ticket.serial] = ticket
                gone = self._rng.random() < 4 * park.plan.refunds
                lasts = sellers.cells[code].last > today
                visitor = self._visitor(ticket, honest=lasts and not gone, code=code)
                if gone:
                    visitor.honest = False
                    park.world.at(self._rng.uniform(0.0, 600_000.0), self._refund_of_code(code))

    def _refund_of_code(self, code: bytes) -> _Act:
        park = self._park
        return lambda: park.centre.refund_code(code)

    def _take(self, tickets: list[Ticket]) -> list[Ticket]:
        park = self._park
        park.tickets.update((ticket.serial, ticket) for ticket in tickets)
        return tickets

    def _visitor(self, ticket: Ticket, *, honest: bool, code: bytes | None = None) -> Visitor:
        park = self._park
        manner = self._rng.choices(
            (Manner.PASS, Manner.WIGGLE, Manner.SLOW, Manner.NO_SHOW), (80, 10, 6, 4)
        )[0]
        if manner is Manner.NO_SHOW:
            honest = False
        visitor = Visitor(
            len(park.visitors),
            code or park.centre.code(ticket),
            ticket.serial,
            ticket.admits,
            manner,
            honest,
        )
        park.visitors.append(visitor)
        return visitor

    def send(self, start_ms: float, end_ms: float) -> None:
        """Let everybody come between these times of the virtual day."""
        park = self._park
        rng = self._rng
        last_ms = start_ms + (end_ms - start_ms) * 0.95
        spoken_for = {visitor.serial for visitor in park.visitors}
        spoken_for |= {ticket.serial for ticket in self._twins}
        for ticket in [*park.tickets.values()]:
            if ticket.serial not in spoken_for:
                self._holder(ticket, start_ms, last_ms)
        for _ in range(max(1, park.plan.visitors // 10)):
            self._stranger()
        for _ in range(int(park.plan.visitors * park.plan.walk_ups)):
            park.world.at(rng.uniform(start_ms, last_ms), self._walk_up)
        visitors = list(park.visitors)
        for ticket in self._twins:
            self._both_at_once(ticket, rng.uniform(start_ms, last_ms))
        for visitor in visitors:
            at_ms = rng.uniform(start_ms, last_ms)
            lane = self._lane_for(visitor)
            if visitor.serial is not None and (visitor.serial in self._again or rng.random() < 0.2):
                self._come_and_go(visitor, lane)
            park.world.at(at_ms, arrival(lane, visitor))

    def _holder(self, ticket: Ticket, start_ms: float, last_ms: float) -> None:
        """Make the holder of a ticket, perhaps one with a copy, perhaps one who is refunded."""
        park = self._park
        expired = ticket.expires_at * 1000 < park.world.utc_ms
        daily = ticket.entry_policy.rule is EntryRule.DAILY
        copied = daily or self._rng.random() < 0.06
        visitor = self._visitor(ticket, honest=not copied and not expired)
        if copied:
            self._visitor(ticket, honest=False)
        elif self._rng.random() < park.plan.refunds:
            visitor.honest = False
            refund, at_ms = self._refund_of(ticket.serial), self._rng.uniform(start_ms, last_ms)
            if self._moments.random() < AT_THE_GATE:
                visitor.first = refund
            else:
                park.world.at(at_ms, refund)

    def _both_at_once(self, ticket: Ticket, at_ms: float) -> None:
        """Send a ticket and its copy to lanes of two gates at the same moment."""
        ways_in = [lane for lane in self._park.lanes if lane.direction is Direction.IN]
        first = self._rng.choice(ways_in)
        second = self._rng.choice([lane for lane in ways_in if lane.gate is not first.gate])
        for lane in (first, second):
            visitor = self._visitor(ticket, honest=False)
            visitor.manner = Manner.PASS
            self._park.world.at(at_ms, arrival(lane, visitor))

    def _refund_of(self, serial: int) -> _Act:
        park = self._park
        return lambda: park.centre.refund([serial])

    def _walk_up(self) -> None:
        """Sell a ticket at the window and send it on at once: no list can know of it yet."""
        park = self._park
        for ticket in self._take(park.centre.sell(TicketOrder("day", park.centre.today()))):
            visitor = self._visitor(ticket, honest=True)
            park.world.after(
                self._rng.uniform(500.0, 60_000.0), arrival(self._lane_for(visitor), visitor)
            )

    def _stranger(self) -> None:
        """Send somebody who shows what is no ticket, or shows nothing and breaks through."""
        park = self._park
        rng = self._rng
        code = rng.choice(
            (None, b"https://example.org/menu", rng.randbytes(40), b"SG1:" + rng.randbytes(90))
        )
        manner = Manner.FORCE if code is None else Manner.PASS
        park.visitors.append(Visitor(len(park.visitors), code, None, 1, manner, honest=False))

    def _lane_for(self, visitor: Visitor) -> SimLane:
        park = self._park
        ways_in = [lane for lane in park.lanes if lane.direction is Direction.IN]
        armed = [lane for lane in ways_in if lane.gate.arms]
        return self._rng.choice(armed if visitor.manner is not Manner.PASS else ways_in)

    def _come_and_go(self, visitor: Visitor, lane: SimLane) -> None:
        """Let a visitor out at a lane of the same board, if it has one; and in again, if the ticket
        allows."""
        ways_out = [
            other
            for other in self._park.lanes
            if other.gate is lane.gate and other is not lane and other.direction is Direction.OUT
        ]
        if not ways_out:
            return
        out = ways_out[0]
        leaving = self._same(visitor)
        visitor.then = lambda: self._comes(leaving, out, visitor.honest)
        if visitor.serial in self._again:
            # Whoever left while the board was dead is still inside for it.
            coming, good_day = self._same(visitor), self._park.plan.rates is None
            leaving.then = lambda: self._comes(coming, lane, visitor.honest and good_day)

    def _same(self, visitor: Visitor) -> Visitor:
        """Return the same person once more; whether that is honest is decided on arrival."""
        other = replace(
            visitor,
            number=len(self._park.visitors),
            honest=False,
            refused=[],
            first=None,
            then=None,
        )
        self._park.visitors.append(other)
        return other

    def _comes(self, visitor: Visitor, lane: SimLane, honest: bool) -> None:
        visitor.honest = honest
        self._park.world.after(self._rng.uniform(5000.0, 60_000.0), arrival(lane, visitor))


def arrival(lane: SimLane, visitor: Visitor) -> _Act:
    """Return the act of that visitor coming to that lane."""
    return lambda: lane.arrive(visitor)
