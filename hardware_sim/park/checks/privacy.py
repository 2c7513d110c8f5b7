"""Nothing personal on a board's disk or on the network."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware_sim.park.park import Park


def check(park: "Park") -> list[str]:
    """Check that no document number that was shown stands in any database of any gate, or of the
    centre."""
    numbers = {
        visitor.document[1].encode() for visitor in park.visitors if visitor.document is not None
    }
    if not numbers:
        return []
    personal = re.compile(b"|".join(map(re.escape, sorted(numbers))))
    violations: list[str] = []
    for gate in park.gates:
        for card in gate.cards:
            # A card that no board ever wrote to has nothing to give away, and no image either.
            pages = card.execute("PRAGMA page_count").fetchone()[0]
            image = card.serialize() if pages else b""
            if personal.search(image):
                violations.append(f"{gate.name}: a document number is on the disk")
    if any(personal.search(sample) for sample in park.samples):
        violations.append("a document number was sent over the network")
    return violations
