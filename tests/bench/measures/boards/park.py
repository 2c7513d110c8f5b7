"""What the playbook and an update take on booted boards: `./run test-boards` measures it, beside a
playbook of a bare `true` over the same connections."""

import json
from pathlib import Path

from tests.bench.figures import Absent, Figure, measure

FOLDER = Path("build/boards")
COMMAND = "./run test-boards"
EIGHT = "SCENIC_GATE_BOARD_COUNT=10 ./run test-boards tests/boards/test_park.py"
"""A centre, eight gates, and one that comes later."""


def _read(gates: int, command: str) -> dict[str, float]:
    """Return what was measured with so many gates. Raises Absent if that has not run here."""
    file = FOLDER / f"figures-{gates}.json"
    try:
        found: dict[str, float] = json.loads(file.read_text())
    except (OSError, ValueError):
        raise Absent(f"no {file}: {command} writes it") from None
    lacking = {"passage_s", "load", "second_s", "late_s", "true_s"} - set(found)
    if lacking:
        raise Absent(f"{file} is not whole: {command} writes it")
    return found


def _passage(found: dict[str, float], gates: str, target: str) -> Figure:
    note = f"from the boot of empty Debians to the first visitor counted: a centre, {gates}; load "
    note += f"{found['load']:.1f} in that minute, with the tests beside it"
    return Figure(round(found["passage_s"] / 60, 1), "min", None, note, target)


def _second(found: dict[str, float], target: str) -> Figure:
    note = "the playbook again, changed=0, with a board off; floor: a playbook of `true`"
    return Figure(round(found["second_s"], 1), "s", round(found["true_s"], 1), note, target)


@measure("boards_passage_min", "boards_second_s", "boards_late_s")
def playbook() -> dict[str, Figure]:
    """Raises Absent if the boards' tests have not run here."""
    found = _read(1, COMMAND)
    late = "a board that was off, alone: empty to gate; floor: a playbook of `true`"
    return {
        "boards_passage_min": _passage(found, "one gate", "<= 10"),
        "boards_second_s": _second(found, "<= 60"),
        "boards_late_s": Figure(round(found["late_s"], 1), "s", round(found["true_s"], 1), late),
    }


@measure("boards_8_passage_min", "boards_8_second_s")
def eight_gates() -> dict[str, Figure]:
    """Raises Absent if the boards' tests have not run here with eight gates."""
    found = _read(8, EIGHT)
    return {
        "boards_8_passage_min": _passage(found, "eight gates", "<= 15"),
        "boards_8_second_s": _second(found, ""),
    }


@measure("update_away_s")
def away() -> dict[str, Figure]:
    """Raises Absent if the boards' tests have not run here."""
    found = _read(1, COMMAND)
    if "away_s" not in found:
        raise Absent(f"no board has updated itself here: {COMMAND}")
    return {
        "update_away_s": Figure(
            round(found["away_s"], 1),
            "s",
            round(found["restart_s"], 1),
            "from the end of the old daemon until the new one serves, by systemd's clock; "
            "floor: a restart without an update",
            "<= 10",
        )
    }
