"""A gate that is dead does not look alive."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

SLACK_MS = 1000.0


def watch(park: "Park") -> None:
    """Check that no gate was seen by the centre after it had last been alive."""
    died = {gate.name: gate.died_ms for gate in park.gates if not gate.alive}
    for gate, seen_ms in park.centre.read("SELECT gate, seen_ms FROM report"):
        if gate in died and seen_ms > park.world.epoch_ms + died[gate] + SLACK_MS:
            late_s = (seen_ms - park.world.epoch_ms - died[gate]) / 1000
            park.world.violated("seen", f"{gate} was seen {late_s:.1f} s after it had died")


def check(park: "Park") -> list[str]:
    """Check once more at the end that nobody was seen in the future."""
    return [
        f"{gate} is seen in the future"
        for gate, seen_ms in park.centre.read("SELECT gate, seen_ms FROM report")
        if seen_ms > park.world.utc_ms
    ]
