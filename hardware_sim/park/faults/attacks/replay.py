"""What was once sent on the broker, sent again: of any boot, card and backup, in any order."""

import random
from typing import TYPE_CHECKING

from hardware_sim.park.checks.siege import seen, unchanged
from hardware_sim.park.faults.attacks.tap import Recorded, Tap

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

MOST = 12


class Replay:
    """Plays what the tap has recorded."""

    def __init__(self, park: "Park", rng: random.Random, tap: Tap) -> None:
        self._park = park
        self._rng = rng
        self._tap = tap
        self._gates = {gate.name: gate for gate in park.gates}

    def play(self) -> None:
        """Send some of it again, to whom it was for."""
        recorded, rng = self._tap.recorded, self._rng
        some = rng.sample(recorded, min(len(recorded), rng.randrange(1, MOST)))
        self._park.world.note("replay", len(some))
        for message in some:
            self._send(message)

    def _send(self, message: Recorded) -> None:
        if not message.down:
            unchanged.at_centre(self._park, [(message.topic, message.payload)], replayed=True)
            seen.watch(self._park)
            return
        gate = self._gates[message.gate]
        if gate.wire.up:
            elsewhere = (message.card, message.boot) != (len(gate.cards), len(gate.boots))
            unchanged.by_recording(
                self._park, gate, message.topic, message.payload, elsewhere=elsewhere
            )
