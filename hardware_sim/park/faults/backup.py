"""A backup of the centre that is put back in the middle of the day, and what staff do then: the
steps of docs/recovery.md, one after the other."""

from typing import TYPE_CHECKING

from fleet_manager import recovery
from fleet_manager.tickets.sell import TicketOrder
from fleet_manager.trust import key_sets

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

TAKEN, PUT_BACK = 0.25, 0.6
"""Shares of the day."""
BROKER_MS = 1000.0
TOLD_MS = 90_000.0
"""Until then every gate that is linked has told its state."""
AGAIN_MS = 180_000.0
VISIT_MS = 20_000.0
MORE = 3


class Backup:
    """Plans the day's restore; nothing else of the day knows of it."""

    def __init__(self, park: "Park", end_ms: float) -> None:
        self._park = park
        self._image = b""
        self._sold = 0
        park.world.at(TAKEN * end_ms, self._take)
        park.world.at(PUT_BACK * end_ms, self._put_back)

    def _take(self) -> None:
        park = self._park
        park.world.note("backup")
        self._sold = self._sold_now()
        self._image = park.centre.image()

    def _sold_now(self) -> int:
        with self._park.centre.store.read() as connection:
            return key_sets.last_serial(connection)

    def _put_back(self) -> None:
        park, centre = self._park, self._park.centre
        park.world.note("restore")
        since = self._sold_now() - self._sold
        centre.put_back(self._image)
        with centre.store.read() as connection:
            keys = key_sets.newest(connection)
        if keys is None or keys.version < centre.ceremony.version:
            centre.ceremony.publish(park.world.utc_ms)
        # In this order: nothing may be sold before the serials are used up again.
        centre.sell(TicketOrder("day", centre.today(), count=since + MORE))
        centre.refund(sorted(centre.void))
        centre.sellers.repeat()
        centre.start()
        for gate in park.gates:
            if gate.wire.whole:
                gate.wire.cut()
                park.world.after(BROKER_MS, gate.wire.heal)
        park.world.after(VISIT_MS, self._visit)
        park.world.after(TOLD_MS, lambda: self._go_on(always=True))

    def _visit(self) -> None:
        """Enrol again a gate whose key was renewed since the backup, which is refused until
        somebody comes."""
        for gate in self._park.gates:
            if gate.core and not self._park.enrolment.knows(
                gate.name, gate.core.own.identity.public
            ):
                gate.enrol(self._park.enrolment.replace(gate.name))
        self._park.world.after(VISIT_MS, self._visit)

    def _go_on(self, *, always: bool) -> None:
        """Raise every number above what the gates have seen, and once more for gates that come back
        later."""
        centre, now_ms = self._park.centre, self._park.world.utc_ms
        with centre.store.read() as connection:
            numbers = recovery.numbers(connection)
        ahead = [number for number in numbers if number.theirs > number.ours]
        with centre.store.write() as connection:
            for number in numbers if always else ahead:
                if number.what != recovery.KEYS and number.believable:  # a thief says anything
                    recovery.go_on(connection, number, now_ms)
            if always:
                recovery.number_news_anew(connection)
        self._park.world.after(AGAIN_MS, lambda: self._go_on(always=False))
