"""People who try what ordinary visitors do not: the wrong zone, the first and the last moment of a
window, an old print, one entry more, a second time today; and tickets with several things wrong at
once, of which only the first may be told."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from fleet_manager.daemon.packets import PacketWriter
from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.lists.ticket_list import TicketStatus
from gate_agent.validator.messages.trust_messages import KeysOffer
from gate_agent.validator.passage import Direction
from gate_agent.validator.reasons import Reason
from gate_agent.validator.tickets.entry_policy import EntryPolicy, EntryRule
from gate_agent.validator.tickets.ticket import Ticket, sign
from hardware_sim.park.board.sim_lane import Manner, SimLane, Visitor
from hardware_sim.park.centre.key_ceremony import signer
from hardware_sim.park.people.guests import Guests

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

GARDEN, MAIN = 0b10, 0b01
"""Zones of tickets for one of the two places only."""
_EDGES_MS = (-3000.0, -700.0, -1.0, 0.0, 1.0, 700.0, 3000.0)
_DAILY = EntryPolicy(EntryRule.DAILY)
_OUT_FIRST = EntryPolicy(EntryRule.DAILY, exit_required=True)
_THRICE = EntryPolicy(EntryRule.COUNTED, 3)


class Cast(Guests):
    """Sells at the park's centre to a dozen people, and sends them to its lanes."""

    def __init__(self, park: "Park") -> None:
        super().__init__(park, "cast")

    def send(self, start_ms: float, end_ms: float) -> None:
        """Sell, and let everybody come between these times of the virtual day."""
        self._open(start_ms, end_ms)
        day = self._park.centre.today()
        tomorrow = day + timedelta(days=1)
        for zones in (GARDEN, MAIN):
            self._comes(self._sell(TicketOrder("day", day, zones=zones)))
        self._windows(self._sell(TicketOrder("day", day, days=1)))
        self._windows(self._sell(TicketOrder("day", tomorrow)))
        self._prints(TicketOrder("day", day))
        self._one_more(self._sell(TicketOrder("day", day)))
        self._held_back(self._sell(TicketOrder("day", day)))
        for policy in (_DAILY, _OUT_FIRST, _THRICE):
            self._again(self._sell(TicketOrder("day", day, policy=policy, admits=self._few())))
        self._exempted(self._sell(TicketOrder("day", day, policy=_OUT_FIRST)))
        self._several_wrongs()
        self._forgers()
        self._thief()
        self._unreadable(self._sell(TicketOrder("day", day)))

    def _few(self) -> int:
        return self._rng.choice((1, 1, 2))

    def _windows(self, ticket: Ticket) -> None:
        """Let people come around the midnight at which a window begins or ends, if it is in this
        day, to the millisecond."""
        midnight_ms = float(self._park.day.next_midnight_ms())
        if not self._start_ms < midnight_ms < self._end_ms:
            self._comes(ticket)
            return
        for edge_ms in self._rng.sample(_EDGES_MS, 2):
            visitor = self._visitor(ticket)
            visitor.prompt = True
            self._park.shared.add(ticket.serial)
            self._at(midnight_ms + edge_ms, visitor, self._rng.choice(self._ways_in))

    def _prints(self, order: TicketOrder) -> None:
        """Print two tickets again: of one the old print is shown, of the other the new one."""
        park = self._park
        for lost in (True, False):
            ticket = self._sell(order)
            old = park.centre.code(ticket)
            new = park.centre.reprint(ticket.serial)
            park.prints[ticket.serial] = 0 if lost else new.issue
            visitor = self._visitor(ticket, old if lost else park.centre.code(new))
            self._at(self._when(), visitor, self._rng.choice(self._ways_in))

    def _one_more(self, ticket: Ticket) -> None:
        """Give one entry more to somebody who has been in, and comes again before and after."""
        park, lane = self._park, self._rng.choice(self._ways_in)
        more = self._visitor(ticket)
        more.first = lambda: park.centre.add_entries(ticket.serial, 1)
        self._in_turn(lane, [self._visitor(ticket), self._visitor(ticket), more])

    def _unreadable(self, ticket: Ticket) -> None:
        """Let staff type the printed number of a ticket, once more after it was used."""
        lane, number = self._rng.choice(self._ways_in), self._park.centre.number(ticket)
        visits = [self._visitor(ticket), self._visitor(ticket)]
        for visitor in visits:
            visitor.number_typed = number
        self._in_turn(lane, visits)

    def _held_back(self, ticket: Ticket) -> None:
        """Suspend a ticket, and restore it while its holder is on the way."""
        park, lane = self._park, self._rng.choice(self._ways_in)
        park.centre.set_status([ticket.serial], TicketStatus.SUSPENDED)
        restored = self._visitor(ticket)
        restored.first = lambda: park.centre.set_status([ticket.serial], TicketStatus.VALID)
        self._in_turn(lane, [self._visitor(ticket), restored])

    def _exempted(self, ticket: Ticket) -> None:
        """Exempt somebody who has lost the way out from anti-passback, by staff at the centre."""
        park, lane = self._park, self._rng.choice(self._ways_in)
        exempt = self._visitor(ticket)

        def forgive() -> None:
            park.exempted[ticket.serial] = park.world.utc_ms
            park.centre.forgive(ticket)

        exempt.first = forgive
        self._in_turn(lane, [self._visitor(ticket), self._visitor(ticket), exempt])

    def _again(self, ticket: Ticket) -> None:
        """Come again and again at one board: at once, around the time of anti-passback, after
        midnight; some go out in between."""
        boards = [lane for lane in self._ways_in if _way_out(self._park, lane) is not None]
        lane = self._rng.choice(boards or self._ways_in)
        out = _way_out(self._park, lane)
        passback_ms = float(self._park.passback_ms)
        gaps = [self._rng.uniform(12_000.0, 25_000.0), passback_ms, self._rng.uniform(0.9, 1.1)]
        gaps[2] *= passback_ms
        midnight_ms = float(self._park.day.next_midnight_ms())
        at_ms = self._rng.uniform(self._start_ms, (self._start_ms + self._end_ms) / 2)
        if self._start_ms < midnight_ms < self._end_ms:
            at_ms = max(self._start_ms, midnight_ms - self._rng.uniform(5000.0, 60_000.0))
        self._at(at_ms, self._visitor(ticket), lane)
        for gap_ms in gaps:
            at_ms += gap_ms
            if out is not None and self._rng.random() < 0.4:
                self._at(at_ms - 8000.0, self._visitor(ticket), out)
            self._at(at_ms, self._visitor(ticket), lane)

    def _several_wrongs(self) -> None:
        """Sell tickets with two or three things wrong; a gate may name the first alone."""
        park, day = self._park, self._park.centre.today()
        past, tomorrow = day - timedelta(days=20), day + timedelta(days=2)
        inner = [lane for lane in self._ways_in if lane.zone]
        outer = [lane for lane in self._ways_in if not lane.zone]
        wrong = outer if self._rng.random() < 0.5 or not inner else inner
        zones = GARDEN if wrong is outer else MAIN
        lane = self._rng.choice(wrong)
        for first_day, status in self._rng.sample(
            [
                (past, TicketStatus.VOID),
                (tomorrow, TicketStatus.SUSPENDED),
                (past, TicketStatus.VALID),
                (tomorrow, TicketStatus.VALID),
                (day, TicketStatus.VOID),
            ],
            2,
        ):
            ticket = self._sell(TicketOrder("day", first_day, zones=zones))
            if status is TicketStatus.VOID:
                park.centre.refund([ticket.serial])
            elif status is not TicketStatus.VALID:
                park.centre.set_status([ticket.serial], status)
            self._comes(ticket, lane=lane)

    def _thief(self) -> None:
        """Offer every gate a key set that only one of the roots signed."""
        park = self._park
        thief = signer(self._rng, park.signatures)
        at_ms = self._when()

        def offer() -> None:
            centre = park.centre
            sealed = centre.ceremony.stolen(thief, park.world.utc_ms)
            # In the centre's own envelope: the thief may have that key as well.
            writer = PacketWriter(park.name, centre.vault.centre)
            for gate in park.gates:
                gate.wire.down(*writer.write(gate.name, KeysOffer(sealed)))

        park.world.at(at_ms, offer)

    def _forgers(self) -> None:
        """Show a ticket that a stranger signed in the name of the park's key, and one in his
        own."""
        park = self._park
        ticket = self._sell(TicketOrder("day", park.centre.today()))
        thief = signer(self._rng, park.signatures)
        real = park.centre.vault.ticket
        forged = sign(ticket, park.name, real.public, thief.sign).encode()
        own = sign(replace(ticket, key_id=thief.id), park.name, thief.public, thief.sign).encode()
        # A gate that has not heard of the newest key yet cannot tell.
        for code, reasons in (
            (forged, {Reason.FORGED.value, Reason.UNKNOWN_KEY.value}),
            (own, {Reason.UNKNOWN_KEY.value}),
        ):
            park.strange.append((code, reasons))
            visitor = Visitor(len(park.visitors), code, None, 1, Manner.PASS, honest=False)
            park.visitors.append(visitor)
            self._at(self._when(), visitor, self._rng.choice(self._ways_in))


def _way_out(park: "Park", lane: SimLane) -> SimLane | None:
    outs: list[SimLane] = [
        other
        for other in park.lanes
        if other.gate is lane.gate and other.direction is Direction.OUT
    ]
    return outs[0] if outs else None
