"""A board's configuration: reported by its gate, accepted by somebody, shown when it drifts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from fleet_manager.__main__ import build
from fleet_manager.access import audit
from fleet_manager.centre import Centre
from fleet_manager.daemon.collector import Collector
from gate_agent.validator.messages.software_text import write_software
from tests.fleet_manager.boards import STATE, Board, birth
from tests.fleet_manager.gates.conftest import GATE
from tests.fleet_manager.scribe import NOON

FIRST, SECOND = "1a2b3c4d5e6f", "0f9e8d7c6b5a"


def run(park: Centre, *words: str) -> tuple[int, str]:
    data = ["--data", str(park.config.folder)]
    result = CliRunner().invoke(build(), [*words, *data])
    return result.exit_code, result.output


def shown(park: Centre) -> dict[str, object]:
    values: dict[str, object] = json.loads(run(park, "gate", "show", GATE, "--json")[1])
    return {
        name: values[name] for name in ("software", "config", "config_accepted", "config_drifts")
    }


class Reports:
    """A gate that reports one configuration after another."""

    def __init__(self, collector: Collector, board: Board) -> None:
        self._collector, self._board, self._at = collector, board, 1
        collector.process([board.sign(birth())], 0, NOON)

    def say(self, software: str) -> None:
        self._at += 1
        state = replace(STATE, software=software, mono_ms=self._at, beacon_ms=NOON)
        self._collector.process([self._board.sign(state)], 0, NOON)


@pytest.fixture
def reports(collector: Collector, board: Board) -> Reports:
    return Reports(collector, board)


def test_a_first_configuration_waits_to_be_accepted(park: Centre, reports: Reports) -> None:
    reports.say(write_software("0.1.0", FIRST))
    assert shown(park) == {
        "software": "0.1.0",
        "config": FIRST,
        "config_accepted": None,
        "config_drifts": False,
    }
    assert f"{FIRST}, never accepted" in run(park, "gate", "show", GATE)[1]


def test_another_configuration_is_drift_until_somebody_accepts_it(
    park: Centre, reports: Reports
) -> None:
    reports.say(write_software("0.1.0", FIRST))
    assert run(park, "gate", "set", GATE, "--accept-config") == (
        0,
        f"configuration {FIRST} of gate {GATE} is accepted\n",
    )
    assert f"{FIRST}, accepted" in run(park, "gate", "show", GATE)[1]
    reports.say(write_software("0.1.0", SECOND))
    drift = f"configuration {SECOND} is not the accepted {FIRST}"
    assert drift in run(park, "gate", "list")[1]
    assert f"{SECOND}, another than the accepted {FIRST}" in run(park, "gate", "show", GATE)[1]
    assert shown(park)["config_drifts"] is True
    run(park, "gate", "set", GATE, "--accept-config", "--why", "new scanner")
    assert drift not in run(park, "gate", "list")[1]
    assert shown(park)["config_drifts"] is False


def test_the_audit_says_who_accepted_what_and_why(park: Centre, reports: Reports) -> None:
    for digest, why in ((FIRST, ""), (SECOND, "new scanner")):
        reports.say(write_software("0.1.0", digest))
        run(park, "gate", "set", GATE, "--accept-config", "--why", why)
    with park.store.read() as connection:
        line = audit.lines(connection, audit.Filter(act="gate.set"))[-1]
    assert (line.object, line.reason) == (f"gate {GATE}", "new scanner")
    assert (line.before, line.after) == (f'{{"config": "{FIRST}"}}', f'{{"config": "{SECOND}"}}')
    assert line.actor


def test_software_that_reports_no_configuration_does_not_drift(
    park: Centre, reports: Reports
) -> None:
    reports.say(write_software("0.1.0", FIRST))
    run(park, "gate", "set", GATE, "--accept-config")
    reports.say("0.0.9")
    assert shown(park)["config_drifts"] is False
    status, output = run(park, "gate", "set", GATE, "--accept-config")
    assert status == 1
    assert "it has reported none" in output


def test_gate_set_wants_something_to_set(park: Centre, tmp_path: Path) -> None:
    assert run(park, "gate", "set", GATE)[0] == 2
