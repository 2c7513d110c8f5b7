"""How the program ends when the system around it does not help: always one line, no traceback."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fleet_manager.__main__ import build


def program(
    *arguments: str, prelude: str = "", stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    code = f"import sys; {prelude}\nfrom fleet_manager.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=os.environ | environment,
    )


@pytest.fixture
def data(tmp_path: Path) -> str:
    folder = str(tmp_path / "data")
    made = program(
        "init", "--park", "p", "--time-zone", "UTC", "--name-zh", "西湖", "--data", folder
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["ticket", "issue", "--help"], ["--version"], ["counts"]]
)
def test_output_that_cannot_be_written_is_one_line(data: str, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = program(*arguments, stdout=full.fileno(), SCENIC_GATE_DATA=data)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


def test_a_terminal_without_chinese_loses_nothing(data: str) -> None:
    done = program("counts", SCENIC_GATE_DATA=data, PYTHONIOENCODING="latin-1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("\\u897f\\u6e56 ")
    done = program("station", "add", "s", "--name-zh", "北", SCENIC_GATE_DATA=data)
    done = program("station", "list", "--json", SCENIC_GATE_DATA=data, PYTHONIOENCODING="latin-1")
    assert json.loads(done.stdout)["name_zh"] == "北"


@pytest.mark.parametrize("library", ["sqlalchemy", "cryptography"])
def test_an_installation_without_the_extra_says_what_to_install(data: str, library: str) -> None:
    hidden = f"sys.modules['{library}'] = None"
    done = program("counts", prelude=hidden, SCENIC_GATE_DATA=data)
    assert done.returncode == 1
    assert done.stderr == (
        f"fleet-manager: cannot run here: this installation of scenic-gate has no {library}\n"
        "  install the management centre: pip install 'scenic-gate[manager]'\n"
    )


def test_the_version_is_printed_and_nothing_else_is_done() -> None:
    done = program("--version", "serve")
    assert done.returncode == 0
    assert done.stdout.startswith("fleet-manager, version ")


def test_short_help_works_for_every_command() -> None:
    paths = [[name] for name in build().commands]
    for name, command in build().commands.items():
        paths += [[name, sub] for sub in getattr(command, "commands", {})]
    for path in paths:
        result = build().main([*path, "-h"], standalone_mode=False)
        assert result == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_names_who_may_use_it(data: str) -> None:
    # pytest closes its own folders to others whenever a run begins beside this one.
    with tempfile.TemporaryDirectory() as outside:
        Path(outside).chmod(0o755)
        elsewhere = shutil.copytree(data, f"{outside}/data")
        _use_somebody_elses(str(elsewhere))


def _use_somebody_elses(data: str) -> None:
    for path in (Path(data), *Path(data).rglob("*")):
        os.chown(path, 1, 1)
    # Everything is imported before: another user may not read where Python is installed.
    prelude = (
        "import os; from fleet_manager.__main__ import build; "
        "build().main(['counts'], standalone_mode=False); os.setuid(65534)"
    )
    Path(data).chmod(0o700)
    done = program("counts", prelude=prelude, SCENIC_GATE_DATA=data)
    assert done.returncode == 78
    assert done.stderr.splitlines()[1] == "  run it as: sudo -u daemon fleet-manager …"
    Path(data).chmod(0o755)
    for name in ("centre.toml", "centre.db"):  # as parks were made that others could read
        (Path(data) / name).chmod(0o644)
    done = program("counts", prelude=prelude, SCENIC_GATE_DATA=data)
    assert done.returncode == 78
    assert "nobody may not write there" in done.stderr
