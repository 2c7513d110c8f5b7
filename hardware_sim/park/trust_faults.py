"""What shakes trust: keys and rules that change in the middle of the day, and clocks that lie."""

import random

from gate_agent.validator.keys import Use
from hardware_sim.park.centre import SimCentre
from hardware_sim.park.gate import SimGate
from hardware_sim.park.world import World

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000


def lie(rng: random.Random, world: World, gate: SimGate) -> bool:
    """A wrong time server, if the board has been told anything: else it would have to believe it.
    Gives whether it lies."""
    if gate.system is None or not gate.system.bound.signed_ms:
        return False
    gate.clock.synchronised = True
    gate.clock.error_ms = rng.choice((-world.utc_ms, -_HOUR_MS, 500 * _DAY_MS))
    return True


def change_key(rng: random.Random, centre: SimCentre) -> None:
    """A new key for one use."""
    centre.rotate(rng.choice((Use.TICKET, Use.LIST, Use.CENTRE)))


def change_rules(rng: random.Random, centre: SimCentre) -> None:
    """The park wants something else of its gates."""
    centre.change_rules(rng.choice(("soft", "hard", "off")))
