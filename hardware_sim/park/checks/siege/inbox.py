"""What a board's own devices say is never lost, and does not wait behind strangers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Check that something became of every event of a device, and that while one waited no more
    messages were handled than one for each that came before it."""
    violations: list[str] = []
    for gate in park.gates:
        meter = gate.queue.meter
        if meter.owed:
            violations.append(f"{gate.name}: {meter.owed} events of devices are lost")
        if meter.most_messages > 0:
            violations.append(
                f"{gate.name}: a device's event waited behind {meter.most_messages} messages"
            )
    return violations
