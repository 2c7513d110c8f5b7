"""The page of reports: tables as its files have them, periods, groups, rights, bad addresses."""

import csv
import io
import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest

from fleet_manager.access.actor import Role
from fleet_manager.access.rights import VIEWS, View
from fleet_manager.centre import Centre
from fleet_manager.intake.ingest import ingest
from fleet_manager.reports.query import PRESETS, ReportColumn
from fleet_manager.web.texts import TEXTS
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id
from tests.fleet_manager.web.conftest import Entering
from tests.fleet_manager.web.page_client import PageClient

DAY = "/reports?form=day&day=2026-11-23"
_CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)


@pytest.fixture
def reader(park: Centre, entering: Entering) -> PageClient:
    """An accountant, in a park with entries and exits at two stations on 23 November 2026."""
    client = entering(Role.ACCOUNTANT)
    fill(park)
    return client


def fill(park: Centre) -> None:
    for at, gate in enumerate(("gate-1", "gate-3"), 1):
        pen = Scribe(gate, bytes([at]) * 16)
        for number in range(1200 * at):
            pen.write(PassageKind.TAKEN, ticket=ticket_id(number + at * 5000), product=at)
        pen.write(PassageKind.TAKEN, ticket=ticket_id(at * 5000), direction=Direction.OUT)
        with park.store.write() as connection:
            for first in range(1, len(pen.records) + 1, 200):
                ingest(connection, [(gate, pen.batch(first, 200))], park.calendar, NOON)


def tables(html: str) -> list[list[list[str]]]:
    """Return every table of a page, its rows and cells as texts."""
    return [
        [
            [unescape(cell).replace("\u202f", "") for cell in _CELL.findall(row)]
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        ]
        for table in re.findall(r"<table>(.*?)</table>", html, re.DOTALL)
    ]


MORE = ["", "&compare=previous", "&by=station&by=product&preset=every", "&preset=visitors"]


@pytest.mark.parametrize("more", MORE)
def test_the_page_shows_what_its_csv_has_cell_by_cell(reader: PageClient, more: str) -> None:
    page = reader.get(DAY + more)
    assert page.status == 200
    file = reader.get(f"/reports/file?{urlsplit(DAY + more).query}&file=csv")
    text = file.body.decode().removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for table in tables(page.html):
        assert rows[: len(table) + 1] == [*table, []]
        del rows[: len(table) + 1]


@pytest.mark.parametrize("more", MORE)
def test_the_page_shows_what_its_workbook_has_cell_by_cell(reader: PageClient, more: str) -> None:
    page = reader.get(DAY + more)
    data = reader.get(f"/reports/file?{urlsplit(DAY + more).query}&file=xlsx").body
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    for table, sheet in zip(tables(page.html), book, strict=True):
        rows = [texts_of(row, len(table[0])) for row in sheet.values]
        at = rows.index(table[0])
        assert rows[at : at + len(table)] == table


def texts_of(row: Iterable[object], width: int) -> list[str]:
    return ["" if cell is None else str(cell) for cell in row][:width]


@pytest.mark.parametrize("more", MORE)
def test_each_bar_has_the_number_of_its_line(reader: PageClient, more: str) -> None:
    html = reader.get(DAY + more).html
    header, *lines, total = tables(html)[0]
    keys = sum(not cell.lstrip("-").isdecimal() for cell in total)
    series = [keys, keys + 1] if "compare" in more else [keys]
    drawn = re.findall(r"<rect[^>]*><title>([^<]*)</title>", html)
    assert [unescape(title) for title in drawn] == [
        f"{' '.join(row[:keys])}: {header[at]} {row[at]}" for row in lines for at in series
    ]


