"""The simulator's commands as a person types them."""

import json
import subprocess
import sys

from click.testing import CliRunner

from hardware_sim.__main__ import main


def test_the_help_names_the_commands() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    for command in ("demo", "park", "gate"):
        assert f"  {command} " in text


def test_wrong_arguments_are_said_in_one_line() -> None:
    for arguments in (
        ["park"],
        ["park", "--seed", "1", "--seeds", "2"],
        ["park", "--seeds", "0"],
        ["park", "--seed", "1", "--large", "--restore"],
    ):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert "Traceback" not in result.output


def test_a_seed_as_json() -> None:
    result = CliRunner().invoke(main, ["park", "--seed", "3", "--json"])
    seed, summary = map(json.loads, result.output.splitlines())
    assert result.exit_code == 0
    assert (seed["seed"], seed["violations"]) == (3, [])
    assert summary["seeds"] == 1
    assert summary["violations"] == 0


def test_a_gate_without_its_file() -> None:
    command = [sys.executable, "-m", "hardware_sim", "gate", "--config", "none", "--pins", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("hardware-sim: cannot read none")
