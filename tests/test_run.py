"""The build house: `./run`, the locks, and the table of dependencies."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import gate_agent

ROOT = Path(__file__).parent.parent
RUN = ROOT / "run"
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
OURS = [lock for lock in LOCKS if lock.stem not in ("deploy", "pretix")]
"""The locks of our own environments; Ansible and pretix have one each of their own."""
VERSION = gate_agent.__version__
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def run(*arguments: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shell, str(RUN), *arguments], capture_output=True, text=True, timeout=300, cwd="/"
    )


def commands() -> set[str]:
    """Every label of the last `case` in the script, but for options and the catch-all."""
    labels = re.findall(
        r"^    ([a-z][a-z |-]*)\)$", RUN.read_text().split("case $command in")[1], re.M
    )
    return {name for label in labels for name in label.split(" | ") if not name.startswith("-")}


def direct() -> list[Requirement]:
    """Every dependency that pyproject.toml names, the project's own extras left out."""
    project = PROJECT["project"]
    texts = [
        *project["dependencies"],
        *(text for extra in project["optional-dependencies"].values() for text in extra),
        *PROJECT["dependency-groups"]["build"],
    ]
    found = [Requirement(text) for text in texts]
    return [one for one in found if one.name != project["name"]]


def pins(lock: Path) -> dict[str, set[Version]]:
    """Name to versions; more than one where the markers choose."""
    found: dict[str, set[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.M):
        found.setdefault(canonicalize_name(name), set()).add(Version(version))
    return found


def test_help_lists_every_command() -> None:
    done = run("help")
    assert done.returncode == 0
    assert done.stderr == ""
    listed = set(re.findall(r"^  ([a-z][a-z-]*)  ", done.stdout, re.M))
    assert listed == commands()
    assert {"demo", "test", "bench", "lint", "format", "docs", "lock", "clean"} <= listed


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_has_other_names(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).stdout == run("help").stdout


@pytest.mark.parametrize("command", ["nonsense", "", "--nonsense", "help2", "../run", "a b; c"])
def test_unknown_command_is_one_line_and_exit_2(command: str) -> None:
    done = run(command)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"run: unknown command '{command}'; ./run help lists the commands\n"


@pytest.mark.parametrize("command", ["bench", "clean", "docs", "format", "lint", "lock", "mutants"])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_of_a_command_does_nothing_else(command: str, flag: str) -> None:
    done = run(command, "anything", flag)
    assert done.returncode == 0
    assert done.stdout.startswith(f"  {command} ")
    assert done.stderr == ""
    assert (ROOT / ".venv").exists()


def test_run_tells_its_version() -> None:
    for words in (["--version"], ["clean", "--version"]):
        done = run(*words)
        assert (done.returncode, done.stdout) == (0, f"scenic-gate {VERSION}\n")


def test_run_is_executable_and_asks_for_a_posix_shell() -> None:
    assert RUN.stat().st_mode & 0o111 == 0o111
    assert RUN.read_text().startswith("#!/bin/sh\n")


@pytest.mark.parametrize("tool", [("dash", "-n"), ("shellcheck",), ("shellcheck", "-s", "dash")])
def test_run_is_clean(tool: tuple[str, ...]) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not here")
    done = subprocess.run([*tool, str(RUN)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_integration_runs_what_the_readme_says() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111 == 0o111
    assert script.read_text().splitlines()[-1] == "exec ./run test"


def test_build_requirements_are_one_list() -> None:
    """The locks are resolved with the group; the installation reads the build system's table."""
    assert PROJECT["build-system"]["requires"] == PROJECT["dependency-groups"]["build"]


def test_there_is_a_lock_for_each_kind_of_machine() -> None:
    assert [lock.stem for lock in LOCKS] == [
        "board", "centre", "demo", "deploy", "dev", "pretix",
    ]  # fmt: skip


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_names_no_host_and_no_path(lock: Path) -> None:
    for number, line in enumerate(lock.read_text().splitlines(), 1):
        assert "://" not in line, f"{lock.name}:{number}"
        assert " @ " not in line, f"{lock.name}:{number}"
        assert not re.search(r"(^|[\s=\"'])/", line), f"{lock.name}:{number}: an absolute path"
        assert not re.match(r"\s*-(?!-hash=)", line), f"{lock.name}:{number}: an option"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_pins_and_hashes_everything(lock: Path) -> None:
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(), flags=re.M).replace("\\\n", " ")
    requirements = text.splitlines()
    assert requirements
    for line in requirements:
        requirement, *hashes = line.split(" --hash=")
        assert re.fullmatch(r"[\w.-]+==[\w.!+]+( ; .+)?", requirement.strip()), requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in hashes), requirement


@pytest.mark.parametrize("lock", OURS, ids=lambda lock: lock.stem)
def test_every_lock_follows_dev(lock: Path) -> None:
    """One .venv serves `demo` and `test`: the dev lock must hold the others, version by version."""
    dev = pins(ROOT / "locks" / "dev.txt")
    for name, versions in pins(lock).items():
        assert versions <= dev.get(name, set()), name
    assert "setuptools" in pins(lock)


@pytest.mark.parametrize("requirement", direct(), ids=str)
def test_dev_lock_is_not_stale(requirement: Requirement) -> None:
    versions = pins(ROOT / "locks" / "dev.txt").get(canonicalize_name(requirement.name), set())
    assert versions, "not in the lock: ./run lock"
    assert all(requirement.specifier.contains(version) for version in versions), "./run lock"


def test_table_of_dependencies_is_complete() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith("| dependency ")
    ]
    listed = [canonicalize_name(row[0]) for row in rows]
    assert len(listed) == len(set(listed)), "a dependency is listed twice"
    assert set(listed) == {canonicalize_name(one.name) for one in direct()}
    assert all(len(row) == 6 and all(row) for row in rows), "an empty cell"
