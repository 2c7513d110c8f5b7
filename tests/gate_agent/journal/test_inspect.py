"""The technician's and the auditor's view: a real journal, whole and damaged."""

import csv
import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate_agent.config.settings import BrokerAddress, GateSettings
from gate_agent.errors import GateError
from gate_agent.events import Turned
from gate_agent.journal.inspect import (
    as_dict,
    export_journal,
    inspect_journal,
    inspection_lines,
    read_status,
    status_lines,
)
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, Passage, PassageKind
from tests.gate_agent.conftest import MakeGate
from tests.gate_agent.samples import NOW_S, ZONE, code, sealed_list, ticket


def settings_of(data: Path) -> GateSettings:
    broker = BrokerAddress("localhost", 1)
    return GateSettings(
        "west-lake", "north-1", ZONE, data, data, pins="mock", clock="host", broker=broker, lanes=()
    )


@pytest.fixture
def gate_folder(tmp_path: Path, make_gate: MakeGate) -> Path:
    """Six records: BOOT, a passage, a refusal, an open grant, a forced turn."""
    gate = make_gate().start(sealed_list())
    gate.scan(code(ticket(7)))
    gate.agent.step(Turned(1))
    gate.scan(b"alien")
    gate.agent.step(Turned(1))
    gate.scan(code(ticket(8, admits=2)))
    gate.link_up()
    gate.ack(2)
    gate.close()
    return tmp_path


def change(folder: Path, *statements: str) -> None:
    db = sqlite3.connect(folder / "journal.db")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_a_whole_journal(gate_folder: Path) -> None:
    report = inspect_journal(settings_of(gate_folder), 2)
    assert report["chain"] == "whole"
    assert (report["head"], report["acked"], report["open_grants"], report["tickets"]) == (
        6,
        2,
        1,
        2,
    )
    assert report["kinds"] == {"boot": 1, "granted": 2, "taken": 1, "denied": 1, "forced": 1}
    assert [row["seq"] for row in report["newest"]] == [5, 6]
    lines = inspection_lines(report)
    assert "records      6, acknowledged up to 2" in lines
    assert any(line.endswith("lane 1 granted ticket 8") for line in lines)
    everything = inspection_lines(inspect_journal(settings_of(gate_folder), 99))
    assert any(line.endswith("lane 1 denied alien") for line in everything)
    assert inspect_journal(settings_of(gate_folder), 0)["newest"] == []
    assert inspect_journal(settings_of(gate_folder), -5)["newest"] == []


def test_it_may_look_while_the_daemon_writes(tmp_path: Path, make_gate: MakeGate) -> None:
    gate = make_gate().start(sealed_list())
    for head in (2, 3):
        gate.agent.step(Turned(1))
        assert inspect_journal(settings_of(tmp_path), 1)["head"] == head


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE passages SET record = (SELECT record FROM passages WHERE seq = 2)"
            " WHERE seq = 4",
            "broken at record 4",
        ),
        ("UPDATE passages SET hash = zeroblob(32) WHERE seq = 3", "broken at record 3"),
        ("UPDATE passages SET record = x'80', hash = 'x' WHERE seq = 3", "record 3: not bytes"),
        ("DELETE FROM passages WHERE seq IN (3, 4)", "records 3 to 4 are missing"),
        ("UPDATE meta SET value = 9 WHERE key = 'acked'", "records 7 to 9 are missing"),
        ("UPDATE meta SET value = zeroblob(16) WHERE key = 'journal_id'", "broken at record 1"),
    ],
)
def test_the_first_fault_of_the_chain_is_named(
    gate_folder: Path, statement: str, says: str
) -> None:
    change(gate_folder, statement)
    report = inspect_journal(settings_of(gate_folder), 9)
    assert report["chain"] == says
    assert inspection_lines(report)


def test_a_record_that_says_nothing_is_named(gate_folder: Path) -> None:
    change(
        gate_folder,
        "UPDATE passages SET record = x'8001' WHERE seq = 1",
        "DELETE FROM passages WHERE seq > 1",
    )
    report = inspect_journal(settings_of(gate_folder), 9)
    assert report["chain"] == "broken at record 1"
    assert report["kinds"] == {}


def test_records_dropped_from_the_front_are_no_fault(gate_folder: Path) -> None:
    change(gate_folder, "DELETE FROM passages WHERE seq < 3")
    assert inspect_journal(settings_of(gate_folder), 0)["chain"] == "whole"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE passages",
        "DROP TABLE meta",
        "DROP TABLE uses",
        "DELETE FROM meta",
        "UPDATE meta SET value = 'x'",
        "UPDATE meta SET key = key || 'x'",
    ],
)
def test_a_damaged_journal_is_one_clear_error(gate_folder: Path, statement: str) -> None:
    change(gate_folder, statement)
    with pytest.raises(GateError) as caught:
        inspect_journal(settings_of(gate_folder), 9)
    assert str(gate_folder / "journal.db") in str(caught.value)
    assert caught.value.hint


def test_no_journal(tmp_path: Path) -> None:
    for act in (
        lambda: inspect_journal(settings_of(tmp_path), 9),
        lambda: export_journal(settings_of(tmp_path), "csv", None),
    ):
        with pytest.raises(GateError, match="cannot read the journal"):
            act()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_any_name(tmp_path: Path, make_gate: MakeGate) -> None:
    folder = tmp_path / "a ?mode=rwc#50%"
    folder.mkdir()
    make_gate(folder=folder).start().close()
    assert inspect_journal(settings_of(folder), 1)["head"] == 1


