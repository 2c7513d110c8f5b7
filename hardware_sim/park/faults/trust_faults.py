"""What shakes trust: keys and rules that change in the middle of the day."""

import random

from gate_agent.validator.trust.keys import KeyUse
from hardware_sim.park.centre.centre import SimCentre


def change_key(rng: random.Random, centre: SimCentre) -> None:
    """A new key for one use."""
    centre.rotate(rng.choice((KeyUse.TICKET, KeyUse.LIST, KeyUse.CENTRE)))


def change_rules(rng: random.Random, centre: SimCentre) -> None:
    """The park wants something else of its gates."""
    centre.change_rules(rng.choice(("soft", "hard", "off")))
