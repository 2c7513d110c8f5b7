"""What every command does when terminal, user or installation are not as they should be."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import click
import pytest
from click.testing import CliRunner

from gate_agent.commands.shell import CommandGroup
from tests.gate_agent.test_main import TOML

COMMANDS = (("--help",), ("profile", "list"), ("check", "--help"), ("--version",))
WITHOUT = (
    "import sys; sys.modules[sys.argv[1]] = None; "
    "from gate_agent.__main__ import main; main(sys.argv[2:])"
)

AS_NOBODY = (
    "import os, sys, encodings.idna; import gate_agent.checks.sheet, gate_agent.config.load; "
    "import gate_agent.drivers.pins.factory; from gate_agent.__main__ import main; "
    "os.setgroups([]); os.setgid(65534); os.setuid(65534); main(sys.argv[1:])"
)
"""What is needed is loaded first: the tree may be the owner's alone."""


def python(*words: str, out: int | IO[str] = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words], stdout=out, stderr=subprocess.PIPE, text=True, timeout=60
    )


@pytest.mark.process
@pytest.mark.parametrize("words", COMMANDS)
def test_output_that_cannot_be_written_is_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = python("-m", "gate_agent", *words, out=full)
    assert done.returncode == 1
    assert done.stderr == "gate-agent: cannot write the output: No space left on device\n"


@pytest.mark.process
@pytest.mark.parametrize("words", COMMANDS)
def test_a_reader_that_goes_away_is_no_word(words: tuple[str, ...]) -> None:
    shell = f"{sys.executable} -m gate_agent {' '.join(words)} | true"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


@pytest.mark.process
def test_a_library_that_is_not_installed_names_what_to_install(tmp_path: Path) -> None:
    config = tmp_path / "gate.toml"
    config.write_text("")
    done = python("-c", WITHOUT, "sqlite_utils", "inspect", "--config", str(config))
    assert done.returncode == 1
    assert done.stderr == (
        "gate-agent: the library sqlite_utils is not installed; install scenic-gate[gate]: "
        "pip install 'scenic-gate[gate]'\n"
    )


def test_a_file_of_another_user_names_the_user_to_be() -> None:
    @click.group(cls=CommandGroup)
    def group() -> None: ...

    @group.command()
    def status() -> None:
        raise PermissionError(13, "Permission denied", "/run/scenic-gate/status.json")

    done = CliRunner().invoke(group, ["status"])
    assert done.exit_code == 1
    assert done.stderr == (
        "gate-agent: cannot open /run/scenic-gate/status.json: Permission denied; "
        "run it as: sudo -u scenic-gate gate-agent …\n"
    )


@pytest.mark.process
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("command", ["status", "check", "inspect", "export"])
def test_an_ordinary_user_hears_as_whom_to_run_it(command: str) -> None:
    """The first thing that anybody types. The data folder is the daemon's alone."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "gate.toml").write_text(TOML)
        (folder / "data").mkdir(mode=0o700)
        done = python("-c", AS_NOBODY, command, "--config", str(folder / "gate.toml"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Permission denied; run it as: sudo -u scenic-gate gate-agent" in done.stderr
    assert done.stderr.count("\n") == 1
