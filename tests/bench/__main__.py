"""`python -m tests.bench [FIGURE ...]`: measure, print a table, write build/bench.json, add
a line to docs/bench/history.jsonl.

Ends with 1 if something could not be measured. Targets are shown, not asserted: a figure of a noisy
machine is for a reader to judge.
"""

import json
import logging
import sys
import traceback
from pathlib import Path

import gate_agent.drivers  # noqa: F401  it sets limits that NumPy and OpenCV take when loaded
from tests.bench import curves
from tests.bench.figures import MEASURES, Absent, Figure
from tests.bench.history import remember
from tests.bench.measures import (
    arm,
    broker,
    camera,
    centre,
    feedback,
    gate,
    lists,
    once,
    park,
    process,
    scanner,
    ticket,
)

ROOMS = (
    ticket, gate, lists, camera, feedback, centre, once, process, park, arm, scanner, broker
)  # fmt: skip
OUT = Path("build/bench.json")


def main(names: list[str]) -> int:
    """Measures what `names` ask for, everything if none are given; `curves` is drawn by `./run
    docs`."""
    if names == ["curves"]:
        return curves.main()
    known = [name for given in MEASURES for name in given]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"bench: no figure is called {unknown[0]}; there are:", *known, file=sys.stderr)
        return 2
    # Figures, not what gates without a clock of their own say of each other ten thousand times.
    logging.getLogger("gate_agent").setLevel(logging.ERROR)
    figures: dict[str, Figure] = {}
    failed: list[str] = []
    print(_line("figure", "value", "unit", "target", "floor", "note"))
    for given, measurement in MEASURES.items():
        chosen = [name for name in given if not names or name in names]
        if not chosen:
            continue
        try:
            found = measurement()
        except Absent as why:
            print(f"bench: left out {', '.join(chosen)}: {why}", file=sys.stderr)
            continue
        except Exception:  # one figure that fails must not hide the others
            traceback.print_exc()
            failed += chosen
            continue
        for name in chosen:
            figures[name] = one = found[name]
            floor = "-" if one.floor is None else f"{one.floor:g}"
            print(_line(name, f"{one.value:g}", one.unit, one.target, floor, one.note), flush=True)
    OUT.parent.mkdir(exist_ok=True)
    rows = {name: figure.to_json() for name, figure in figures.items()}
    OUT.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if figures:
        remember(figures)
    if failed:
        print("bench: could not measure", ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def _line(*cells: str) -> str:
    name, value, unit, target, floor, note = cells
    return f"{name:25} {value:>8} {unit:10} {target:>7} {floor:>8}  {note}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
