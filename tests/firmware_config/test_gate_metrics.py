"""A gate's status as figures for Prometheus: the text format, and a gate that does not answer."""

import json
import os
import re
from pathlib import Path

import pytest

from firmware_config import gate_metrics

STATUS = {
    "fresh": True,
    "linked": True,
    "waiting": 3,
    "head": 4711,
    "clock": "trusted",
    "wall_ms": 1796086869495,
    "faults": {"scanner 1": "gone"},
    "lists": [{"series": 'a"b\\c', "version": 7, "as_of_ms": 1796086675150}],
    "lanes": [{"number": 1, "mode": "controlled", "phase": "idle", "direction": "in"}],
    "counters": {"scans": 12},
}
LINE = re.compile(r'scenic_gate_[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)+\})? [0-9.e+]+')


def figures(status: dict[str, object]) -> dict[str, str]:
    """Return the figures of a status, by name and labels."""
    lines = [line for line in gate_metrics.metrics(status) if not line.startswith("#")]
    return dict(line.rsplit(" ", 1) for line in lines)


def test_a_status_is_figures() -> None:
    shown = figures(STATUS)
    assert shown["scenic_gate_up"] == "1"
    assert shown["scenic_gate_linked"] == "1"
    assert shown["scenic_gate_records_waiting"] == "3"
    assert shown["scenic_gate_faults"] == "1"
    assert shown["scenic_gate_wall_seconds"] == "1796086869.495"
    assert shown['scenic_gate_lane_mode{lane="1",mode="controlled"}'] == "1"
    assert shown['scenic_gate_counter{name="scans"}'] == "12"


def test_each_line_has_the_form_that_prometheus_reads() -> None:
    lines = list(gate_metrics.metrics(STATUS))
    for line in lines:
        assert line.startswith(("# HELP scenic_gate_", "# TYPE scenic_gate_")) or LINE.fullmatch(
            line
        ), line
    named = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(named) == len(set(named)), "a figure has its type once"


@pytest.mark.parametrize("status", [{}, {"fresh": False, "linked": True}])
def test_a_gate_that_does_not_answer_is_down_and_has_no_other_figure(
    status: dict[str, object],
) -> None:
    assert figures(status) == {"scenic_gate_up": "0"}


def test_the_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "gate-agent"
    document = tmp_path / "status.json"
    document.write_text(json.dumps(STATUS))
    program.write_text(f"#!/bin/sh\ncat {document}\n")
    program.chmod(0o755)
    out = tmp_path / "scenic-gate.prom"
    monkeypatch.setattr(gate_metrics, "OUT", out)
    monkeypatch.setattr(gate_metrics, "STATUS", (str(program), "status", "--json"))
    before = os.umask(0o077)
    try:
        assert gate_metrics.main() == 0
    finally:
        os.umask(before)
    assert out.read_text().endswith('{name="scans"} 12\n')
    assert out.stat().st_mode & 0o777 == 0o644
    assert {path.name for path in tmp_path.iterdir()} == {"gate-agent", "status.json", out.name}


def test_a_program_that_is_missing_is_a_gate_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_metrics, "STATUS", ("/nowhere/gate-agent",))
    assert gate_metrics.read_status() == {}


def test_the_figures_are_those_of_a_real_daemon() -> None:
    """Every key that is read stands in the document that the daemon writes."""
    text = Path(gate_metrics.__file__).read_text("utf-8")
    daemon = Path(gate_metrics.__file__).parents[1] / "gate_agent/daemon.py"
    for key in set(re.findall(r'status\["(\w+)"\]', text)):
        assert f'"{key}":' in daemon.read_text("utf-8"), key
