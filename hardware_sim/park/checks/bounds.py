"""Queues and memory stay bounded."""

from typing import TYPE_CHECKING

from gate_agent.uplink.outbox import WINDOW_RECORDS
from gate_agent.validator.messages.envelopes import MAX_PAYLOAD_BYTES
from hardware_sim.park.board.gate import SimGate

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def watch_packet(park: "Park", topic: str, payload: bytes) -> None:
    """Check the size of every message on the network."""
    if len(payload) > MAX_PAYLOAD_BYTES or len(topic) > 64 or topic.count("/") > 7:
        park.world.violated("bounds", f"a message of {len(payload)} bytes on {topic}")


def watch(park: "Park", gate: SimGate) -> None:
    """Check after each event that no more is in flight than the window."""
    if gate.core is not None and gate.core.uplink.in_flight > WINDOW_RECORDS:
        park.world.violated("bounds", f"{gate.name} has {gate.core.uplink.in_flight} in flight")


def check(park: "Park") -> list[str]:
    """Check that nothing waits any more."""
    return [
        f"{gate.name}: {gate.core.uplink.waiting} records still wait"
        for gate in park.gates
        if gate.core is not None and gate.core.uplink.waiting
    ]
