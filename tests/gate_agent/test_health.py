"""Counters, faults, the status document, and what systemd hears."""

import json
import os
import socket
from pathlib import Path
from threading import Thread

import pytest

from gate_agent import health
from gate_agent.health import LINE_EVERY_S, Health, find_status, notifier, status_path, write_status


def test_faults_come_go_and_are_counted() -> None:
    ours = Health()
    ours.fault("scanner 1", "unplugged")
    ours.fault("scanner 1", "still unplugged")
    ours.recover("scanner 1")
    ours.recover("scanner 1")
    ours.count("message refused")
    assert ours.faults == {}
    assert dict(ours.counters) == {"fault scanner 1": 2, "message refused": 1}


def test_a_flood_of_refusals_is_a_line_a_minute_and_kind(caplog: pytest.LogCaptureFixture) -> None:
    now_s = [1000.0]
    ours = Health(lambda: now_s[0])
    for _ in range(26_000):
        ours.discard("message refused", "a message with a wrong signature")
    ours.discard("note refused", "a note with a wrong code")
    now_s[0] += LINE_EVERY_S
    ours.discard("message refused", "a topic that is not ours")
    ours.discard("message refused", "a topic that is not ours")
    now_s[0] += LINE_EVERY_S
    ours.discard("note refused", "a note with a wrong code")
    assert [record.getMessage() for record in caplog.records] == [
        "message refused: a message with a wrong signature",
        "note refused: a note with a wrong code",
        "message refused: a topic that is not ours (and 25999 more before it)",
        "note refused: a note with a wrong code",
    ]
    assert ours.counters["message refused"] == 26_002


def test_the_status_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    for number in (1, 2):
        write_status(path, {"number": number, "text": "门票"})
        assert json.loads(path.read_text("utf-8")) == {"number": number, "text": "门票"}
    assert [file.name for file in tmp_path.iterdir()] == ["status.json"]


def test_a_status_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    write_status(tmp_path / "gone" / "status.json", {})
    assert list(tmp_path.iterdir()) == []


def test_the_status_lies_where_systemd_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert status_path(tmp_path) == tmp_path / "status.json"
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/scenic-gate")
    assert status_path(tmp_path) == Path("/run/scenic-gate/status.json")


def test_a_technicians_shell_finds_the_newest_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    data, runtime = tmp_path / "data", tmp_path / "run"
    monkeypatch.setattr(health, "RUNTIME", runtime)
    for folder in (data, runtime):
        folder.mkdir()
    assert find_status(data) == data / "status.json"
    (runtime / "status.json").write_text("{}")
    assert find_status(data) == runtime / "status.json"
    (data / "status.json").write_text("{}")
    os.utime(runtime / "status.json", (1000, 1000))
    assert find_status(data) == data / "status.json"


def test_the_unit_and_this_code_mean_the_same_folder() -> None:
    unit = Path(__file__).parents[2] / "firmware_config" / "gate-agent.service"
    assert f"RuntimeDirectory={health.RUNTIME.name}\n" in unit.read_text()


def test_outside_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert notifier()("READY=1") is None


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_what_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    name = f"@{tmp_path}/notify" if abstract else f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0"))
        systemd.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        notify = notifier()
        for word in ("READY=1", "WATCHDOG=1", "STOPPING=1"):
            notify(word)
            assert systemd.recv(100) == word.encode()


def test_the_lane_never_waits_for_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that is gone nor one that does not listen: such a socket soon is full."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    notify = notifier()
    notify("WATCHDOG=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "notify"))
        teller = Thread(target=lambda: [notify("WATCHDOG=1") for _ in range(5000)], daemon=True)
        teller.start()
        teller.join(60.0)
        assert not teller.is_alive()
