"""Lay a report out in a language: headings, cells, total, notes.

Every writer takes sheets, and none changes a cell: so a table, a chart, CSV, XLSX and PDF show the
same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from fleet_manager.passages.counts import GroupBy
from fleet_manager.reports.query import ReportColumn, Span
from fleet_manager.reports.report import BEYOND, Report, ReportLine, SilentGate
from fleet_manager.reports.words import WORDS, word
from gate_agent.validator.moment import day_text

MOST_NAMED = 12
"""Silent gates that are named; the others are counted."""
Cell = str | int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `name`: of the table among others. `title`, `about`: above it. `keys`: so many
    columns from the left are texts, all others whole numbers. `total`: the last line, sums of the
    numbers above it where there are `rows`. `notes`: below it."""

    name: str
    title: str
    about: tuple[str, ...]
    header: tuple[str, ...]
    keys: int
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]
    notes: tuple[str, ...]


def lay_out(report: Report, language: str, form: str = "range") -> Sheet:
    """Return the sheet of a report. `form`: day, month, year or range."""
    by = report.query.by
    groups = [word(f"by.{group}", language) for group in by]
    keys = max(1, len(by))
    header = list(groups or [""])
    for column in report.query.columns:
        header += _headings(word(column, language), report, language)
    blanks = [""] * (keys - 1)
    period = shown_span(report.query.span, language)
    park = report.park[language != "zh"] or report.park[0]
    form_name = word(f"form.{form}", language)
    joined = ("、" if language == "zh" else ", ").join(groups)
    return Sheet(
        name=word("table.by", language, groups=joined) if groups else word("total", language),
        title=word("title", language, park=park, form=form_name, period=period),
        about=tuple(_about(report, language)),
        header=tuple(header),
        keys=keys,
        rows=tuple((*_key_cells(report, line, language), *_numbers(line)) for line in report.lines),
        total=(word("total", language), *blanks, *_numbers(report.total)),
        notes=tuple(_notes(report, language)),
    )


def with_note(sheet: Sheet, note: str) -> Sheet:
    """Return a sheet with one more note, before the others."""
    return replace(sheet, notes=(note, *sheet.notes))


def shown_span(span: Span, language: str) -> str:
    """Return a period in words: `2026-11-30`, `2026-11`, `2026`, `2026-11-03 to 2026-11-09`."""
    first, last = day_text(span.first), day_text(span.last)
    if span.first == span.last:
        return first
    if span == Span.month(datetime.fromisoformat(first).date()):
        return first[:7]
    if span == Span.year(datetime.fromisoformat(first).date()):
        return first[:4]
    return word("period", language, first=first, last=last)


def shown_time(report: Report, at_ms: int) -> str:
    """Return an instant by the park's clock."""
    zone = ZoneInfo(report.zone)
    return datetime.fromtimestamp(at_ms // 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def _headings(name: str, report: Report, language: str) -> Iterator[str]:
    yield name
    if report.query.before is not None:
        yield word("before", language, column=name)
        yield word("change", language, column=name)


def _numbers(line: ReportLine) -> Iterator[int]:
    for at, number in enumerate(line.numbers):
        yield number
        if line.before is not None:
            yield line.before[at]
            yield number - line.before[at]


def _key_cells(report: Report, line: ReportLine, language: str) -> Iterator[str]:
    for group, key in zip(report.query.by, line.keys, strict=True):
        yield _shown_key(report, group, key, language)


def _shown_key(report: Report, group: GroupBy, key: str, language: str) -> str:
    """Return what a person reads for a key: an id with its name, an hour with its minutes."""
    if group is GroupBy.HOUR:
        return f"{key}:00"
    if group is GroupBy.KIND and f"kind.{key}" in WORDS:
        return word(f"kind.{key}", language)
    if key == BEYOND:
        return word("beyond", language)
    if key == "-":
        return word("none", language)
    if group is GroupBy.PRODUCT and key.startswith("#"):
        return word("unknown", language, number=key[1:])
    name = report.names.get((group, key), ("", ""))[language != "zh"]
    return " ".join(dict.fromkeys(filter(None, (key, name))))


def _about(report: Report, language: str) -> Iterator[str]:
    at = datetime.fromtimestamp(report.as_of_ms // 1000, ZoneInfo(report.zone))
    offset = f"{at:%z}"
    yield word(
        "as_of",
        language,
        time=shown_time(report, report.as_of_ms),
        zone=report.zone,
        offset=f"{offset[:3]}:{offset[3:5]}",
    )
    if report.query.station is not None:
        yield word("station", language, station=report.query.station)
    if report.query.before is not None:
        yield word("compared", language, period=shown_span(report.query.before, language))


def _notes(report: Report, language: str) -> Iterator[str]:
    at = datetime.fromtimestamp(report.as_of_ms // 1000, ZoneInfo(report.zone))
    if at.date().toordinal() <= report.query.span.last:
        yield word("running", language)
    for gate in report.silent[:MOST_NAMED]:
        yield _silent(report, gate, language)
    if len(report.silent) > MOST_NAMED:
        yield word("silent_more", language, count=len(report.silent) - MOST_NAMED)
    if report.waiting:
        yield word("waiting", language, count=report.waiting)
    elif not report.silent:
        yield word("complete", language)
    if ReportColumn.DISOWNED in report.query.columns and report.column(ReportColumn.DISOWNED):
        yield word("disowned_note", language)


def _silent(report: Report, gate: SilentGate, language: str) -> str:
    if gate.since_ms is None:
        return word("never", language, gate=gate.gate)
    return word("silent", language, gate=gate.gate, time=shown_time(report, gate.since_ms))
