"""`report`: what it prints and writes, and how it ends."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fleet_manager.__main__ import build
from fleet_manager.centre import Centre
from fleet_manager.intake.ingest import ingest
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.conftest import furnish_gates
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id


@pytest.fixture
def data(park: Centre) -> Path:
    """The folder of a park with three entries and an exit on 23 November 2026."""
    furnish_gates(park.store)
    pen = Scribe("gate-1", bytes(16))
    for number in range(3):
        pen.write(PassageKind.TAKEN, ticket=ticket_id(number), product=1)
    pen.write(PassageKind.TAKEN, ticket=ticket_id(1), product=1, direction=Direction.OUT)
    with park.store.write() as connection:
        ingest(connection, [("gate-1", pen.batch())], park.calendar, NOON)
    return park.config.folder


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(build(), ["--data", str(data), "report", *arguments])


def test_a_day_is_shown_by_hour_gate_and_product(data: Path) -> None:
    shown = run(data, "day", "2026-11-23")
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0] == "West Lake: Day report, 2026-11-23"
    assert "12:00        3              3      1       2" in lines
    assert "north 北门  gate-1        3              3      1       2" not in lines
    assert any(line.split()[:3] == ["north", "gate-1", "3"] for line in lines)
    assert any(line.startswith("adult") for line in lines)
    assert lines[-1].startswith("Gate gate-3 was never heard")


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (("month", "2026-11"), "West Lake: Month report, 2026-11"),
        (("year", "2026"), "West Lake: Year report, 2026"),
        (
            ("range", "--from", "2026-11-20", "--to", "2026-11-23"),
            "West Lake: Report, 2026-11-20 to 2026-11-23",
        ),
        (("month", "2026-11", "--language", "zh"), "西湖 月报 2026-11"),
    ],
)
def test_each_form_names_itself_and_its_period(
    data: Path, arguments: tuple[str, ...], title: str
) -> None:
    shown = run(data, *arguments)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines()[0] == title
    assert shown.stdout.count("\n\n") >= 4


def test_groups_columns_station_and_another_period_are_asked_for(data: Path) -> None:
    options = ("--by", "gate", "--columns", "exits,entries", "--station", "north")
    shown = run(data, "day", "2026-11-23", *options, "--compare", "previous")
    lines = shown.stdout.splitlines()
    assert "Station: north alone" in lines
    assert "Compared with: 2026-11-22" in lines
    heads = ["Gate", "Entries", "Entries, change", "Exits", "Exits, change"]
    assert [head.strip() for head in lines[5].split("  ") if head] == heads
    assert [line.split() for line in lines[6:9]] == [
        ["gate-1", "3", "3", "1", "1"],
        ["gate-2", "0", "0", "0", "0"],
        ["Total", "3", "3", "1", "1"],
    ]
    shown = run(data, "day", "2026-11-23", "--compare", "year")
    assert "Compared with: 2025-11-23" in shown.stdout


@pytest.mark.parametrize(
    ("ending", "magic"), [("xlsx", b"PK"), ("pdf", b"%PDF"), ("csv", b"\xef\xbb\xbf")]
)
def test_a_file_is_written_whole(data: Path, tmp_path: Path, ending: str, magic: bytes) -> None:
    file = tmp_path / f"out.{ending}"
    written = run(data, "year", "2026", "--out", str(file))
    assert written.stdout == f"{file}\n"
    assert file.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("day", "2026-13-01"), 2, "'2026-13-01' is not like 2026-11-30"),
        (("month", "11"), 2, "'11' is not like 2026-11"),
        (("year", "x"), 2, "'x' is not like 2026"),
        (("range", "--from", "2026-11-01"), 2, "--from and --to are both needed"),
        (("range", "--from", "2026-11-02", "--to", "2026-11-01"), 1, "before its first"),
        (("day", "--by", "weather"), 1, "'weather': no such group"),
        (("day", "--columns", "joy"), 1, "'joy': no such column"),
        (("day", "--out", "x.docx"), 2, "--out must end in one of .csv, .xlsx, .pdf"),
        (("day", "--out", "/nowhere/x.csv"), 1, "cannot write /nowhere/x.csv"),
    ],
)
def test_bad_input_is_one_clear_error(
    data: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    refused = run(data, *arguments)
    assert refused.exit_code == status
    assert said in refused.output
    assert "Traceback" not in refused.output


def test_what_is_due_is_written_and_named(data: Path) -> None:
    due = run(data, "due")
    assert due.exit_code == 0, due.output
    names = due.stdout.splitlines()
    assert all(name.startswith(f"{data}/reports/") for name in names)
    assert run(data, "due").stdout == ""


def test_settings_of_reports_are_read_and_refused_by_name(data: Path) -> None:
    file = data / "centre.toml"
    text = file.read_text("utf-8")
    for line, said in (
        ('at = "25:00"', "reports.at: must be a time of the park's day, for example 17:00"),
        ('files = ["docx"]', "reports.files: must be a list of xlsx, pdf, csv"),
        ('files = "xlsx"', "reports.files: must be a list of xlsx, pdf, csv"),
        ('language = "fr"', "reports.language: must be zh or en"),
        ('mail = "a"', "reports.mail: no such setting"),
    ):
        file.write_text(f"{text}\n[reports]\n{line}\n", "utf-8")
        refused = run(data, "day")
        assert refused.exit_code == 78
        assert said in refused.output
    file.write_text(
        f'{text}\n[reports]\nfolder = "out"\nat = "00:01"\nfiles = ["csv"]\nlanguage = "en"\n',
        "utf-8",
    )
    assert run(data, "due").exit_code == 0
    assert (data / "out").is_dir()
