"""Test that forms are written by themselves, once, and again where records come late."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from fleet_manager.centre import Centre
from fleet_manager.config import CentreConfig
from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.reports import scheduled
from fleet_manager.reports.scheduled import write_due
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.conftest import furnish
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FIVE = NOON + 5 * HOUR_MS
"""17:00 of 23 November 2026 by the park's clock."""


class Site:
    """A park whose gate writes."""

    def __init__(self, config: CentreConfig) -> None:
        self.store = Store.open(config.database, create=True)
        furnish(self.store)
        self.centre = Centre(config, self.store, Calendar(config.time_zone))
        self.folder = config.reports.folder
        self.pen = Scribe("gate-1", bytes(16))

    def enter(self, wall_ms: int) -> None:
        number = len(self.pen.records) + 1
        self.pen.write(PassageKind.TAKEN, ticket=ticket_id(number), wall_ms=wall_ms)
        with self.store.write() as connection:
            ingest(connection, [("gate-1", self.pen.batch(number))], self.centre.calendar, NOON)

    def due(self, now_ms: int) -> list[str]:
        """The names of what a round writes."""
        written = write_due(self.centre, now_ms)
        assert written.failed == ()
        return [file.name for file in written.files]

    def texts(self, name: str) -> list[object]:
        book = openpyxl.load_workbook(BytesIO((self.folder / name).read_bytes()), data_only=True)
        return [cell.value for row in book.worksheets[0] for cell in row if cell.value is not None]


@pytest.fixture
def site(config: CentreConfig) -> Iterator[Site]:
    """With an entry at noon."""
    site = Site(config)
    site.enter(NOON)
    yield site
    site.store.close()


DAY = "day-2026-11-23.xlsx"


def test_a_form_of_the_day_is_written_at_the_set_time_and_not_before(site: Site) -> None:
    assert site.due(FIVE - 1000) == []
    assert site.due(FIVE) == [DAY]
    assert "西湖 日报 2026-11-23" in site.texts(DAY)
    assert site.due(FIVE + 1000) == []


def test_the_evenings_form_is_written_once_more_when_the_day_is_over(site: Site) -> None:
    site.due(FIVE)
    site.enter(FIVE + HOUR_MS)
    assert site.due(FIVE + 2 * HOUR_MS) == []
    assert site.due(NOON + 12 * HOUR_MS) == [DAY]
    texts = site.texts(DAY)
    assert texts.count(2) > 0
    assert not any("迟到" in str(text) for text in texts)
    assert site.due(NOON + 13 * HOUR_MS) == []


def test_records_that_come_late_count_their_day_again_and_the_sheet_says_so(site: Site) -> None:
    site.due(NOON + DAY_MS)
    before = (site.folder / DAY).read_bytes()
    site.enter(NOON + HOUR_MS)
    site.enter(NOON + DAY_MS)
    assert site.due(NOON + DAY_MS + HOUR_MS) == [DAY]
    assert (site.folder / DAY).read_bytes() != before
    note = "迟到的记录使本表重新统计：入园人数 1 → 2，首次入园 1 → 2，在园 1 → 2"
    assert any(str(text).startswith(note) for text in site.texts(DAY))
    site.enter(NOON + 2 * HOUR_MS)
    assert site.due(NOON + DAY_MS + 2 * HOUR_MS) == [DAY]
    again = next(str(text) for text in site.texts(DAY) if "迟到" in str(text))
    assert "入园人数 1 → 3" in again
    assert "首次统计于 2026-11-24 12:00:00" in again


def test_a_centre_that_was_off_catches_up(site: Site) -> None:
    assert site.due(FIVE) == [DAY]
    days = [f"day-2026-11-{day}.xlsx" for day in range(23, 31)]
    wanted = [*days, "month-2026-11.xlsx", "day-2026-12-01.xlsx"]
    assert site.due(FIVE + 8 * DAY_MS) == wanted
    assert site.due(FIVE + 8 * DAY_MS + 1) == []
    site.enter(NOON + 100 * DAY_MS)
    assert len(site.due(FIVE + 130 * DAY_MS)) == 31 + 1


def test_a_year_is_written_at_its_end(site: Site) -> None:
    site.enter(NOON + 38 * DAY_MS)
    names = site.due(FIVE + 38 * DAY_MS)
    assert names[-3:] == ["day-2026-12-31.xlsx", "month-2026-12.xlsx", "year-2026.xlsx"]


def test_a_park_without_records_has_no_forms(config: CentreConfig) -> None:
    site = Site(config)
    assert site.due(FIVE) == []
    site.store.close()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"digest": 5}', '{"digest": "", "first": {}}'])
def test_a_file_that_is_missing_or_cannot_be_read_is_made_anew(site: Site, damage: str) -> None:
    site.due(FIVE + DAY_MS)
    (site.folder / DAY).unlink()
    assert site.due(FIVE + DAY_MS) == [DAY]
    (site.folder / "day-2026-11-23.json").write_text(damage)
    assert site.due(FIVE + DAY_MS) == [DAY]
    assert json.loads((site.folder / "day-2026-11-23.json").read_text())["total"]["entries"] == 1


def test_other_files_and_languages_are_the_settings(site: Site) -> None:
    settings = replace(site.centre.config.reports, files=("csv", "pdf"), language="en", at=720)
    site.centre = replace(site.centre, config=replace(site.centre.config, reports=settings))
    assert site.due(NOON) == ["day-2026-11-23.csv", "day-2026-11-23.pdf"]
    assert "West Lake: Day report" in (site.folder / "day-2026-11-23.csv").read_text()


def test_what_cannot_be_written_is_said_once_and_the_other_files_are_there(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fleet_manager.reports import pdf_file

    monkeypatch.setattr(pdf_file.write, "__defaults__", ((),))
    settings = replace(site.centre.config.reports, files=("xlsx", "pdf"))
    site.centre = replace(site.centre, config=replace(site.centre.config, reports=settings))
    written = write_due(site.centre, FIVE + 2 * DAY_MS)
    assert [file.suffix for file in written.files] == [".xlsx"] * 3
    [error] = written.failed
    assert "fonts-wqy-microhei" in error.hint


def test_a_day_is_looked_at_again_for_weeks() -> None:
    assert scheduled.LOOK_BACK_DAYS >= 31


def test_the_folder_is_made(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    settings = replace(site.centre.config.reports, folder=folder)
    site.centre = replace(site.centre, config=replace(site.centre.config, reports=settings))
    site.due(FIVE)
    assert {file.name for file in folder.iterdir()} == {DAY, "day-2026-11-23.json"}
