"""`python -m tests.mutants [PART OF A NAME]`: plant every bug, let the park look for it, and write
what was found into docs/mutants.md. Exit status 1 if one was not found."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
PACKAGES = ("gate_agent", "fleet_manager", "hardware_sim", "firmware_config")
LONGEST_S = 300
PAGE = ROOT / "docs" / "mutants.md"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`seed`: the first that found it, None if none did. `said`: the violation."""

    mutant: Mutant
    seed: int | None
    said: str


def plant(mutant: Mutant, folder: Path) -> None:
    """A copy of the product with the bug in it. Raises ValueError if the bug does not fit."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    file = folder / mutant.file
    text = file.read_text("utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: stands {text.count(mutant.old)} times in {mutant.file}")
    file.write_text(text.replace(mutant.old, mutant.new), "utf-8")


def hunt(mutant: Mutant) -> Verdict:
    """Run the park of the copy until a violation."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plant(mutant, folder)
        command = [sys.executable, "-m", "hardware_sim", "park"]
        command += ["--seeds", str(mutant.seeds), "--stop", *mutant.words]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_S,
            )
        except subprocess.TimeoutExpired:
            return Verdict(mutant, 0, "hangs: the park did not end")
    lines = done.stdout.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("  ") and at:
            seed = next(row for row in reversed(lines[:at]) if row.startswith("seed"))
            return Verdict(mutant, int(seed.split()[1]), line.strip())
    if done.returncode:
        return Verdict(mutant, 0, done.stderr.strip().splitlines()[-1])
    return Verdict(mutant, None, "")


def row(verdict: Verdict) -> str:
    """Its line in docs/mutants.md."""
    mutant = verdict.mutant
    by = verdict.said.split(": ", 1)[0] if verdict.seed else verdict.said
    if by.endswith(" s"):
        by = verdict.said.split(": ")[1]
    seed = "**not caught**" if verdict.seed is None else str(verdict.seed)
    return f"| {mutant.name} | `{mutant.file}` | {by} | {seed} | {mutant.seeds} |"


def page(verdicts: list[Verdict], before: str = "") -> str:
    """docs/mutants.md; of bugs that were not hunted, what the page said `before`."""
    known = {line.split(" | ")[0]: line for line in before.splitlines() if " | `" in line}
    fresh = {f"| {one.mutant.name}": row(one) for one in verdicts}
    rows = [(known | fresh).get(f"| {mutant.name}") for mutant in CATALOGUE]
    found = [line for line in rows if line is not None]
    caught = sum("**not caught**" not in line for line in found)
    return "\n".join(
        [
            "# Planted bugs",
            "",
            "Each of these was planted in a copy of the product, and the simulated park was let",
            "loose on it: `./run mutants` does it again. A bug that nobody catches is a missing",
            "checker.",
            "",
            "| bug | in | caught by | at seed | of at most |",
            "|---|---|---|---|---|",
            *found,
            "",
            f"{caught} of {len(found)} caught.",
            "",
        ]
    )


def main(words: list[str]) -> int:
    """Hunts those whose name has all `words` in it; of the others the page says what it said."""
    chosen = [m for m in CATALOGUE if all(word in m.name for word in words)]
    verdicts = []
    for mutant in chosen:
        start_s = time.monotonic()
        verdict = hunt(mutant)
        verdicts.append(verdict)
        found = "NOT CAUGHT" if verdict.seed is None else f"seed {verdict.seed}"
        took_s = time.monotonic() - start_s
        print(f"{found:10}  {took_s:5.1f} s  {mutant.name}: {verdict.said[:90]}", flush=True)
    before = PAGE.read_text("utf-8") if words else ""
    PAGE.write_text(page(verdicts, before), "utf-8")
    missed = sum(verdict.seed is None for verdict in verdicts)
    print(f"{len(verdicts) - missed} of {len(verdicts)} bugs caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
