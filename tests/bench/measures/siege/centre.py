"""What one stolen gate can do to the broker, the centre and the other gates: real processes."""

import statistics

from hardware_sim.broker import find_mosquitto
from tests.bench.figures import Absent, Figure, measure
from tests.process.siege import greedy

SECONDS = 60


@measure("greedy_gate_broker_mib", "greedy_gate_centre_mib", "greedy_gate_others_ratio")
def greedy_gate() -> dict[str, Figure]:
    """Measure a gate that subscribes, does not read, and asks for pieces and news."""
    if find_mosquitto() is None:
        raise Absent("mosquitto is not installed")
    seen = greedy.measured(SECONDS)
    quiet, beside = statistics.median(seen.quiet_ms), statistics.median(seen.greedy_ms)
    asked = f"{greedy.REQUESTS_A_SECOND} pieces and as many news a second, {SECONDS} s, none read"
    claims = (
        f"{len(seen.greedy_ms)} claims, all answered: median {beside:.1f} ms, quiet {quiet:.1f}"
    )
    return {
        "greedy_gate_broker_mib": Figure(seen.broker_mib, "MiB", None, asked, "<= 64"),
        "greedy_gate_centre_mib": Figure(seen.centre_mib, "MiB", None, asked, "<= 64"),
        "greedy_gate_others_ratio": Figure(seen.ratio, "times", 1.0, claims, "<= 2"),
    }
