"""Two wires between a gate and the centre, as bad as MQTT allows: what is on them may be lost, come
twice, or in another order."""

import random
from typing import Generic, TypeVar

Up = TypeVar("Up")
Down = TypeVar("Down")


class TwoWires(Generic[Up, Down]):
    """Messages on their way, oldest first."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.up: list[Up] = []
        self.down: list[Down] = []

    def lose(self) -> None:
        """One message of each wire."""
        for wire in (self.up, self.down):
            if wire:
                wire.pop(self.rng.randrange(len(wire)))

    def double(self) -> None:
        """One message of each wire comes again at the end."""
        if self.up:
            self.up.append(self.rng.choice(self.up))
        if self.down:
            self.down.append(self.rng.choice(self.down))

    def reorder(self) -> None:
        """Both wires."""
        self.rng.shuffle(self.up)
        self.rng.shuffle(self.down)
