"""Clean environments with our wheel in them, without the lock, from outside of the source tree."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = str(Path(sys.executable).with_name("uv"))
NEWEST, OLDEST = "highest", "lowest-direct"
LONGEST_S = 300
_UNREACHED = ("dns error", "error trying to connect", "Failed to fetch", "tcp connect error")


PACKAGES = ("gate_agent", "fleet_manager", "hardware_sim", "firmware_config")


def build(folder: Path) -> Path:
    """Return a fresh wheel of the project, built in `folder` from a copy: the build backend leaves
    files behind, and another test may be building as well."""
    source = folder / "source"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps"]
    words += ["--no-build-isolation", "--quiet", "--wheel-dir", str(folder), str(source)]
    _run(words, folder)
    [wheel] = folder.glob("*.whl")
    return wheel


def requirements(extra: str) -> list[str]:
    """Return what an extra, or several with commas between them, needs of other projects."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: list[str] = list(project["dependencies"])
    for name in filter(None, extra.split(",")):
        for text in project["optional-dependencies"][name]:
            inner = re.fullmatch(r"scenic-gate\[(.*)\]", text)
            found += [text] if inner is None else requirements(inner[1])
    return list(dict.fromkeys(found))


class Environment:
    """A virtual environment in `folder`. What runs in it sees nothing of the source tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.elsewhere = folder / "elsewhere"

    def install(self, wheel: Path, extra: str, resolution: str) -> None:
        """Install the wheel with an extra, '' for none, in the newest or oldest versions that
        pyproject.toml allows. Skips the test where no package index can be reached."""
        _run([UV, "venv", "--quiet", "--python", sys.executable, str(self.folder)], ROOT.parent)
        self.elsewhere.mkdir()
        wanted = [f"scenic-gate{f'[{extra}]' if extra else ''} @ {wheel.as_uri()}"]
        # Named once more, so that they count as direct: only those are taken in their oldest.
        wanted += requirements(extra)
        words = [UV, "--no-config", "pip", "install", "--quiet", "--resolution", resolution]
        words += ["--only-binary", ":all:", "--python", str(self.folder / "bin/python"), *wanted]
        _ask_index(words, self.elsewhere)

    def script(self, name: str) -> str:
        """Return the path of a command."""
        return str(self.folder / "bin" / name)

    def run(self, *words: str, status: int = 0) -> str:
        """Run a command of this environment; return what it printed, both streams."""
        done = subprocess.run(
            [self.script(words[0]), *words[1:]],
            cwd=self.elsewhere,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode == status, said
        return said

    def environment(self) -> dict[str, str]:
        """Return the environment variables of a process that is not told where we are."""
        hidden = ("PYTHONPATH", "VIRTUAL_ENV", "SCENIC_GATE_DATA")
        return {name: value for name, value in os.environ.items() if name not in hidden}

    def imports(self, modules: Sequence[str]) -> dict[str, str]:
        """Return why each module cannot be imported, and where ours came from if not from here."""
        text = (
            "import importlib, json, sys\n"
            "faults = {}\n"
            "for name in sys.argv[1:]:\n"
            "    try:\n"
            "        file = importlib.import_module(name).__file__ or ''\n"
            "        if not file.startswith(sys.prefix): faults[name] = file\n"
            "    except Exception as error:\n"
            "        faults[name] = repr(error)\n"
            "print(json.dumps(faults))\n"
        )
        faults: dict[str, str] = json.loads(self.run("python", "-c", text, *modules))
        return faults


def resolve_for_arm(extra: str, python: str, folder: Path) -> set[str]:
    """Return which projects an extra brings to a 64-bit ARM board, as wheels. `python`: its
    version. Skips the test where no package index can be reached."""
    wanted, found = folder / "wanted.txt", folder / "found.txt"
    wanted.write_text("\n".join(requirements(extra)))
    words = [UV, "--no-config", "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    words += ["--python-platform", "aarch64-manylinux_2_36", "--python-version", python]
    _ask_index([*words, "--only-binary", ":all:", "-o", str(found), str(wanted)], folder)
    return {line.partition("==")[0] for line in found.read_text().splitlines()}


def _ask_index(words: Sequence[str], folder: Path) -> None:
    """Run a command that needs the package index; skip the test where that does not answer."""
    try:
        _run(words, folder)
    except AssertionError as error:
        if any(text in str(error) for text in _UNREACHED):
            pytest.skip("the package index does not answer")
        raise


def _run(words: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def modules_of(package: str) -> tuple[str, ...]:
    """Return the modules of a package of the source tree, as dotted names."""
    files = sorted((ROOT / package.replace(".", "/")).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return tuple(name for name in names if not name.endswith(("__init__", "__main__")))
