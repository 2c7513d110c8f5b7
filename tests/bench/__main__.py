"""`python -m tests.bench [FIGURE|GROUP ...]`: measure, print a table, write build/bench.json, add
a line to docs/bench/history.jsonl.

Ends with 1 if something could not be measured, or a figure is above a limit that is promised for
any machine. Targets are shown, not asserted: a figure of a noisy machine is for a reader to judge.
"""

import json
import logging
import sys
import traceback
from pathlib import Path

import gate_agent.drivers  # noqa: F401  it sets limits that NumPy and OpenCV take when loaded
from tests.bench import curves
from tests.bench.figures import MEASURES, Absent, Figure, Measure
from tests.bench.history import remember
from tests.bench.measures import (
    arm,
    boards,
    broker,
    camera,
    centre,
    feedback,
    gate,
    lists,
    once,
    park,
    process,
    sales,
    scanner,
    siege,
    ticket,
    web,
)

ROOMS = (
    ticket, gate, lists, camera, feedback, centre, once, process, park, arm, scanner, broker,
    siege.gate, siege.centre, siege.ledger, siege.mutants, boards.park, boards.update,
    web.reports, web.console, sales,
)  # fmt: skip
GROUPS = ("siege", "boards", "web", "camera", "sales")
"""A group is a name for all figures of a module, or of those in its folder."""
OUT = Path("build/bench.json")


def main(names: list[str]) -> int:
    """Measure what `names` ask for, everything if none are given; `curves` is drawn by `./run
    docs`."""
    if names == ["curves"]:
        return curves.main()
    names = [figure for name in names for figure in figures_of(name)]
    every = [name for given in MEASURES for name in given]
    unknown = [name for name in names if name not in every]
    if unknown:
        print(
            f"bench: no figure is called {unknown[0]}; there are:", *GROUPS, *every, file=sys.stderr
        )
        return 2
    # Figures, not what gates without a clock of their own report of each other ten thousand times.
    logging.getLogger("gate_agent").setLevel(logging.ERROR)
    figures, failed = _measure_all(set(names or every))
    OUT.parent.mkdir(exist_ok=True)
    rows = {name: figure.to_json() for name, figure in figures.items()}
    OUT.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if figures:
        remember(figures)
    if failed:
        print("bench: could not measure", ", ".join(failed), file=sys.stderr)
    return 1 if _say_broken(figures) or failed else 0


def _say_broken(figures: dict[str, Figure]) -> bool:
    """Print which figures are beyond their limit; return whether any is."""
    broken = {name: figure for name, figure in figures.items() if figure.breaks_limit}
    for name, figure in broken.items():
        print(
            f"bench: {name} is {figure.value:g} {figure.unit}, the limit is {figure.limit:g}",
            file=sys.stderr,
        )
    return bool(broken)


def figures_of(name: str) -> list[str]:
    """Return the names of a group's figures; else the name itself."""
    if name not in GROUPS:
        return [name]
    return [
        figure
        for figures, function in MEASURES.items()
        if f".{name}." in f"{function.__module__}."
        for figure in figures
    ]


def _measure_all(names: set[str]) -> tuple[dict[str, Figure], list[str]]:
    """Return the figures of these names, and the names of those that failed."""
    figures: dict[str, Figure] = {}
    failed: list[str] = []
    print(_line("figure", "value", "unit", "target", "floor", "note"))
    for given, measurement in MEASURES.items():
        chosen = [name for name in given if name in names]
        if chosen:
            try:
                figures |= _measured(chosen, measurement)
            except Exception:  # one figure that fails must not hide the others
                traceback.print_exc()
                failed += chosen
    return figures, failed


def _measured(chosen: list[str], measurement: Measure) -> dict[str, Figure]:
    """Measure and print the `chosen` figures; none where what they need is absent."""
    try:
        every = measurement()
    except Absent as why:
        print(f"bench: left out {', '.join(chosen)}: {why}", file=sys.stderr)
        return {}
    figures = {name: every[name] for name in chosen}
    for name, figure in figures.items():
        floor = "-" if figure.floor is None else f"{figure.floor:g}"
        row = _line(name, f"{figure.value:g}", figure.unit, figure.target, floor, figure.note)
        print(row, flush=True)
    return figures


def _line(*cells: str) -> str:
    name, value, unit, target, floor, note = cells
    return f"{name:25} {value:>8} {unit:10} {target:>7} {floor:>8}  {note}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
