"""The park's fixed forms, 日报, 月报 and 年报: which tables each has, and their files."""

from collections.abc import Sequence
from enum import StrEnum
from io import BytesIO

from sqlalchemy import Connection

from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates
from fleet_manager.passages.counts import GroupBy
from fleet_manager.reports import report, text_file
from fleet_manager.reports.query import USUAL, ReportColumn, ReportQuery, Span
from fleet_manager.reports.report import Report
from fleet_manager.reports.sheet import Sheet, lay_out

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
"""Kinds of files by the ending of their names, with their media types."""


class ReportForm(StrEnum):
    """A fixed form, or RANGE for any period."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"


TABLES: dict[ReportForm, tuple[tuple[GroupBy, ...], ...]] = {
    ReportForm.DAY: ((GroupBy.HOUR,), (GroupBy.STATION, GroupBy.GATE), (GroupBy.PRODUCT,)),
    ReportForm.MONTH: ((GroupBy.DAY,), (GroupBy.STATION, GroupBy.GATE), (GroupBy.PRODUCT,)),
    ReportForm.YEAR: ((GroupBy.MONTH,), (GroupBy.STATION, GroupBy.GATE), (GroupBy.PRODUCT,)),
    ReportForm.RANGE: ((GroupBy.DAY,), (GroupBy.STATION, GroupBy.GATE), (GroupBy.PRODUCT,)),
}
"""The tables of a form: the first over time, then by place, then by product."""


def answer(
    centre: Centre,
    connection: Connection,
    form: ReportForm,
    span: Span,
    now_ms: int,
    *,
    by: Sequence[tuple[GroupBy, ...]] = (),
    columns: tuple[ReportColumn, ...] = USUAL,
    before: Span | None = None,
    station: str | None = None,
) -> list[Report]:
    """Return the answers for the tables of a form, or for the groups `by` instead of them."""
    enrolled = gates.every(connection, retired=True)
    queries = [ReportQuery(span, groups, columns, before, station) for groups in by or TABLES[form]]
    return [report.make(centre, connection, query, now_ms, enrolled) for query in queries]


def sheets(reports: Sequence[Report], form: ReportForm, language: str) -> list[Sheet]:
    """Return the sheets of answers."""
    return [lay_out(answered, language, form) for answered in reports]


def write(tables: Sequence[Sheet], ending: str) -> bytes:
    """Return a whole file. `ending`: csv, xlsx or pdf.

    Raises CentreError for another, and where something that makes PDFs is missing.
    """
    out = BytesIO()
    match ending:
        case "csv":
            out.writelines(line.encode() for line in text_file.csv_lines(tables))
        case "xlsx":
            from fleet_manager.reports import xlsx_file

            xlsx_file.write(tables, out)
        case "pdf":
            from fleet_manager.reports import pdf_file

            pdf_file.write(tables, out)
        case _:
            raise CentreError(
                f"cannot write a report as {ending[:20]!r}", f"one of {', '.join(MEDIA)}"
            )
    return out.getvalue()