def test_a_file_is_offered_under_a_name_that_says_what_it_is(reader: PageClient) -> None:
    for ending, magic in (("xlsx", b"PK"), ("pdf", b"%PDF"), ("csv", b"\xef\xbb\xbf")):
        file = reader.get(f"/reports/file?form=day&day=2026-11-23&file={ending}")
        assert file.status == 200
        assert file.body.startswith(magic)
        name = f"day-2026-11-23.{ending}"
        assert name in file.headers["content-disposition"]
        assert file.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("form=day&day=2026-11-23", "West Lake: Day report, 2026-11-23"),
        ("form=month&month=2026-11", "West Lake: Month report, 2026-11"),
        ("form=year&year=2026", "West Lake: Year report, 2026"),
        (
            "form=range&from=2026-11-20&to=2026-11-24",
            "West Lake: Report, 2026-11-20 to 2026-11-24",
        ),
    ],
)
def test_each_form_has_its_period_and_leads_to_those_beside_it(
    reader: PageClient, query: str, title: str
) -> None:
    page = reader.get(f"/reports?{query}&compare=previous&preset=flow")
    assert title in page.words
    assert [row[-1] for row in tables(page.html)[0] if row[0] == "Total"]
    links = {
        rel: unescape(href) for href, rel in re.findall(r'<a href="([^"]*)" rel="(\w+)"', page.html)
    }
    for rel in ("prev", "next"):
        other = reader.get(links[rel])
        assert other.status == 200
        assert title not in other.words
        back = re.search(
            rf'<a href="([^"]*)" rel="{"next" if rel == "prev" else "prev"}"', other.html
        )
        assert back is not None
        assert title in reader.get(unescape(back[1])).words
        kept = parse_qs(urlsplit(links[rel]).query)
        assert (kept["compare"], kept["preset"]) == (["previous"], ["flow"])


def test_a_link_to_another_form_keeps_what_was_chosen(reader: PageClient) -> None:
    page = reader.get(f"{DAY}&by=gate&column=exits&station=north")
    links = [unescape(href) for href in re.findall(r'<a href="(/reports\?[^"]*)"', page.html)]
    for form in ("day", "month", "year", "range"):
        link = next(link for link in links if f"form={form}" in link)
        words = reader.get(link)
        assert words.status == 200
        assert tables(words.html)[0][0] == ["Gate", "Exits"]
        assert "Station: north alone" in words.words


def test_today_is_what_nobody_asks_for(park: Centre, reader: PageClient) -> None:
    today = park.calendar.date_of(park.clock()).isoformat()
    page = reader.get("/reports")
    assert f"Day report, {today}" in page.words
    assert "The period is not over" in page.words
    assert reader.get("/reports?form=month").status == 200
    assert reader.get("/reports?form=range").status == 200


def test_silent_gates_stand_above_the_numbers(reader: PageClient) -> None:
    words = reader.get("/reports").words
    assert "Gate gate-2 was never heard: its records may be missing." in words


def test_chinese_readers_get_chinese_pages_and_files(park: Centre, entering: Entering) -> None:
    reader = entering(Role.MANAGER, language="zh")
    fill(park)
    page = reader.get(DAY)
    assert "西湖 日报 2026-11-23" in page.words
    assert "入园人数" in page.words
    data = reader.get("/reports/file?form=day&day=2026-11-23&file=csv").body.decode()
    assert data.startswith("\ufeff时段,入园人数")


def test_a_station_lead_sees_one_station_and_no_other(park: Centre, entering: Entering) -> None:
    lead = entering(Role.STATION_LEAD, station="south")
    fill(park)
    page = lead.get(f"{DAY}&by=gate&preset=flow")
    assert tables(page.html)[0][1:] == [
        ["gate-3", "2400", "1", "2399"],
        ["Total", "2400", "1", "2399"],
    ]
    assert "gate-1" not in page.words
    for address in ("/reports?station=north", "/reports/file?station=north"):
        assert lead.get(address).status == 403
    assert lead.get("/reports/file?form=day&day=2026-11-23&file=csv").body.count(b"gate-1") == 0


