"""A storm of lists: a seller sends its table again and again, staff cannot make up their mind."""

import random

from gate_agent.validator.lists.ticket_list import TicketStatus
from hardware_sim.park.centre.catalogue import PRODUCTS
from hardware_sim.park.centre.centre import SimCentre
from hardware_sim.park.centre.seller import SERIES
from hardware_sim.park.world import World

CHANGES = 12
APART_MS = 700.0


def storm(world: World, rng: random.Random, centre: SimCentre) -> None:
    """Make a dozen changes within seconds; each of them is a new version."""
    world.note("storm")
    at = 0.0
    for number in range(CHANGES):
        at += rng.expovariate(1 / APART_MS)
        world.after(at, lambda number=number: _change(rng, centre, number))  # type: ignore[misc]


def _change(rng: random.Random, centre: SimCentre, number: int) -> None:
    if number % 4 == 0:
        centre.sellers.sell(rng.choice(SERIES), PRODUCTS[0], centre.today(), 1 + number)
    centre.set_status(
        [centre.nobodys], TicketStatus.SUSPENDED if number % 2 == 0 else TicketStatus.VALID
    )
