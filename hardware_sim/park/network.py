"""The way between a gate and the centre's broker: delays, losses, duplicates, partitions.

The broker forgets: what it acknowledged can be lost (it is killed without saving). Within a
connection MQTT keeps the order; a message sent again after a reconnect can be late, so here any
message may be.
"""

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gate_agent.events import Event, LinkDown, LinkUp, Received
from gate_agent.ports import Put
from hardware_sim.park.world import World

REMEMBERED = 200


@dataclass(slots=True)
class Weather:
    """How bad the network is. Shares of messages: `loss`, `twice`, `late`. `delay_ms`: usual.
    `keeps_order`: as MQTT does while nothing is sent again."""

    loss: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    delay_ms: float = 5.0
    keeps_order: bool = False


class SimLink:
    """One gate's connection. Implements `gate_agent.ports.Link` for the gate.

    `to_centre` takes (topic, payload); `to_gate` an event. `cut` and `heal` are the world's side.
    """

    def __init__(
        self,
        world: World,
        rng: random.Random,
        weather: Weather,
        to_centre: Callable[[str, bytes], None],
        to_gate: Callable[[Event], object],
    ) -> None:
        self._heard: deque[tuple[str, bytes]] = deque(maxlen=REMEMBERED)
        self.whole = True
        self._world = world
        self._rng = rng
        self._weather = weather
        self._to_centre = to_centre
        self._to_gate = to_gate
        self._session = 0
        self._newest_ms = 0.0
        self._up = False
        self._wanted = False
        self._ups: list[tuple[float, float]] = []

    # --- the gate's side -----------------------------------------------------------------------

    def start(self, _put: Put) -> None:
        """Connect the gate as soon as the network lets it."""
        self._wanted = True
        self._try_soon()

    def stop(self) -> None:
        """End the connection with the gate's process."""
        self._wanted = False
        self._set_up(up=False)
        self._session += 1

    def publish(self, topic: str, payload: bytes) -> None:
        """Send to the centre, if the network feels like it."""
        if self._up:
            self._carry(lambda: self._to_centre(topic, payload))

    def rekey(self, certificate: Path, private: Path) -> None:
        """Do nothing: there is no TLS here."""

    # --- the world's side ----------------------------------------------------------------------

    def down(self, topic: str, payload: bytes) -> None:
        """Send from the centre to the gate."""
        self._heard.append((topic, payload))
        if self._up:
            self._carry(lambda: self._to_gate(Received(topic, payload)))

    @property
    def up(self) -> bool:
        """Whether the gate is connected."""
        return self._up

    def _set_up(self, *, up: bool) -> None:
        now_ms = self._world.now_ms
        if up:
            self._ups.append((now_ms, math.inf))
        elif self._up:
            self._ups[-1] = self._ups[-1][0], now_ms
        self._up = up

    def was_down(self, from_ms: float, to_ms: float) -> bool:
        """Return whether it was not connected at any moment between these, in virtual time."""
        return not any(start <= to_ms and end >= from_ms for start, end in self._ups)

    def replay(self) -> None:
        """Send the gate again what the centre once sent, signature and all."""
        if self._up and self._heard:
            topic, payload = self._rng.choice(self._heard)
            self._carry(lambda: self._to_gate(Received(topic, payload)))

    def cut(self) -> None:
        """Let nothing pass. The gate notices after a while."""
        self.whole = False
        self._session += 1
        if self._up:
            self._set_up(up=False)
            session = self._session
            self._world.after(self._rng.uniform(100.0, 25_000.0), lambda: self._notice(session))

    def heal(self) -> None:
        """Mend the wire; the gate connects when it tries next."""
        self.whole = True
        self._try_soon()

    def _notice(self, session: int) -> None:
        if session == self._session and self._wanted:
            self._to_gate(LinkDown())

    def _try_soon(self) -> None:
        self._session += 1
        session = self._session
        self._world.after(self._rng.uniform(50.0, 3000.0), lambda: self._connect(session))

    def _connect(self, session: int) -> None:
        if session == self._session and self._wanted and self.whole and not self._up:
            self._set_up(up=True)
            # A connection that ended unnoticed has ended before the next one begins.
            self._to_gate(LinkDown())
            if session == self._session:
                self._to_gate(LinkUp())

    def _carry(self, arrive: Callable[[], object]) -> None:
        weather, rng, session = self._weather, self._rng, self._session

        def arrive_if_up() -> None:
            if session == self._session:
                arrive()

        if rng.random() < weather.loss:
            return
        delay = rng.expovariate(1 / weather.delay_ms)
        if weather.keeps_order:
            now_ms = self._world.now_ms
            delay = max(delay, self._newest_ms - now_ms)
            self._newest_ms = now_ms + delay
        self._world.after(delay, arrive_if_up)
        if rng.random() < weather.twice:
            self._world.after(delay + rng.uniform(1.0, 5000.0), arrive_if_up)
        if rng.random() < weather.late:
            self._world.after(delay + rng.uniform(1.0, 60_000.0), lambda: _ignore(arrive()))


def _ignore(_result: object) -> None:
    """Ignore what became of a message: a late one arrives whatever the session."""
