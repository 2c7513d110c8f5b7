"""Test that the daemon lets forms be written that are due, and says once why it cannot."""

import logging
from pathlib import Path

import pytest

from fleet_manager.centre import Centre
from fleet_manager.daemon.daily_reports import DailyReports
from fleet_manager.intake.ingest import ingest
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.scribe import Scribe, ticket_id


def enter(park: Centre, wall_ms: int) -> None:
    furnish_gates(park.store)
    pen = Scribe("gate-1", bytes(16))
    pen.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=wall_ms)
    with park.store.write() as connection:
        ingest(connection, [("gate-1", pen.batch())], park.calendar, wall_ms)


def files(park: Centre) -> list[Path]:
    return sorted(park.config.reports.folder.glob("day-*.xlsx"))


def test_forms_are_written_by_a_process_of_their_own(park: Centre) -> None:
    enter(park, park.clock() - 2 * 86_400_000)
    rounds = DailyReports(park.config.folder)
    assert rounds.write() == 0
    written = {file: file.stat().st_mtime_ns for file in files(park)}
    assert len(written) >= 2
    assert rounds.write() == 0
    assert {file: file.stat().st_mtime_ns for file in files(park)} == written


def test_a_failure_is_logged_once_with_its_cure(
    park: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    folder = park.config.reports.folder
    folder.write_text("a file where the folder should be")
    rounds = DailyReports(park.config.folder)
    assert rounds.write() == 1
    assert rounds.write() == 1
    assert len(caplog.messages) == 1
    assert f"cannot write {folder}" in caplog.messages[0]
    folder.unlink()
    assert rounds.write() == 0
    folder.rmdir()
    folder.write_text("again")
    assert rounds.write() == 1
    assert len(caplog.messages) == 2


def test_it_ends_at_once_while_nothing_is_written(park: Centre) -> None:
    rounds = DailyReports(park.config.folder)
    rounds.start()
    rounds.stop()
    assert files(park) == []
