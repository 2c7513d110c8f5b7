"""Test that terminal, chart, CSV, XLSX and PDF show the same numbers, cell by cell."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import openpyxl
import pytest

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.passages.counts import GroupBy
from fleet_manager.reports import chart, forms, pdf_file, text_file
from fleet_manager.reports.forms import ReportForm
from fleet_manager.reports.query import ReportColumn, Span
from fleet_manager.reports.sheet import Sheet
from gate_agent.validator.printable import safe_cell
from tests.fleet_manager.reports.pdf_text import texts
from tests.fleet_manager.scribe import NOON

NOVEMBER = Span.month(date(2026, 11, 23))


def sheets_of(centre: Centre, language: str, *, compared: bool) -> list[Sheet]:
    with centre.store.read() as connection:
        reports = forms.answer(
            centre,
            connection,
            ReportForm.MONTH,
            NOVEMBER,
            NOON,
            columns=tuple(ReportColumn),
            before=NOVEMBER.preceding() if compared else None,
        )
    return forms.sheets(reports, ReportForm.MONTH, language)


@pytest.fixture
def plain(busy: Centre) -> list[Sheet]:
    """A form of three tables."""
    return sheets_of(busy, "en", compared=False)


@pytest.fixture
def both(busy: Centre) -> list[Sheet]:
    """A form of three tables with another period beside it."""
    return sheets_of(busy, "zh", compared=True)


@pytest.fixture(params=["zh", "en", "zh compared", "en compared"])
def tables(request: pytest.FixtureRequest, busy: Centre) -> list[Sheet]:
    """A form of three tables, with and without another period beside it."""
    language, _, compared = request.param.partition(" ")
    return sheets_of(busy, language, compared=bool(compared))


def test_csv_has_every_cell(tables: list[Sheet]) -> None:
    data = forms.write(tables, "csv").decode()
    assert data.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(data.removeprefix("\ufeff"), newline="")))
    for sheet in tables:
        for line in (sheet.header, *sheet.rows, sheet.total):
            assert rows.pop(0) == [str(safe_cell(cell)) for cell in line]
        assert rows.pop(0) == []
    notes = (tables[0].title, *tables[0].about, *tables[-1].notes)
    assert rows == [[str(safe_cell(note))] for note in notes]


def test_a_name_that_a_spreadsheet_would_run_stays_a_text(plain: list[Sheet]) -> None:
    text = forms.write([with_name(plain[2], "=1+1")], "csv").decode()
    assert "'=1+1" in text
    assert "\n=1+1" not in text
    book = openpyxl.load_workbook(io.BytesIO(forms.write([with_name(plain[2], "=1+1")], "xlsx")))
    cell = next(cell for row in book.active for cell in row if cell.value == "=1+1")
    assert cell.data_type == "s"


def with_name(sheet: Sheet, name: str) -> Sheet:
    return replace(sheet, rows=tuple((name, *row[1:]) for row in sheet.rows))


def sheet_of(rows: tuple[tuple[str | int, ...], ...], *header: str, title: str = "") -> Sheet:
    return Sheet(
        name="", title=title, about=(), header=header, keys=1, rows=rows, total=(), notes=()
    )


def test_a_workbook_has_every_cell_as_what_it_is(tables: list[Sheet]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(forms.write(tables, "xlsx")), data_only=True)
    assert len(book.sheetnames) == len(tables)
    for sheet, page in zip(tables, book, strict=True):
        rows = [values_of(row)[: len(sheet.header)] for row in page.values]
        top = 2 + len(sheet.about)
        lines = [sheet.header, *sheet.rows, sheet.total]
        assert rows[top : top + len(lines)] == [list(line) for line in lines]
        texts = [row[0] for row in rows]
        assert texts[: top - 1] == [sheet.title, *sheet.about]
        assert texts[top + len(lines) + 1 :] == list(sheet.notes)


def values_of(row: Iterable[object]) -> list[object]:
    return ["" if cell is None else cell for cell in row]


def test_totals_of_a_workbook_are_formulas_over_their_lines(tables: list[Sheet]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(forms.write(tables, "xlsx")))
    for sheet, page in zip(tables, book, strict=True):
        first = 4 + len(sheet.about)
        last = first + len(sheet.rows)
        for cell in page[last][sheet.keys : len(sheet.header)]:
            letter = cell.column_letter
            assert cell.value == f"=SUM({letter}{first}:{letter}{last - 1})"
        assert page.freeze_panes == f"{'ABC'[sheet.keys]}{first}"


def test_totals_are_the_sums_that_a_spreadsheet_would_compute(both: list[Sheet]) -> None:
    for sheet in both:
        for column in range(sheet.keys, len(sheet.header)):
            assert sum(int(row[column]) for row in sheet.rows) == sheet.total[column]


def test_a_pdf_has_every_cell_and_embeds_its_characters(tables: list[Sheet]) -> None:
    data = forms.write(tables, "pdf")
    assert data.startswith(b"%PDF-")
    assert b"/FontFile2" in data
    shown = texts(data)
    joined = "".join(shown)
    assert "?" not in joined, "a character without a glyph"
    for sheet in tables:
        for line in (*sheet.rows, sheet.total):
            for cell in line:
                wanted = f"{cell:,}" if isinstance(cell, int) else cell
                assert wanted in shown or wanted == ""
        for text in (sheet.title, *sheet.about, *sheet.notes, *sheet.header):
            assert text.replace(" ", "") in joined.replace(" ", "")


def test_the_head_of_a_table_stands_on_each_page_of_a_pdf(busy: Centre) -> None:
    with busy.store.read() as connection:
        reports = forms.answer(
            busy,
            connection,
            ReportForm.RANGE,
            Span(NOVEMBER.first - 80, NOVEMBER.last),
            NOON,
            by=[(GroupBy.DAY,)],
            columns=(ReportColumn.ENTRIES,),
        )
    sheet = forms.sheets(reports, ReportForm.RANGE, "en")
    data = forms.write(sheet, "pdf")
    pages = len(re.findall(rb"/Type /Page\b", data))
    assert pages > 1
    assert texts(data).count("Entries") == pages


def test_a_terminal_has_every_column_that_says_something(tables: list[Sheet]) -> None:
    text = text_file.terminal_text(tables)
    for sheet in tables:
        kept = [
            at
            for at in range(len(sheet.header))
            if any(line[at] for line in (*sheet.rows, sheet.total))
        ]
        for line in (sheet.header, *sheet.rows, sheet.total):
            cells = [re.escape(str(line[at])) for at in kept if line[at] != ""]
            assert re.search(r"^ *" + r" +".join(cells) + r"$", text, re.MULTILINE), cells
    assert all(line in text for line in (tables[0].title, *tables[-1].notes))


@pytest.mark.parametrize("column", range(3))
def test_a_chart_has_a_bar_with_its_number_for_each_cell(both: list[Sheet], column: int) -> None:
    sheet = both[0]
    svg = chart.bars(sheet, column * 3, compared=True)
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert sheet.header[sheet.keys + column * 3] in str(root.get("aria-label"))
    titles = [str(title.text) for title in root.iter("{http://www.w3.org/2000/svg}title")]
    wanted = [
        f"{row[0]}: {sheet.header[at]} {row[at]}"
        for row in sheet.rows
        for at in (1 + column * 3, 2 + column * 3)
    ]
    assert titles == wanted
    assert "style" not in svg
    assert "class" not in svg


def test_heights_of_bars_are_in_proportion_also_below_zero() -> None:
    sheet = sheet_of((("x&y", 50), ("z", -25), ("q", 0)), "day", "a<b", title="<t>")
    svg = chart.bars(sheet)
    heights = [float(height) for height in re.findall(r'height="([\d.]+)" fill=', svg)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
    assert heights[2] == 0
    assert "a&lt;b" in svg
    assert unescape(svg).count("x&y") == 2
    assert chart.bars(sheet_of((), "a", "b")) == ""


def test_a_report_without_lines_has_its_total_as_a_number(busy: Centre) -> None:
    with busy.store.read() as connection:
        reports = forms.answer(busy, connection, ReportForm.RANGE, NOVEMBER, NOON, by=[()])
    [sheet] = forms.sheets(reports, ReportForm.RANGE, "en")
    page = openpyxl.load_workbook(io.BytesIO(forms.write([sheet], "xlsx"))).active
    assert [cell.value for cell in page[5]][1:] == list(sheet.total[1:])
    assert "Total" in texts(forms.write([sheet], "pdf"))


def test_a_pdf_without_a_font_says_what_to_install(plain: list[Sheet], tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttc"
    broken.write_bytes(b"no font")
    with pytest.raises(CentreError, match="no TrueType font with Chinese") as caught:
        pdf_file.write(plain, io.BytesIO(), [tmp_path / "none.ttf", broken])
    assert "fonts-wqy-microhei" in caught.value.hint


def test_another_ending_is_refused_with_those_there_are(plain: list[Sheet]) -> None:
    with pytest.raises(CentreError, match=r"as 'docx'") as caught:
        forms.write(plain, "docx")
    assert caught.value.hint == "one of csv, xlsx, pdf"
