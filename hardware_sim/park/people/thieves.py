"""What happens around keys on a day on which some are stolen: a new ticket key, the one before
first suspected, then called stolen, twice; forgeries with it at each step; a list key that is
stolen and replaced; roots that change twice while a gate is away."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from fleet_manager.daemon.packets import PacketWriter
from fleet_manager.keys.vault import Signer
from fleet_manager.tickets.sell import TicketOrder
from gate_agent.validator.messages.trust_messages import RulesOffer
from gate_agent.validator.tickets.ticket import Ticket, sign
from gate_agent.validator.trust import rule_book
from gate_agent.validator.trust.keys import KeyMode, KeyUse
from hardware_sim.park.board.sim_lane import Manner, Visitor
from hardware_sim.park.people.guests import Guests

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

FAR = 50_000
"""Serials so far ahead that nobody sells them today."""
PUSHED = 1_000_000
"""The version that a thief gives his rules."""
GATES = 2
HEARD_MS = 15_000.0, 70_000.0
"""By then most gates have the newest key set."""
SUSPECTED, STOLEN, STOLEN_AGAIN = 20_000.0, 110_000.0, 230_000.0
"""When, ms after the new key."""
LIST_KEY, REPLACED, ROOTS = 0.75, 20_000.0, 0.5
"""Shares of the day, and how long after the theft of the list key it is replaced, ms."""


class Thieves(Guests):
    """Staff change keys, and forgers come."""

    def __init__(self, park: "Park") -> None:
        super().__init__(park, "thieves")
        self._sold: list[Ticket] = []

    def send(self, start_ms: float, end_ms: float) -> None:
        """Plan the day between these virtual times."""
        self._open(start_ms, end_ms)
        world, span_ms = self._park.world, end_ms - start_ms
        at_ms = start_ms + span_ms * self._rng.uniform(0.15, 0.4)
        self._unreadable()
        world.at(at_ms, self._new_key)
        for after_ms, act in (
            (SUSPECTED, self._suspect),
            (STOLEN, self._call_stolen),
            (STOLEN_AGAIN, self._call_stolen_again),
        ):
            world.at(at_ms + after_ms, act)
        world.at(start_ms + span_ms * ROOTS, self._turn_roots)
        world.at(start_ms + span_ms * LIST_KEY, self._push_rules)

    # --- ticket keys -------------------------------------------------------------------------

    def _new_key(self) -> None:
        """Sell with a new key; whoever has the old one has sold a ticket before."""
        self._sold.append(self._sell_to_nobody())
        self._park.centre.rotate(KeyUse.TICKET)
        self._unreadable()

    def _suspect(self) -> None:
        """Ask of tickets under the old key that they are listed; forge one that is not."""
        self._withdraw(KeyMode.SIG_LIST)
        self._forge(self._old.serial + FAR, self._now_s)

    def _call_stolen(self) -> None:
        """Call the key stolen: it counts for what was sold with it so far. Forge a ticket that was
        sold, with another date, and one that was not, with an old date."""
        self._withdraw(KeyMode.LIST_ONLY)
        self._forge(self._old.serial, self._now_s + 30)
        self._forge(self._old.serial + 2 * FAR, self._old.issued_at)
        self._sold.append(self._sell_to_nobody())

    def _call_stolen_again(self) -> None:
        """Call it stolen once more, which changes nothing: forge what was sold since, by other
        keys, and with another date."""
        self._withdraw(KeyMode.LIST_ONLY)
        self._forge(self._sold[-1].serial, self._old.issued_at)
        self._forge(self._old.serial, self._now_s - 30)

    @property
    def _old(self) -> Ticket:
        return self._sold[0]

    @property
    def _now_s(self) -> int:
        return self._park.world.utc_ms // 1000

    def _sell_to_nobody(self) -> Ticket:
        centre = self._park.centre
        [ticket] = centre.sell(TicketOrder("day", centre.today()))
        return ticket

    def _withdraw(self, mode: KeyMode) -> None:
        centre, now_ms = self._park.centre, self._park.world.utc_ms
        centre.ceremony.withdraw(self._old.key_id, mode, centre.last_serial, now_ms)
        centre.use_new_keys()

    def _forge(self, serial: int, issued_at: int) -> None:
        """Sign a ticket with the stolen key and show it at some gates, once they have heard."""
        park, signer = self._park, self._park.centre.vault.tickets[self._old.key_id]
        ticket = replace(self._old, serial=serial, issued_at=issued_at)
        code = sign(ticket, park.name, signer.public, signer.sign).encode()
        park.forgeries.append((code, ticket))
        for lane in self._rng.sample(self._ways_in, GATES):
            visitor = Visitor(len(park.visitors), code, None, 1, Manner.PASS, honest=False)
            park.visitors.append(visitor)
            self._at(park.world.now_ms + self._rng.uniform(*HEARD_MS), visitor, lane)

    def _unreadable(self) -> None:
        """Sell a ticket whose code nothing can read: staff type its number."""
        ticket = self._sell(TicketOrder("day", self._park.centre.today()))
        visitor = self._visitor(ticket)
        visitor.number_typed = self._park.centre.number(ticket)
        at_ms = self._rng.uniform(self._park.world.now_ms + 60_000.0, self._end_ms)
        self._at(at_ms, visitor, self._rng.choice(self._ways_in))

    # --- list keys and roots -----------------------------------------------------------------

    def _push_rules(self) -> None:
        """Steal the newer of two list keys, and push the version of every gate's rules so far that
        nothing which the centre makes is newer; then staff replace that key."""
        park, centre = self._park, self._park.centre
        centre.rotate(KeyUse.LIST)
        thief = centre.vault.list
        park.world.after(REPLACED, partial(self._offer, thief))
        park.world.after(2 * REPLACED, self._with_new_keys(centre.ceremony.replace_list_key))

    def _offer(self, thief: Signer) -> None:
        """Offer each gate the rules that it has, as newer ones."""
        park = self._park
        writer = PacketWriter(park.name, park.centre.vault.centre)
        for gate in park.gates:
            if gate.core is not None and gate.core.trust.rules.version:
                book = replace(gate.core.trust.rules, version=PUSHED, as_of_ms=park.world.utc_ms)
                sealed = rule_book.seal(book, thief.id, thief.sign)
                gate.wire.down(*writer.write(gate.name, RulesOffer(sealed)))

    def _turn_roots(self) -> None:
        """Replace two of the roots, one after the other, while a gate is away."""
        turn = self._with_new_keys(self._park.centre.ceremony.turn_roots)
        away = self._rng.choice(self._park.gates)
        away.wire.cut()
        for after_ms in (5000.0, 10_000.0):
            self._park.world.after(after_ms, turn)
        self._park.world.after(20_000.0, away.wire.heal)

    def _with_new_keys(self, change: Callable[[int], None]) -> Callable[[], None]:
        """Return an act of the centre that changes keys and goes on with them."""
        centre, world = self._park.centre, self._park.world

        def act() -> None:
            change(world.utc_ms)
            centre.use_new_keys()

        return act
