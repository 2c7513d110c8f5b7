"""The commands as a technician types them: what they print, and how they end."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from click.testing import CliRunner, Result

from gate_agent import __version__
from gate_agent.__main__ import main
from gate_agent.drivers.arms.guard.lines import claim
from gate_agent.events import Turned
from gate_agent.trust.identity import PEPPER
from hardware_sim.devices.lines import LineServer
from tests.gate_agent.conftest import MakeGate
from tests.gate_agent.samples import code, sealed_list, ticket

PARTS = ("run", "check", "status", "inspect", "export")
TOML = """
[gate]
park = "west-lake"
id = "north-1"
time_zone = "Asia/Shanghai"
data = "data"
identity = "identity"
pins = "mock"
clock = "host"

[broker]
host = "localhost"
port = 1

[[lane]]
number = 1
scanner = { port = "/dev/null" }
"""


ARM = """
arm = { wires = ["relay 17 low", "passage 27"] }
"""


def gate_agent(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def config(tmp_path: Path, make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gate.toml beside a data folder with three records in its journal."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    path = tmp_path / "gate.toml"
    path.write_text(TOML)
    (tmp_path / "data").mkdir()
    gate = make_gate(folder=tmp_path / "data").start(sealed_list())
    gate.scan(code(ticket(7)))
    gate.agent.step(Turned(1))
    gate.close()
    return path


def one_line(result: Result, status: int, text: str) -> None:
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("gate-agent: ")
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_help_names_every_command() -> None:
    for flag in ("-h", "--help"):
        result = gate_agent(flag)
        assert result.exit_code == 0
        for command in (*PARTS, "decode"):
            assert f"  {command} " in result.stdout
            assert gate_agent(command, flag).exit_code == 0
    assert gate_agent("--version").stdout == f"gate-agent, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("run", "--confg", "x"),
        ("decode",),
        ("inspect", "--tail", "many"),
        ("export", "--format", "xml"),
        ("status", "extra"),
        ("run", "--config"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    result = gate_agent(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", PARTS)
def test_settings_that_are_not_there_are_status_78(command: str, tmp_path: Path) -> None:
    one_line(gate_agent(command, "--config", tmp_path / "no.toml"), 78, "cannot read")


@pytest.mark.parametrize("command", PARTS)
def test_settings_that_are_wrong_are_status_78(command: str, config: Path) -> None:
    config.write_text(TOML.replace('"mock"', '"magic"'))
    one_line(gate_agent(command, "--config", config), 78, "pins: must be lgpio or mock")


def test_a_gate_without_an_identity_does_not_run(config: Path) -> None:
    result = gate_agent("run", "--config", config)
    one_line(result, 78, "identity/key.pem: No such file or directory; copy the folder again")


def test_inspect(config: Path) -> None:
    result = gate_agent("inspect", "--tail", "1", "--config", config)
    assert result.exit_code == 0
    assert "hash chain   whole" in result.stdout
    assert "lane 1 taken ticket 7" in result.stdout
    report = json.loads(gate_agent("inspect", "--json", "--config", config).stdout)
    assert (report["head"], report["chain"]) == (3, "whole")


def test_inspect_of_a_broken_chain_is_status_1(config: Path) -> None:
    journal = config.parent / "data" / "journal.db"
    data = journal.read_bytes()
    at = data.index(code_of_taken(data))
    journal.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    result = gate_agent("inspect", "--config", config)
    assert result.exit_code == 1
    assert "broken at record" in result.stdout
    assert "Traceback" not in result.output


def code_of_taken(data: bytes) -> bytes:
    """The ticket's id as the last record spells it: a byte of it is changed."""
    ticket_id = ticket(7).id
    assert ticket_id in data
    return ticket_id


def test_inspect_without_a_journal_is_status_1(config: Path) -> None:
    shutil.rmtree(config.parent / "data")
    one_line(gate_agent("inspect", "--config", config), 1, "cannot read the journal")


def test_export(config: Path, tmp_path: Path) -> None:
    result = gate_agent("export", "--config", config)
    assert result.exit_code == 0
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == [
        "boot", "granted", "taken",
    ]  # fmt: skip
    assert result.stderr == "3 records\n"
    out = tmp_path / "passages.csv"
    assert gate_agent("export", "--format", "csv", "--out", out, "--config", config).stdout == ""
    assert len(out.read_text().splitlines()) == 4
    one_line(gate_agent("export", "--out", tmp_path, "--config", config), 1, "cannot write")


def test_an_export_never_harms_the_journal_nor_an_earlier_export(config: Path) -> None:
    data = config.parent / "data"
    journal = data / "journal.db"
    before = journal.read_bytes()
    for own in (journal, data / "journal.db-wal", data / "rules.a"):
        one_line(gate_agent("export", "--out", own, "--config", config), 1, "the gate itself uses")
    assert journal.read_bytes() == before
    out = config.parent / "passages.jsonl"
    out.write_text("an earlier export\n")
    with sqlite3.connect(journal) as db:
        db.execute("UPDATE passages SET record = x'00' WHERE seq = 2")
    db.close()
    one_line(gate_agent("export", "--out", out, "--config", config), 1, "the journal is damaged")
    assert out.read_text() == "an earlier export\n"
    assert sorted(path.name for path in config.parent.glob("passages*")) == ["passages.jsonl"]


