"""Write the pages in docs/ that are made from the code, and the blocks of the others that are:
`./run docs`. `--check` only compares.

Exit status 1 if a page is stale or a made row lacks its explanation; the message says which, and
what to do.
"""

import runpy
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

from docs.blocks import BLOCK, filled, unwritten
from gate_agent.events import LaneEvent, Mode, ModeSource
from gate_agent.lane.state import Lane, Phase
from gate_agent.lane.table import RULES

HERE = Path(__file__).parent
_TIMES = {
    "release_ms": "how long the arm waits for a turn after a command",
    "turn_ms": "how much longer an arm that has left home may take to finish",
    "holder_ms": "how long a visitor may look for the document",
    "holder_most_ms": "how long after the scan at most, while staff type the document's number",
    "choice_ms": "how long staff at a handheld may choose how many of a team go through",
    "shown_ms": "how long a lane without an arm shows its visitor that the way is free",
    "claim_ms": "how long a visitor waits for the centre's word, while it can be reached",
    "answer_ms": "how long after a refusal staff may still override it",
    "repeat_ms": "the same code again within this time is the scanner's repeat, and is ignored",
}
_HEAD = """# The lane

Made from `gate_agent/lane/table.py` by `./run docs`; do not change it here.

A lane has a **mode** ({modes}) and a **phase** ({phases}).
The strongest wish for a mode counts: {sources}, then the default, `controlled`.
The table is total: every event has exactly one line for every mode and phase, and a test walks
all {count} combinations.

`handle` gives the records first and the effects second. The records are committed before any
effect is performed; if they cannot be committed, neither the state changes nor the arm moves.

## Times

| setting | ms | meaning |
|---|---|---|
{times}
"""


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _names(some: tuple[Mode, ...] | tuple[Phase, ...], every: type[Mode] | type[Phase]) -> str:
    return "any" if set(some) == set(every) else ", ".join(f"`{one.value}`" for one in some)


def lane_page() -> str:
    """Return docs/lane.md."""
    kinds: list[type[LaneEvent]] = list(dict.fromkeys(kind for _, _, kind, _ in RULES))
    times = [
        f"| `{field.name}` | {field.default} | {_TIMES[field.name]} |"
        for field in fields(Lane)
        if field.name.endswith("_ms")
    ]
    page = _HEAD.format(
        modes=", ".join(f"`{mode.value}`" for mode in Mode),
        phases=", ".join(f"`{phase.value}`" for phase in Phase),
        sources=", ".join(f"`{source.value}`" for source in ModeSource),
        count=len(Mode) * len(Phase) * len(kinds),
        times="\n".join(times),
    )
    for kind in kinds:
        page += f"\n## {kind.__name__}\n\n{_one_line(kind.__doc__)}\n\n"
        page += "| mode | phase | the lane does | action |\n|---|---|---|---|\n"
        for modes, phases, of, action in RULES:
            if of is kind:
                does = _one_line(action.__doc__)
                where = f"{_names(modes, Mode)} | {_names(phases, Phase)}"
                page += f"| {where} | {does} | `{action.__name__}` |\n"
    return page


def architecture() -> str:
    """Return docs/architecture.svg."""
    return str(runpy.run_path(str(HERE / "draw_architecture.py"))["draw"]())


def curves() -> str:
    """Return docs/bench/curves.svg."""
    return str(runpy.run_path(str(HERE / "draw_bench.py"))["draw"]())


def mutants() -> str:
    """Return docs/mutants.md."""
    return str(runpy.run_path(str(HERE / "draw_mutants.py"))["draw"]())


PAGES: dict[str, Callable[[], str]] = {
    "lane.md": lane_page,
    "architecture.svg": architecture,
    "bench/curves.svg": curves,
    "mutants.md": mutants,
}


def pages(folder: Path = HERE) -> dict[str, Callable[[], str]]:
    """Return what makes each page in `folder`: whole, or its blocks."""
    files = [*sorted(folder.glob("*.md")), *sorted(folder.glob("zh/*.md"))]
    blocks = {
        str(file.relative_to(folder)): partial(filled, file)
        for file in files
        if BLOCK.search(file.read_text("utf-8"))
    }
    return {**PAGES, **blocks}


def stale(folder: Path = HERE) -> list[str]:
    """Return the pages in `folder` that are not what the code says."""
    return [
        name
        for name, make in pages(folder).items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != make()
    ]


def main(arguments: list[str], folder: Path = HERE) -> int:
    """Return the exit status."""
    if arguments not in ([], ["--check"]):
        print("usage: docs/build.py [--check]", file=sys.stderr)
        return 2
    old = stale(folder)
    if arguments:
        for name in old:
            print(f"docs/{name} is stale: run ./run docs", file=sys.stderr)
        return 1 if old else 0
    for name in old:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(pages(folder)[name](), "utf-8")
        print(f"docs/{name} written")
    missing = [
        f"docs/{file.relative_to(folder)}: write what {row} means"
        for file in sorted(folder.rglob("*.md"))
        for row in unwritten(file.read_text("utf-8"))
    ]
    for line in missing:
        print(line, file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
