"""`python -m tests.bench [NAME ...]`: measure, print a table, write build/bench.json."""

import json
import sys
from pathlib import Path

from tests.bench import centre, gate, process, ticket
from tests.bench.figures import MEASURES, Figure

ROOMS = (ticket, gate, centre, process)
OUT = Path("build/bench.json")


def main(names: list[str]) -> int:
    """Measures what `names` ask for, everything if none are given."""
    figures: dict[str, Figure] = {}
    chosen = [m for m in MEASURES if not names or m.__name__ in names]
    if not chosen:
        known = ", ".join(m.__name__ for m in MEASURES)
        print(f"bench: nothing is called {' or '.join(names)}; there is: {known}", file=sys.stderr)
        return 2
    for measurement in chosen:
        for name, figure in measurement().items():
            figures[name] = figure
            floor = "" if figure.floor is None else f"floor {figure.floor:g}"
            head = f"{name:28} {figure.value:>12g} {figure.unit:12}"
            print(head, f"{figure.target:>8}  {floor:14} {figure.note}")
    OUT.parent.mkdir(exist_ok=True)
    rows = {name: figure.to_json() for name, figure in figures.items()}
    OUT.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
