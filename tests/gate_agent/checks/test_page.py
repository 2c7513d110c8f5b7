"""The sheet's row of the local page."""

import socket
from dataclasses import replace

from gate_agent.checks.page import check_page
from gate_agent.checks.row import CheckState
from gate_agent.config.settings import GateSettings, PageSettings
from tests.gate_agent.checks.conftest import visit


def test_a_gate_without_a_page_has_no_row(settings: GateSettings) -> None:
    assert list(check_page(visit(settings))) == []


def test_a_port_that_another_program_has_is_a_fault_with_its_cure(settings: GateSettings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        told = replace(settings, page=PageSettings(other.getsockname()[1]))
        (row,) = check_page(visit(told))
        assert row.state is CheckState.FAIL
        assert "another port in [page]" in row.hint.en
    (row,) = check_page(visit(told))
    assert row.state is CheckState.PASS


def test_the_running_daemon_answers_for_its_page(settings: GateSettings) -> None:
    told = replace(settings, page=PageSettings(8460))
    status = {"pid": 7, "faults": {"page": "cannot listen on 127.0.0.1:8460"}}
    (row,) = check_page(visit(told, status=status))
    assert (row.state, row.text.en) == (CheckState.FAIL, "cannot listen on 127.0.0.1:8460")
