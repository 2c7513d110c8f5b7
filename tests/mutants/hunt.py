"""Plant one bug in a copy of the project, and let the park and then the unit tests look for it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
PACKAGES = ("gate_agent", "fleet_manager", "hardware_sim", "firmware_config")
BESIDE = ("tests", "docs", "locks", "pyproject.toml", "setup.py", "run", "README.md")
"""What the unit tests read besides the packages."""
LONGEST_S = 300
_HANGS = "hangs"
_LOADED = """
import sys
from hardware_sim.park.park import Plan
from hardware_sim.park.run import run
run(1, Plan())
run(1, Plan(restore=True))
print(*sys.modules)
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a hunt. `seed`: the first day of the park that found it, None if none did;
    `checker`: which check of the park, `said`: its violation. `test`: the unit test that found it,
    empty for none, None if they were not asked."""

    seed: int | None = None
    checker: str = ""
    said: str = ""
    test: str | None = None


@contextmanager
def planted(mutant: Mutant) -> Iterator[Path]:
    """Give a folder with a copy of the project and the bug in it. Raise ValueError if the bug does
    not fit."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        plant(mutant, Path(name))
        yield Path(name)


def plant(mutant: Mutant, folder: Path) -> None:
    """Copy the project into `folder`, with the bug. Raise ValueError if the bug does not fit."""
    for entry in (*PACKAGES, *BESIDE):
        if (ROOT / entry).is_dir():
            # With what is compiled already: the copies keep their times, so it is still good.
            shutil.copytree(ROOT / entry, folder / entry)
        else:
            shutil.copy2(ROOT / entry, folder / entry)
    file = folder / mutant.file
    text = file.read_text("utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: stands {text.count(mutant.old)} times in {mutant.file}")
    file.write_text(text.replace(mutant.old, mutant.new), "utf-8")


def hunt(mutant: Mutant, *, park_only: bool) -> Outcome:
    """Let the park look for a bug, then, unless `park_only`, the unit tests of its room."""
    with planted(mutant) as folder:
        outcome = _park(mutant, folder) if _module(mutant) in park_modules() else Outcome()
        if outcome.seed is not None or park_only:
            return outcome
        return Outcome(test=_unit_tests(mutant, folder))


@cache
def park_modules() -> frozenset[str]:
    """Return the modules that a simulated day loads: a bug in another one cannot change it."""
    done = _python(ROOT, "-c", _LOADED)
    if done is None or done.returncode:
        raise RuntimeError("the park does not run as it is, without any bug")
    return frozenset(done.stdout.split())


def _module(mutant: Mutant) -> str:
    return mutant.file.removesuffix(".py").replace("/", ".")


def _park(mutant: Mutant, folder: Path) -> Outcome:
    """Run the park of the copy until a violation."""
    options = ("--seeds", str(mutant.seeds), "--stop", *mutant.words)
    done = _python(folder, "-m", "hardware_sim", "park", *options)
    if done is None:
        return Outcome(0, _HANGS, "the park did not end")
    lines = done.stdout.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("  ") and at:
            seed = next(row for row in reversed(lines[:at]) if row.startswith("seed"))
            return Outcome(int(seed.split()[1]), _checker(line.strip()), line.strip())
    if done.returncode:
        return Outcome(0, "crash", done.stderr.strip().splitlines()[-1])
    return Outcome()


def _checker(said: str) -> str:
    """Return the name of the check in front of a violation, behind the time if it has one."""
    first, second = (*said.split(": "), "")[:2]
    return second if first.endswith(" s") else first


def unit_tests(mutant: Mutant) -> list[str]:
    """Return the tests that look for a bug: those of its module, by their names, and those that the
    bug names. If there are none of either, all of its room: the folder that mirrors it in tests/, or
    the next one above."""
    folder = ROOT / "tests" / mutant.room
    while not folder.is_dir():
        folder = folder.parent
    of_module = sorted(folder.glob(f"test_{Path(mutant.file).stem}*.py"))
    named = [*(str(file.relative_to(ROOT)) for file in of_module), *mutant.tests]
    return named or [str(file.relative_to(ROOT)) for file in sorted(folder.glob("test_*.py"))]


def _unit_tests(mutant: Mutant, folder: Path) -> str:
    """Return the first test that fails in the copy and not without the bug; empty for none."""
    options = ["-x", "-q"]
    done = _python(folder, "-m", "pytest", *options, *unit_tests(mutant))
    if done is None:
        return _HANGS
    if done.returncode not in (0, 1, 2):
        raise RuntimeError(f"the tests of {mutant.room} do not run: {done.stderr.strip()}")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if not failed:
        return ""
    test = failed[0].split(" ", 1)[1].split(" - ")[0]
    clean = _python(ROOT, "-m", "pytest", *options, test)
    if clean is None or clean.returncode:
        raise RuntimeError(f"{test} fails without any bug as well")
    return test.split("[")[0]


def _python(folder: Path, *words: str) -> subprocess.CompletedProcess[str] | None:
    """Run Python on the project in `folder`; return None if it does not end in time."""
    try:
        return subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        return None
