"""What the office does in a day: it sells, mostly without saying a day; voids; is asked for what it
may not do; and sells once more in the evening."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleet_manager.access.actor import Actor
from fleet_manager.errors import CentreError
from fleet_manager.services import tickets
from fleet_manager.services.ledger import resolve
from fleet_manager.services.tickets import SaleRequest
from fleet_manager.station import ledger
from gate_agent.validator.passage import Direction
from gate_agent.validator.tickets.ticket import Ticket
from hardware_sim.park.board.sim_lane import Manner, Visitor
from hardware_sim.park.centre.office_log import Sale
from hardware_sim.park.office.desk import ACCOUNTANT, CASHIERS, LEAD, Desk, opened, takes

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

SALES = 4
AFTER_MIDNIGHT_MS = 20_000.0
ON_THE_WAY_MS = (3000.0, 60_000.0)


class Office:
    """`desk`: where its people act; what they did is in the park's `office_log`."""

    def __init__(self, park: "Park") -> None:
        self.desk: Desk = opened(park)
        self._park = park
        self._rng: random.Random = park.world.stream("office")

    def open(self, start_ms: float, end_ms: float) -> None:
        """Plan the acts of a day; one of its sales is just after midnight, if the day has one."""
        park, rng = self._park, self._rng
        mistyped = park.zone.key.replace("/", "/X")
        if takes(park, mistyped):
            park.world.violated("office", f"a centre opens in the time zone {mistyped}")
        times = [rng.uniform(start_ms, end_ms) for _ in range(SALES)]
        midnight_ms = float(park.day.next_midnight_ms())
        if start_ms < midnight_ms < end_ms - AFTER_MIDNIGHT_MS:
            times.append(midnight_ms + rng.uniform(0.0, AFTER_MIDNIGHT_MS))
        for at_ms in times:
            park.world.at(at_ms, self._sell_to_somebody)
        park.world.at(rng.uniform(start_ms, end_ms), self._void_one)
        park.world.at(rng.uniform(start_ms, end_ms), self.resolve)

    def resolve(self) -> None:
        """Resolve every open case, as an accountant does."""
        with self.desk.store.read() as connection:
            cases = ledger.cases(connection, ledger.OPEN)
        for case in cases:
            self._park.office_log.resolved[case.ticket, case.day] = case.persons
        for serial in {case.serial: None for case in cases}:
            resolve(self.desk, ACCOUNTANT, serial, ACCOUNTANT.name, "seen")

    def close(self) -> None:
        """Sell to somebody who comes another day: nothing else changes at the centre after that."""
        if self._park.plan.small:
            self._sell(SaleRequest(product="day"))

    def _request(self, today: date) -> SaleRequest:
        rng = self._rng
        request = rng.choice(
            (
                SaleRequest(product="day"),
                SaleRequest(product="day", days=rng.choice((1, 3))),
                SaleRequest(product="day", last_day=today + timedelta(days=1)),
                SaleRequest(product="day", first_day=today, last_day=today),
            )
        )
        return replace(request, count=rng.choice((1, 1, 3)), admits=rng.choice((None, 2)))

    def _sell(self, request: SaleRequest) -> list[tuple[Ticket, str]]:
        park, who = self._park, self._rng.choice(CASHIERS)
        prints = tickets.issue(self.desk, who, request)
        sold = tuple(ticket.ticket for ticket in prints)
        park.centre.note_sold(sold)
        park.tickets.update((ticket.serial, ticket) for ticket in sold)
        park.office_log.sales.append(Sale(who.name, request, park.centre.today(), sold))
        park.world.note("sale", who.name, [ticket.serial for ticket in sold])
        return [(ticket.ticket, ticket.code) for ticket in prints]

    def _sell_to_somebody(self) -> None:
        """Sell, and let one of the holders come at once."""
        park, rng = self._park, self._rng
        ticket, code = self._sell(self._request(park.centre.today()))[0]
        visitor = Visitor(
            len(park.visitors),
            code.encode(),
            ticket.serial,
            ticket.admits,
            Manner.PASS,
            honest=False,
        )
        park.visitors.append(visitor)
        lane = rng.choice([lane for lane in park.lanes if lane.direction is Direction.IN])
        park.world.after(rng.uniform(*ON_THE_WAY_MS), lambda: lane.arrive(visitor))

    def _void_one(self) -> None:
        """Void a ticket by somebody who may; before it a cashier tries to, and afterwards somebody
        wants it to be good again."""
        [(ticket, _)] = self._sell(SaleRequest(product="day"))
        serials = [ticket.serial]
        self._refused(tickets.void, CASHIERS[0], serials)
        tickets.void(self.desk, LEAD, serials)
        self._park.centre.note_void(serials)
        self._park.office_log.voided.extend(serials)
        self._refused(tickets.restore, LEAD, serials)
        self._refused(tickets.suspend, LEAD, serials)

    def _refused(
        self, act: Callable[[Desk, Actor, list[int]], object], who: Actor, serials: list[int]
    ) -> None:
        try:
            act(self.desk, who, serials)
        except CentreError:
            return
        text = f"{who.name}, {who.role.value}, was allowed to {act.__name__} ticket {serials[0]}"
        self._park.world.violated("office", text)
