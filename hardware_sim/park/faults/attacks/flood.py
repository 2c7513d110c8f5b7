"""Thousands of strange messages at once, when somebody stands before the arm."""

import random
from typing import TYPE_CHECKING

from gate_agent.events import Received
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.faults.attacks.junk import Junk
from hardware_sim.park.faults.attacks.tap import Tap
from hardware_sim.park.park import PARK

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

MESSAGES = (100, 300, 1500)
SORTS = 8
MESSAGE_MS = (1.0, 4.0, 10.0)
"""How long a board takes to refuse one: a signature to verify, on a slow board."""
CENTRE_MESSAGES = (300, 2500)


class Flood:
    """`gate` and `centre` plan one each."""

    def __init__(self, park: "Park", rng: random.Random, tap: Tap, junk: Junk) -> None:
        self._park = park
        self._rng = rng
        self._tap = tap
        self._junk = junk

    def gate(self, gate: SimGate) -> None:
        """Wait until the gate claims a ticket, which every owner of the broker can see."""
        self._tap.when_it_speaks(gate.name, lambda: self._pour(gate))

    def _pour(self, gate: SimGate) -> None:
        rng, world = self._rng, self._park.world
        count = rng.choice(MESSAGES)
        messages = [self._message(gate.name) for _ in range(SORTS)]
        gate.queue.message_ms = rng.choice(MESSAGE_MS)
        world.note("flood", gate.name, count)
        if gate.wire.up:
            for number in range(count):
                gate.deliver(messages[number % SORTS])
        world.after(count * gate.queue.message_ms, lambda: self._ebb(gate))

    def _message(self, gate: str) -> Received:
        return Received(*self._junk.message(gate))

    def _ebb(self, gate: SimGate) -> None:
        gate.queue.message_ms = 0.0

    def centre(self) -> None:
        """Send the centre more messages under the names of gates than its queue holds."""
        park, rng = self._park, self._rng
        count = rng.choice(CENTRE_MESSAGES)
        park.world.note("flood", count)
        messages = [
            (f"sg1/{PARK}/{rng.choice(park.gates).name}/up/state", rng.randbytes(90))
            for _ in range(SORTS)
        ]
        for number in range(count):
            park.centre.receive(*messages[number % SORTS])
