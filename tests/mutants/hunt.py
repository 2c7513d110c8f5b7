"""Plant one bug in a copy of the project, and let the park and then the unit tests look for it."""

import os
import shutil
import subprocess
import sys
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
ALSO = {
    "fleet_manager/gates/key_renewals.py": ("fleet_manager/gates/test_retired.py",),
    "fleet_manager/intake/time_correction.py": ("fleet_manager/station/test_resolved.py",),
    "fleet_manager/keys/vault.py": ("fleet_manager/trust/test_key_sets.py",),
    "fleet_manager/lists/publisher.py": ("fleet_manager/daemon/test_distributor.py",),
    "fleet_manager/lists/serials.py": ("fleet_manager/daemon/test_distributor.py",),
    "fleet_manager/lists/versions.py": (
        "fleet_manager/daemon/test_distributor.py",
        "fleet_manager/daemon/test_collector.py",
    ),
    "fleet_manager/passages/boot_clocks.py": ("fleet_manager/intake/test_time_correction.py",),
    "fleet_manager/passages/journals.py": ("fleet_manager/daemon/test_collector.py",),
    "fleet_manager/passages/counts.py": ("fleet_manager/passages/test_totals.py",),
    "fleet_manager/passages/records.py": ("fleet_manager/commands/test_records.py",),
    "fleet_manager/station/conflicts.py": ("fleet_manager/station/test_exposure.py",),
    "fleet_manager/station/ledger.py": ("fleet_manager/station/test_resolved.py",),
    "fleet_manager/tickets/status.py": ("fleet_manager/tickets/test_sell.py",),
    "gate_agent/actor/judge.py": ("gate_agent/trust/test_several_keys.py",),
    "gate_agent/actor/unit.py": ("gate_agent/actor/test_judged_again.py",),
    "gate_agent/clock.py": ("gate_agent/test_clock.py",),
    "gate_agent/config/settings.py": ("gate_agent/config/test_load_lanes.py",),
    "gate_agent/journal/remote_history.py": (
        "gate_agent/journal/test_station_history.py",
        "gate_agent/uplink/test_station.py",
    ),
    "gate_agent/lane/entry.py": ("gate_agent/actor/test_judged_again.py",),
    "gate_agent/lane/movement.py": (
        "gate_agent/lane/test_table.py",
        "gate_agent/lane/test_table_modes.py",
        "gate_agent/lane/test_override.py",
    ),
    "gate_agent/lane/team.py": ("gate_agent/lane/test_choosing.py",),
    "gate_agent/lane/timing.py": ("gate_agent/actor/test_agent.py",),
    "gate_agent/trust/in_force.py": ("gate_agent/trust/test_several_keys.py",),
    "gate_agent/validator/decide.py": ("gate_agent/trust/test_key_rotation.py",),
    "gate_agent/validator/history.py": (
        "gate_agent/validator/test_merged.py",
        "gate_agent/journal/test_station_history.py",
    ),
    "gate_agent/validator/moment.py": ("gate_agent/validator/test_park_days.py",),
    "gate_agent/validator/uses.py": ("gate_agent/validator/test_judge_uses.py",),
}
"""Where the tests of a module are whose names do not say so, below tests/."""
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


def copy(folder: Path) -> None:
    """Copy the project into `folder`."""
    for entry in (*PACKAGES, *BESIDE):
        if (ROOT / entry).is_dir():
            unused = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / entry, folder / entry, ignore=unused)
        else:
            shutil.copy2(ROOT / entry, folder / entry)


@contextmanager
def planted(mutant: Mutant, folder: Path) -> Iterator[None]:
    """Plant a bug in the copy of the project in `folder`; take it out when the block ends. Raise
    ValueError if the bug does not fit."""
    file = folder / mutant.file
    text = file.read_text("utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: stands {text.count(mutant.old)} times in {mutant.file}")
    file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    try:
        yield
    finally:
        shutil.copy2(ROOT / mutant.file, file)


def hunt(mutant: Mutant, folder: Path, *, park_only: bool) -> Outcome:
    """Let the park look for a bug in the copy of the project in `folder`, then, unless `park_only`,
    the unit tests of its room. Raise RuntimeError if these fail without the bug as well."""
    with planted(mutant, folder):
        outcome = _park(mutant, folder) if _module(mutant) in park_modules() else Outcome()
        if outcome.seed is not None or park_only:
            return outcome
        test = _failing_test(unit_tests(mutant), folder)
    if test and test != _HANGS and _failing_test([test], folder):
        raise RuntimeError(f"{test} fails without the bug as well")
    return Outcome(test=test.split("[")[0])


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
    """Return the tests that look for a bug: those of its module, by their names, and those that
    the bug names. If there are none of either, all of its room: the folder that mirrors it in
    tests/, or the next one above."""
    folder = ROOT / "tests" / mutant.room
    while not folder.is_dir():
        folder = folder.parent
    of_module = sorted(folder.glob(f"test_{Path(mutant.file).stem}*.py"))
    also = (f"tests/{file}" for file in ALSO.get(mutant.file, ()))
    named = [*(str(file.relative_to(ROOT)) for file in of_module), *also, *mutant.tests]
    named = list(dict.fromkeys(named))
    return named or [str(file.relative_to(ROOT)) for file in sorted(folder.glob("test_*.py"))]


def _failing_test(tests: list[str], folder: Path) -> str:
    """Return the first of the tests that fails in the copy, empty if all pass."""
    done = _python(folder, "-m", "pytest", "-x", "-q", *tests)
    if done is None:
        return _HANGS
    if done.returncode not in (0, 1, 2):
        raise RuntimeError(f"{' '.join(tests)} cannot be run: {done.stderr.strip()}")
    failed = [
        line
        for line in done.stdout.splitlines()
        if line.startswith(("FAILED tests/", "ERROR tests/"))
    ]
    return failed[0].split(" ", 1)[1].split(" - ")[0] if failed else ""


def _python(folder: Path, *words: str) -> subprocess.CompletedProcess[str] | None:
    """Run Python on the project in `folder`; return None if it does not end in time. What is
    compiled stays, for the next bug in the same copy."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    if folder != ROOT:
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        return None