def test_every_command_tells_its_version_and_help_and_does_nothing_else() -> None:
    for words in ([], *([name] for name in main.commands), ["profile", "make"]):
        for flag in ("-h", "--help"):
            assert gate_agent(*words, flag).stdout.startswith("Usage: "), words
        if words != ["profile"]:
            shown = gate_agent(*words, "--version")
            assert shown.output == f"gate-agent, version {__version__}\n", words


STATUS = {
    "park": "west-lake", "gate": "north-1", "linked": True, "waiting": 0, "lists": [],
    "clock": "trusted", "wall_ms": 0, "lanes": [], "faults": {},
}  # fmt: skip


def test_status_of_a_daemon_that_runs_and_of_one_that_has_stopped(config: Path) -> None:
    one_line(gate_agent("status", "--config", config), 1, "is the daemon running?")
    path = config.parent / "status.json"
    path.write_text(json.dumps(STATUS))
    result = gate_agent("status", "--config", config)
    assert result.exit_code == 0
    assert result.stdout.startswith("gate     west-lake/north-1\nlink     up")
    old = time.time() - 60
    os.utime(path, (old, old))
    result = gate_agent("status", "--config", config)
    assert result.exit_code == 1
    assert "NOT RUNNING" in result.stdout
    assert json.loads(gate_agent("status", "--json", "--config", config).stdout) == {
        **STATUS,
        "fresh": False,
    }


def test_status_reads_the_files_of_the_board_anew_without_a_daemon(config: Path) -> None:
    words = ("status", "--board-files", "--config", config)
    before = json.loads(gate_agent(*words, "--json").stdout)
    assert before["config_files"][str(config)]
    config.write_text(f"{config.read_text()}# changed\n")
    after = json.loads(gate_agent(*words, "--json").stdout)
    assert after["config"] != before["config"]
    lines = gate_agent(*words).stdout.splitlines()
    assert lines[-1] == f"{after['config']}  all of them"
    assert any(line.endswith(str(config)) for line in lines)


def test_decode(tmp_path: Path) -> None:
    picture, empty, text = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    shown = code(ticket(7)).decode()
    segno.make(shown, error="m").save(str(picture), scale=6)
    cv2.imwrite(str(empty), np.full((90, 90), 255, np.uint8))
    text.write_text("not a picture")
    result = gate_agent("decode", picture, empty)
    assert (result.exit_code, result.stdout) == (
        0, f"{picture}: {shown}\n{empty}: no code found\n",
    )  # fmt: skip
    result = gate_agent("decode", "--json", text, picture, tmp_path / "gone.png")
    assert result.exit_code == 1
    row = json.loads(result.stdout)
    assert (row["file"], row["texts"]) == (str(picture), [shown])
    assert row["ms"] > 0
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["gate-agent"] * 2


def test_a_hostile_code_writes_nothing_strange_to_the_terminal(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    segno.make_qr("\x1b[2Jgone", error="m").save(str(picture), scale=6)
    result = gate_agent("decode", picture)
    assert "\x1b" not in result.stdout
    assert "[2Jgone" in result.stdout


@pytest.mark.process
def test_the_real_command(config: Path) -> None:
    """The one that pip puts beside Python: exit status, one line, no traceback."""

    def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        program = Path(sys.executable).parent / "gate-agent"
        return subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=300, cwd="/"
        )

    done = run("run", "--config", "/no/such/gate.toml")
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == (
        "gate-agent: cannot read /no/such/gate.toml: No such file or directory\n"
    )
    done = run("inspect", "--json", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["head"] == 3
    assert run("status", "--config", config).returncode == 1
    assert run("frobnicate").returncode == 2
    (config.parent / "identity").mkdir()
    (config.parent / "identity" / PEPPER).write_text("x")
    assert run("run", "--config", config).returncode == 78


def test_rest_drives_relays_to_rest_unless_somebody_has_them(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd's last word after the daemon."""
    said = gate_agent("rest", "--config", config)
    assert (said.exit_code, said.output) == (0, "0 relays at rest\n"), "pins in memory have none"
    config.write_text(TOML.replace('pins = "mock"', "") + ARM)
    lines = LineServer(tmp_path / "lines", drops=False)
    lines.start()
    monkeypatch.setattr(
        "gate_agent.drivers.pins.factory.board_path", lambda: str(tmp_path / "lines")
    )
    said = gate_agent("rest", "--config", config)
    assert (said.exit_code, said.output) == (0, "1 relays at rest\n")
    assert lines.level(17) is True
    held = claim(str(tmp_path / "lines"), 17, False)
    said = gate_agent("rest", "--config", config)
    assert said.exit_code == 1
    assert "stop that first" in said.output
    os.close(held.fd)
    lines.stop()
