"""Any bytes on any topic: random, cut short, with a flipped bit, deep, huge, moved elsewhere."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from gate_agent.validator.messages import envelopes, notes
from gate_agent.validator.messages.short_news import SHORT_END
from hardware_sim.park.board.gate import SimGate
from hardware_sim.park.checks.siege import unchanged
from hardware_sim.park.faults.attacks.tap import Recorded, Tap
from hardware_sim.park.park import PARK

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

HEAD = 69
"""Bytes of a signed message before its body."""
KEYS = "down/keys"
"""The one message whose envelope nobody verifies: what it carries is signed itself."""
_DOWN = (*(kind.topic_end for kind in envelopes.DOWN), *notes.DOWN, SHORT_END)
_UP = ("up/birth", "up/state", "up/passages", "up/want", "up/renew", *notes.UP)
_STRANGE = (
    "",
    "/",
    "sg1",
    "sg1//",
    "$SYS/broker/uptime",
    "sg1/west-lake",
    "sg1/west-lake/gate-1/up",
    "sg1/west-lake/gate-1/up/state/",
    "sg1/other-park/gate-1/up/state",
    "sg1/west-lake/nobody/up/birth",
    "sg1/west-lake/\ud800/up/state",
    "sg1/west-lake/gate-1/down/ack",
    "SG1/west-lake/gate-1/up/claim",
    "sg1/west-lake/" + 40 * "x" + "/up/since",
)
_MOST_BYTES = 3000


class Junk:
    """Draws messages that nobody may act on."""

    def __init__(self, park: "Park", rng: random.Random, tap: Tap) -> None:
        self._park = park
        self._rng = rng
        self._tap = tap
        self._makers: tuple[Callable[[], bytes], ...] = (
            lambda: rng.randbytes(rng.randrange(200)),
            lambda: b"\x01" + rng.randbytes(HEAD - 1) + self._cbor(),
            lambda: b"\x01" + bytes(HEAD - 1) + self._cbor(),
            self._cbor,
        )

    def to_gate(self, gate: SimGate) -> None:
        """Send a gate something, and hold what it knows against what it knew."""
        self._park.world.note("junk", gate.name)
        if gate.wire.up:
            topic, payload = self.message(gate.name)
            unchanged.at_gate(self._park, gate, topic, payload)

    def to_centre(self) -> None:
        """Send the centre something, alone and among what honest gates send."""
        park = self._park
        park.world.note("junk")
        packets = [self._of_any_gate() for _ in range(self._rng.randrange(1, 8))]
        if self._rng.random() < 0.5:
            unchanged.at_centre(park, packets)
        else:
            for topic, payload in packets:
                park.centre.receive(topic, payload)

    def _of_any_gate(self) -> tuple[str, bytes]:
        return self.message(self._rng.choice(self._park.gates).name, _UP)

    def message(self, gate: str, ends: tuple[str, ...] = _DOWN) -> tuple[str, bytes]:
        """Return a topic, mostly one of this gate, and what is no message on it."""
        rng = self._rng
        if rng.random() < 0.2:
            return rng.choice(_STRANGE), rng.choice(self._makers)()
        recorded = self._tap.recorded
        if recorded and rng.random() < 0.4:
            return self._spoilt(rng.choice(recorded))
        return f"sg1/{PARK}/{gate}/{rng.choice(ends)}", rng.choice(self._makers)()

    def _spoilt(self, message: Recorded) -> tuple[str, bytes]:
        """Return a true message that is cut short, changed, or moved to another gate."""
        rng, payload = self._rng, bytearray(message.payload)
        keys = message.topic.endswith(KEYS)
        if not keys and rng.random() < 0.3:
            others = [gate.name for gate in self._park.gates if gate.name != message.gate]
            return message.topic.replace(message.gate, rng.choice(others)), bytes(payload)
        if rng.random() < 0.4:
            del payload[rng.randrange(len(payload)) :]
        else:
            payload[rng.randrange(HEAD if keys else 0, len(payload))] ^= 1 << rng.randrange(8)
        return message.topic, bytes(payload)

    def _cbor(self) -> bytes:
        """Return a structure that no message has."""
        rng = self._rng
        n = rng.randrange(1, _MOST_BYTES)
        return rng.choice(
            (
                b"\x81" * n,
                b"\xa1\x00" * n + b"\x00",
                b"\xc6" * n + b"\x00",
                b"\x9f" * n,
                b"\x5f" + b"\x41\x00" * n + b"\xff",
                b"\xc4\x82\x00\xc2\x59" + n.to_bytes(2, "big") + rng.randbytes(n),
                b"\xc4\x82\x1b" + rng.randbytes(8) + b"\x01",
                b"\xd8\x1e\x82\x01\x00",
                b"\xd8\x23\x63(((",
                b"\xc1\xfb" + rng.randbytes(8),
                b"\xfb\x7f\xf8" + bytes(6),
                b"\x9b" + rng.randbytes(8),
                b"\x5b" + b"\xff" * 8,
                b"\x62\xed\xa0",
                b"\x63\xed\xa0\x80",
                b"\xd8\x1c\x81\xd8\x1d\x00",
                b"\x81\x59" + n.to_bytes(2, "big") + rng.randbytes(n),
                b"\x82\x00\x81" + rng.randbytes(n),
            )
        )
