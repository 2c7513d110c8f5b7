"""What the playbook takes on booted boards: `./run test-boards` measures it, beside a playbook of
a bare `true` over the same connections."""

import json
from pathlib import Path

from tests.bench.figures import Absent, Figure, measure

FIGURES = Path("build/boards/figures.json")


@measure("boards_passage_min", "boards_second_s", "boards_late_s")
def playbook() -> dict[str, Figure]:
    """Raises Absent if the boards' tests have not run here."""
    try:
        found = json.loads(FIGURES.read_text())
        floor, passage = round(found["true_s"], 1), round(found["passage_s"] / 60, 1)
    except (OSError, ValueError, KeyError):
        raise Absent(f"no {FIGURES}: ./run test-boards writes it") from None
    gates = found["gates"]
    return {
        "boards_passage_min": Figure(
            passage,
            "min",
            None,
            f"from the boot of empty Debians to the first visitor counted: a centre, {gates} gate"
            f"{'s' if gates > 1 else ''}",
            "<= 10",
        ),
        "boards_second_s": Figure(
            round(found["second_s"], 1),
            "s",
            floor,
            "the playbook again, changed=0, with a board off; floor: a playbook of `true`",
            "<= 60",
        ),
        "boards_late_s": Figure(
            round(found["late_s"], 1), "s", floor, "a board that was off, alone: empty to gate"
        ),
    }