@pytest.mark.parametrize("role", [role for role in Role if role in VIEWS[View.LIVE]])
def test_whoever_may_see_reports_does_and_nobody_else(
    entering: Entering, stranger: PageClient, role: Role
) -> None:
    if role is Role.DISPLAY:
        assert stranger.get("/reports").status == 303
        return
    station = "south" if role is Role.STATION_LEAD else ""
    client = entering(role, station=station)
    wanted = 200 if role in VIEWS[View.REPORTS] else 403
    assert client.get("/reports").status == wanted
    assert client.get("/reports/file?file=csv").status == wanted


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("form=week", "cannot use form 'week': must be one of day, month, year, range"),
        ("day=2026-02-30", "cannot use day '2026-02-30': must be like 2026-11-30"),
        ("day=today", "cannot use day 'today'"),
        ("day=99999999999", "cannot use day '99999999999'"),
        ("form=year&year=0001", "must be a year from 1971 to 9998"),
        ("form=month&month=9999-12", "must be a year from 1971 to 9998"),
        ("form=range&from=2026-11-02&to=2026-11-01", "its last day is before its first"),
        ("form=range&from=1980-01-01&to=2026-11-01", "3660 days are the most"),
        ("by=weather", "cannot use 'weather': no such group"),
        ("column=joy", "cannot use 'joy': no such column"),
        ("preset=mine", "cannot use preset 'mine'"),
        ("compare=never", "cannot use compare 'never'"),
        ("by=day&by=hour&form=range&from=2020-01-01&to=2026-01-01", "366 days are the most"),
        ("by=%00", "cannot"),
    ],
)
def test_an_address_that_asks_for_nothing_that_is_ends_in_one_sentence(
    reader: PageClient, query: str, said: str
) -> None:
    for path in ("/reports", "/reports/file"):
        page = reader.get(f"{path}?{query}")
        assert page.status in {400, 422}
        if "%00" not in query:
            assert said in page.words
        assert "Traceback" not in page.words


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("day=2026-02-30", "'2026-02-30' 不是日期，应如 2026-11-30"),
        ("form=range&from=2026-11-02&to=2026-11-01", "结束日期早于开始日期"),
        ("by=day&by=hour&form=range&from=2020-01-01&to=2026-01-01", "最多 366 天"),
        ("by=weather", "没有 'weather' 这种分组"),
    ],
)
def test_chinese_readers_are_refused_in_chinese(entering: Entering, query: str, said: str) -> None:
    page = entering(Role.AUDITOR, language="zh").get(f"/reports?{query}")
    assert said in page.words


def test_a_station_that_is_none_has_no_numbers(reader: PageClient) -> None:
    page = reader.get(f"{DAY}&station=%3Cscript%3E&preset=flow")
    assert page.status == 200
    assert "<script>" not in page.html.replace('<script type="module"', "")
    assert tables(page.html)[0][-1] == ["Total", "0", "0", "0"]


def test_the_first_and_the_last_year_lead_no_further(reader: PageClient) -> None:
    assert 'rel="prev"' not in reader.get("/reports?form=year&year=1971").html
    assert 'rel="next"' not in reader.get("/reports?form=year&year=9998").html


def test_a_table_too_long_for_a_page_says_so(reader: PageClient) -> None:
    query = "form=year&year=2026&by=day&by=hour&by=gate"
    page = reader.get(f"/reports?{query}")
    assert page.status == 200
    assert "This table may have 26,280 lines; a page takes 20,000." in page.words
    assert tables(page.html) == []
    file = reader.get(f"/reports/file?{query}&file=xlsx")
    assert file.status == 422
    assert "`fleet-manager report` writes larger tables" in file.words


def test_a_long_table_is_cut_and_its_total_is_of_all_lines(reader: PageClient) -> None:
    page = reader.get("/reports?form=range&from=2024-01-01&to=2026-11-30&by=day&preset=flow")
    assert "The first 400 of 1065 lines" in page.words
    table = tables(page.html)[0]
    assert len(table) == 402
    assert table[-1] == ["Total", "3600", "2", "3598"]


def test_every_choice_has_its_words() -> None:
    assert all(f"reports.preset.{name}" in TEXTS for name in PRESETS)
    assert {*ReportColumn} == {*PRESETS["every"]}
