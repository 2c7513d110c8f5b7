"""What shakes trust: keys and rules that change in the middle of the day."""

import random

from gate_agent.validator.trust.keys import KeyUse
from hardware_sim.park.centre.centre import SimCentre


def change_key(rng: random.Random, centre: SimCentre) -> None:
    """Put a new key for one use in force."""
    centre.rotate(rng.choice((KeyUse.TICKET, KeyUse.LIST, KeyUse.CENTRE)))


def change_rules(rng: random.Random, centre: SimCentre) -> None:
    """Change the rule book."""
    centre.change_rules(rng.choice(("soft", "hard", "off")))
