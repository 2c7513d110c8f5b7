"""What was sent over the broker, as whoever owns it has recorded it."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

MOST = 600
"""How many messages are kept, an even sample of all of the day."""


class Recorded(NamedTuple):
    """A message. `sent_ms`: when, in virtual time. `card`: how many cards the gate has had; `boot`:
    how many boots."""

    topic: str
    payload: bytes
    sent_ms: float
    card: int
    boot: int

    @property
    def gate(self) -> str:
        """Name of the gate that it is to, or from."""
        return self.topic.split("/")[2]

    @property
    def down(self) -> bool:
        """Whether the centre sent it."""
        return "/down/" in self.topic


class Tap:
    """Listens to everything that is sent from now on."""

    def __init__(self, park: "Park", rng: random.Random) -> None:
        self.recorded: list[Recorded] = []
        self._park = park
        self._rng = rng
        self._count = 0
        self._gates = {gate.name: gate for gate in park.gates}
        self._listeners: dict[str, Callable[[], None]] = {}
        self._on_packet = park.on_packet
        park.on_packet = self._hear

    def when_it_speaks(self, gate: str, act: Callable[[], None]) -> None:
        """Do `act` when this gate claims a ticket next: somebody stands before its arm."""
        self._listeners[gate] = act

    def _hear(self, topic: str, payload: bytes) -> None:
        self._on_packet(topic, payload)
        self._count += 1
        at = len(self.recorded) if self._count <= MOST else self._rng.randrange(self._count)
        name = topic.split("/")[2]
        if at < MOST:
            gate = self._gates[name]
            message = Recorded(
                topic, payload, self._park.world.now_ms, len(gate.cards), len(gate.boots)
            )
            self.recorded[at : at + 1] = [message]
        if topic.endswith("up/claim") and name in self._listeners:
            self._listeners.pop(name)()
