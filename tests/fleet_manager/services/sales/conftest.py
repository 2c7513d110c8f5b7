"""A park whose box office is open: prices, a till with a shift, over both databases."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import count

import pytest

from fleet_manager.access.actor import Actor, Role, Via
from fleet_manager.centre import Centre
from fleet_manager.sales.orders.basket import Basket, WantedLine
from fleet_manager.sales.orders.tills import Till, TillKind
from fleet_manager.sales.prices.catalogue import PriceRow
from fleet_manager.services.sales import orders, prices, shifts, tills
from fleet_manager.services.sales.orders import PaidBy, Sold
from fleet_manager.services.sales.prices import NewPrices
from tests.fleet_manager.conftest import over_each
from tests.fleet_manager.scribe import NOON

LEI = Actor("lei", Role.CASHIER, Via.PAGE, "10.0.0.7", "north")
MEI = Actor("mei", Role.STATION_LEAD, Via.PAGE, "10.0.0.8", "north")
BOSS = Actor("boss", Role.MANAGER, Via.PAGE, "10.0.0.9")
FLOAT_FEN = 500_00
TODAY = date(2026, 11, 23)


@dataclass
class Clock:
    """The centre's time, UTC ms; a test moves it."""

    ms: int = NOON

    def __call__(self) -> int:
        return self.ms


class Office:
    """What tests do at a till. `clock`: the centre's."""

    def __init__(self, centre: Centre, clock: Clock) -> None:
        self.centre, self.clock = centre, clock
        self._intents = (f"intent-{n}" for n in count(1))

    def basket(self, *lines: WantedLine) -> Basket:
        """A new sale."""
        return Basket(intent=next(self._intents), lines=lines, till="north-1")

    def sell(self, *lines: WantedLine, given_fen: int | None = None, who: Actor = LEI) -> Sold:
        """Sell for cash."""
        return orders.sell(self.centre, who, self.basket(*lines), PaidBy(given_fen=given_fen))

    def line(self, product: str = "adult", persons: int = 1, **more: object) -> WantedLine:
        """So many tickets for today."""
        return WantedLine(product=product, persons=persons, day=TODAY, **more)  # type: ignore[arg-type]

    def price(self, product: str, fen: int, **more: object) -> None:
        """One price for everybody."""
        rows = (PriceRow("", "", "", fen),)
        new = NewPrices(product=product, prices=rows, from_day=TODAY, **more)  # type: ignore[arg-type]
        prices.set_prices(self.centre, BOSS, new)


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, park: Centre) -> Iterator[Office]:
    """A till with an open shift, adult 120.00 and child 60.00."""
    clock = Clock()
    with over_each(request, park) as store:
        made = Office(replace(park, store=store, clock=clock), clock)
        made.price("adult", 120_00)
        made.price("child", 60_00)
        tills.add(made.centre, BOSS, Till("north-1", "north", TillKind.WINDOW, "北一", "North 1"))
        shifts.open_shift(made.centre, LEI, "north-1", FLOAT_FEN)
        yield made