def test_export_writes_every_record(gate_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = gate_folder / "out"
    assert export_journal(settings_of(gate_folder), "jsonl", out) == 6
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["kind"] for row in rows] == [
        "boot", "granted", "taken", "denied", "forced", "granted",
    ]  # fmt: skip
    assert (rows[3]["reason"], rows[3]["serial"], rows[5]["serial"]) == ("alien", None, 8)
    assert export_journal(settings_of(gate_folder), "csv", out) == 6
    with out.open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["hash"] for row in table] == [row["hash"] for row in rows]
    assert export_journal(settings_of(gate_folder), "jsonl", None) == 6
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_export_where_nothing_can_be_written(gate_folder: Path) -> None:
    with pytest.raises(GateError, match="cannot write /proc/self/x: "):
        export_journal(settings_of(gate_folder), "csv", Path("/proc/self/x"))


@pytest.mark.parametrize("value", ["x'80'", "'text'", "7"])
@pytest.mark.parametrize("column", ["record", "hash"])
def test_export_of_a_damaged_journal(gate_folder: Path, column: str, value: str) -> None:
    change(gate_folder, f"UPDATE passages SET {column} = {value} WHERE seq = 4")
    if (column, value) == ("hash", "x'80'"):
        assert export_journal(settings_of(gate_folder), "csv", gate_folder / "out") == 6
        return
    with pytest.raises(GateError, match="the journal is damaged"):
        export_journal(settings_of(gate_folder), "csv", gate_folder / "out")


def test_a_reason_from_a_newer_gate_is_still_shown() -> None:
    row = Passage(
        seq=1,
        kind=PassageKind.DENIED,
        lane=1,
        direction=Direction.IN,
        wall_ms=NOW_S * 1000,
        mono_ms=0,
        boot=1,
        clock=ClockState.UNKNOWN,
    )
    assert as_dict(row._replace(reason=14))["reason"] == "used"
    assert as_dict(row._replace(reason=255))["reason"] == "reason_255"
    assert as_dict(row)["reason"] == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_any_bytes_in_the_file_are_a_report_or_a_clear_error(
    gate_folder: Path, data: st.DataObject
) -> None:
    path = gate_folder / "journal.db"
    good = path.read_bytes()
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(1, 40))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(bad))
    try:
        for act in (
            lambda: inspection_lines(inspect_journal(settings_of(gate_folder), 9)),
            lambda: export_journal(settings_of(gate_folder), "csv", gate_folder / "out"),
        ):
            try:
                act()
            except GateError:
                continue
    finally:
        path.write_bytes(good)


# --- status ------------------------------------------------------------------------------------

STATUS: dict[str, Any] = {
    "park": "west-lake", "gate": "north-1", "linked": False, "waiting": 3, "lists": [],
    "clock": "trusted", "wall_ms": NOW_S * 1000,
    "lanes": [{"number": 1, "mode": "controlled", "phase": "idle"}],
    "faults": {"scanner 1": "unplugged"},
}  # fmt: skip


@pytest.fixture
def status_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    path = tmp_path / "status.json"
    path.write_text(json.dumps(STATUS))
    return path


def test_a_fresh_status(status_file: Path) -> None:
    document, fresh = read_status(Path("/nowhere"))
    assert (document, fresh) == (STATUS, True)
    lines = status_lines(document, fresh)
    assert lines[:2] == ["gate     west-lake/north-1", "link     DOWN, 3 records waiting"]
    assert "list     none yet" in lines
    assert "lane 1   controlled, idle" in lines
    assert lines[-1] == "FAULT    scanner 1: unplugged"
    held = {"series": "main", "version": 4, "as_of_ms": NOW_S * 1000}
    good = {**STATUS, "linked": True, "lists": [held]}
    lines = status_lines(good, fresh=True)
    assert lines[1].startswith("link     up")
    assert lines[2].startswith("list     main version 4 as of 2026-")


@pytest.mark.parametrize("age_s", [16, -3600])
def test_a_status_nobody_renews(status_file: Path, age_s: int) -> None:
    written = time.time() - age_s
    os.utime(status_file, (written, written))
    document, fresh = read_status(Path("/nowhere"))
    assert not fresh
    assert status_lines(document, fresh)[0].endswith("(NOT RUNNING)")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"park": 1',
        json.dumps({**STATUS, "lanes": [1]}).encode(),
        json.dumps({**STATUS, "faults": []}).encode(),
        json.dumps({**STATUS, "wall_ms": 1e300}).encode(),
        json.dumps({**STATUS, "wall_ms": 1 << 80}).encode(),
    ],
)
def test_any_other_document_is_no_status(status_file: Path, data: bytes) -> None:
    status_file.write_bytes(data)
    with pytest.raises(GateError, match="no status in") as caught:
        read_status(Path("/nowhere"))
    assert "systemctl status gate-agent" in caught.value.hint


def test_no_status(status_file: Path) -> None:
    status_file.unlink()
    with pytest.raises(GateError, match="no status in"):
        read_status(Path("/nowhere"))
