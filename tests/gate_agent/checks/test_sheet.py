"""The whole sheet: every part has a line, in both languages, whatever else fails."""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from gate_agent.__main__ import main
from gate_agent.checks.row import CheckPart, CheckRow, CheckState, CheckVisit, both
from gate_agent.checks.sheet import CHECKS, document, last_line, lines, rows, running
from gate_agent.config.settings import GateSettings
from gate_agent.errors import GateError
from gate_agent.health import write_status
from gate_agent.signs import Words
from tests.gate_agent.checks.conftest import sheet, visit

ALWAYS = ["settings", "daemon", "identity", "certificate", "clock", "centre", "disk",
          "durable write", "card wear", "journal", "ticket list"]  # fmt: skip


def test_every_part_has_a_line_even_when_nothing_works(
    settings: GateSettings, tmp_path: Path
) -> None:
    nowhere = tmp_path / "no"
    found = sheet(replace(settings, data=nowhere, identity=nowhere))
    assert [row.key for row in found][: len(ALWAYS)] == ALWAYS
    assert {"watchdog", "power", "heat"} <= {row.key for row in found}
    for row in found:
        assert (row.part.zh, row.part.en) != ("", "")
        assert row.state is not CheckState.FAIL or (row.hint.zh and row.hint.en), row


def test_a_check_that_fails_altogether_is_a_line(settings: GateSettings) -> None:
    def stuck() -> CheckRow:
        raise GateError("it is stuck", "call somebody")

    def check_lift(_: CheckVisit) -> Iterator[CheckRow]:
        yield stuck()

    _, row = rows(visit(settings), [check_lift])
    assert (row.key, row.state, row.text.en, row.hint.en) == (
        "lift", CheckState.FAIL, "it is stuck", "call somebody",
    )  # fmt: skip


def test_each_check_is_listed_once() -> None:
    assert len(set(CHECKS)) == len(CHECKS)


PART = CheckPart("arm", Words("闸臂", "arm"))
HINT = Words("看看", "look")


def test_how_a_row_is_printed() -> None:
    assert lines(PART.good(both("fine")), "en") == ["pass  arm                 fine"]
    bad = PART.bad(Words("坏了", "br\x1b[2Joken"), HINT)
    assert lines(bad, "en") == ["FAIL  arm                 br\ufffd[2Joken", f"{'':26}-> look"]
    assert lines(bad, "zh") == ["故障  闸臂                坏了", f"{'':26}-> 看看"]
    assert last_line([bad, PART.note(both("x"))], "en") == "0 pass, 1 FAIL, 1 note, 0 skip"
    assert last_line([bad], "zh") == "0 通过，1 故障，0 注意，0 未测"


def test_the_sheet_for_programs() -> None:
    (row,) = document([PART.bad(Words("坏了", "broken"), HINT)])
    assert row == {"part": "arm", "state": "fail", "ok": False, "text": "broken",
                   "text_zh": "坏了", "hint": "look", "hint_zh": "看看"}  # fmt: skip


def test_a_daemon_counts_as_running_while_its_status_is_fresh(settings: GateSettings) -> None:
    assert running(settings) is None
    status = {"park": "p", "gate": "g", "pid": 7, "linked": True, "waiting": 0, "lists": [],
              "clock": "trusted", "wall_ms": 0, "lanes": [], "faults": {},
              "list_version": 1, "rules_version": 1}  # fmt: skip
    write_status(settings.data / "status.json", status)
    assert running(settings) is not None
    old = time.time() - 60
    os.utime(settings.data / "status.json", (old, old))
    assert running(settings) is None


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
scanner = { port = "/dev/nothing" }
lamps = { go_pin = 5, stop_pin = 6 }
"""


@pytest.fixture
def config(settings: GateSettings) -> Path:
    path = settings.data.parent / "gate.toml"
    path.write_text(TOML)
    return path


def check(config: Path, *words: str, **environment: str) -> tuple[int, str]:
    done = CliRunner(env=environment).invoke(main, ["check", "--config", str(config), *words])
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    ("words", "lang", "mark"),
    [(("--language", "zh"), "C", "故障"), ((), "zh_CN.UTF-8", "故障"), ((), "C", "FAIL")],
)
def test_the_command_speaks_both(
    config: Path, words: tuple[str, ...], lang: str, mark: str
) -> None:
    status, text = check(config, "--no-input", *words, LANG=lang)
    assert status == 1
    assert re.search(rf"^{mark} +(通道1 扫码器|lane 1 scanner)", text, re.M)
    assert not re.search("[一-鿿]", text) or mark == "故障"


def test_the_command_for_programs(config: Path) -> None:
    status, text = check(config, "--json")
    rows = {row["part"]: row for row in json.loads(text)}
    assert status == 1
    assert rows["lane 1 lamps"]["ok"]
    assert not rows["lane 1 scanner"]["ok"]
    assert rows["lane 1 scanner"]["hint_zh"]


def test_all_is_well_is_status_0(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate_agent.checks.sheet.rows", lambda *_: iter([PART.note(both("x"))]))
    assert check(config) == (0, "note  arm                 x\n0 pass, 0 FAIL, 1 note, 0 skip\n")


def test_the_cameras_alone(config: Path) -> None:
    status, text = check(config, "--camera", "--json")
    assert status == 0
    assert [row["part"] for row in json.loads(text)] == ["settings"]
