"""Reports 报表: a day, a month, a year or any period as tables, a chart, and files to keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import Connection

from fleet_manager.access.rights import NotAllowed, View
from fleet_manager.errors import CentreError
from fleet_manager.gates import gates
from fleet_manager.passages.counts import GroupBy
from fleet_manager.reports import chart, forms, report
from fleet_manager.reports.forms import MEDIA, ReportForm
from fleet_manager.reports.query import (
    GROUPS,
    PRESETS,
    ReportColumn,
    ReportQuery,
    Span,
    check,
    read_columns,
    read_groups,
)
from fleet_manager.reports.sheet import shown_span
from fleet_manager.reports.words import word
from fleet_manager.web.ask import Answer, Ask, BadField, Download, show
from fleet_manager.web.registry import page

MOST_SHOWN = 400
"""Lines of a table on the page; a file has all of them."""
MOST_LINES = 20_000
"""Lines that a table may have here, so that a page is quick; `fleet-manager report` writes more."""
_FIRST, _LAST = date(1971, 1, 1), date(9998, 12, 31)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody has chosen. `on`: a day of the period. `own`: the groups, none for the form's
    tables. `preset`: the name of a choice of columns, '' for columns of one's own."""

    form: ReportForm
    on: date
    span: Span
    own: tuple[GroupBy, ...]
    preset: str
    columns: tuple[ReportColumn, ...]
    compare: str
    station: str

    @property
    def before(self) -> Span | None:
        """Return the period to compare with."""
        if not self.compare:
            return None
        return self.span.preceding() if self.compare == "previous" else self.span.a_year_before()

    @property
    def first_day(self) -> str:
        """Return the first day, as a form's field has it."""
        return date.fromordinal(self.span.first).isoformat()

    @property
    def last_day(self) -> str:
        """Return the last day, as a form's field has it."""
        return date.fromordinal(self.span.last).isoformat()

    @property
    def tables(self) -> Sequence[tuple[GroupBy, ...]]:
        """Return the groups of each table."""
        return [self.own] if self.own else forms.TABLES[self.form]


@page("/reports", View.REPORTS)
def reports(ask: Ask) -> Answer:
    """Show a report."""
    chosen = _chosen(ask)
    with ask.centre.store.read() as connection:
        stations = gates.stations(connection)
        too_long = _too_long(ask, connection, chosen)
        answers = [] if too_long else _answers(ask, connection, chosen)
    sheets = forms.sheets(answers, chosen.form, ask.language)
    compared = chosen.before is not None
    return show(
        "reports.html",
        chosen=chosen,
        period=shown_span(chosen.span, ask.language),
        sheets=sheets,
        most=MOST_SHOWN,
        drawing=Markup(chart.bars(sheets[0], compared=compared)) if sheets else "",  # noqa: S704 - chart.py escapes
        too_long=too_long,
        forms=[(form.value, word(f"form.{form}", ask.language)) for form in ReportForm],
        groups=[(group.value, word(f"by.{group}", ask.language)) for group in GROUPS],
        columns=[(column.value, word(column, ask.language)) for column in ReportColumn],
        preset_names=[(name, ask.t(f"reports.preset.{name}")) for name in PRESETS],
        stations=[
            (station.id, ask.pick(station.name_zh, station.name_en) or station.id)
            for station in stations
            if ask.who.station in ("", station.id)
        ],
        files=list(MEDIA),
        link=lambda **changed: "/reports?" + _address(ask, chosen, **changed),
        file_link=lambda ending: "/reports/file?" + _address(ask, chosen, file=ending),
        earlier=_moved(chosen, -1),
        later=_moved(chosen, 1),
    )


@page("/reports/file", View.REPORTS)
def report_file(ask: Ask) -> Answer:
    """Give a report as a file."""
    chosen = _chosen(ask)
    ending = ask.query.choice("file", MEDIA, "xlsx")
    with ask.centre.store.read() as connection:
        if words := _too_long(ask, connection, chosen):
            raise CentreError(words, ask.t("reports.too_long_hint"))
        answers = _answers(ask, connection, chosen)
    sheets = forms.sheets(answers, chosen.form, ask.language)
    period = shown_span(chosen.span, "en").replace(" ", "-")
    name = f"{chosen.form}-{period}.{ending}"
    return Download(name, MEDIA[ending], forms.write(sheets, ending))


def _answers(ask: Ask, connection: Connection, chosen: Chosen) -> list[report.Report]:
    return forms.answer(
        ask.centre,
        connection,
        chosen.form,
        chosen.span,
        ask.now_ms,
        by=chosen.tables,
        columns=chosen.columns,
        before=chosen.before,
        station=chosen.station or None,
    )


def _too_long(ask: Ask, connection: Connection, chosen: Chosen) -> str:
    """Return why a report is too long for a page, '' if it is not. Raises CentreError for one that
    nothing answers."""
    for groups in chosen.tables:
        query = ReportQuery(chosen.span, groups, chosen.columns, chosen.before)
        check(query)
        lines = report.most_lines(connection, query)
        if lines > MOST_LINES:
            return ask.t("reports.too_long", lines=f"{lines:,}", most=f"{MOST_LINES:,}")
    return ""


def _chosen(ask: Ask) -> Chosen:
    """Return what the address asks for. Raises CentreError, or NotAllowed for another station."""
    query, today = ask.query, ask.centre.calendar.date_of(ask.now_ms)
    form = ReportForm(query.choice("form", list(ReportForm), ReportForm.DAY))
    on, span = _period(ask, form, today)
    columns = read_columns(query.every("column"))
    preset = query.choice("preset", PRESETS, "" if columns else "usual")
    if preset:
        columns = PRESETS[preset]
    return Chosen(
        form=form,
        on=on,
        span=span,
        own=read_groups(query.every("by")),
        preset=preset,
        columns=columns,
        compare=query.choice("compare", ("previous", "year")),
        station=_station(ask),
    )


def _station(ask: Ask) -> str:
    station = ask.query.get("station", ask.who.station)
    if ask.who.station not in ("", station):
        raise NotAllowed(
            f"cannot show station {station[:20]}: {ask.who.name} is of station {ask.who.station}"
        )
    return station


def _period(ask: Ask, form: ReportForm, today: date) -> tuple[date, Span]:
    if form is ReportForm.RANGE:
        last = _day(ask, "to", today)
        first = _day(ask, "from", min(last, today) - timedelta(days=6))
        return last, Span(first.toordinal(), last.toordinal())
    on = _day(ask, form.value, today)
    return on, {"day": Span.day, "month": Span.month, "year": Span.year}[form](on)


def _day(ask: Ask, name: str, default: date) -> date:
    """Return the day in a field: `2026-11-30`, a month's or a year's first for less of it."""
    given = ask.query.get(name)
    if not given:
        return default
    whole = given + {4: "-01-01", 7: "-01"}.get(len(given), "")
    try:
        day = date.fromisoformat(whole if given.isascii() else "")
    except ValueError:
        raise BadField(
            f"cannot use {name} {given[:20]!r}: must be like 2026-11-30, 2026-11 or 2026"
        ) from None
    if not _FIRST <= day <= _LAST:
        raise BadField(f"cannot use {name} {given[:20]!r}: must be a year from 1971 to 9998")
    return day


def _address(ask: Ask, chosen: Chosen, **changed: str) -> str:
    """Return the query of a link that keeps what was chosen, except what is `changed`.

    A link to another form leads to the form of the same days.
    """
    form = changed.get("form", chosen.form)
    pairs = [
        (name, value)
        for name, value in ask.query.pairs()
        if value and name not in changed and name not in {"form", "file", *ReportForm, "from", "to"}
    ]
    if form == ReportForm.RANGE and "from" not in changed:
        pairs += [("from", chosen.first_day), ("to", chosen.last_day)]
    elif form != ReportForm.RANGE and form not in changed:
        pairs.append((form, shown_day(form, chosen.on)))
    more = [(name, value) for name, value in changed.items() if name != "form"]
    return urlencode([("form", form), *pairs, *more])


def shown_day(form: str, day: date) -> str:
    """Return a day, its month or its year, as a form's field has it."""
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}.get(form, 10)]


def _moved(chosen: Chosen, by: int) -> dict[str, str]:
    """Return the fields of the period before (-1) or after (1) the one shown, {} for none."""
    span = chosen.span
    if by < 0:
        moved = span.preceding()
        first, last = moved.first, moved.last
    else:
        first = span.last + 1
        last = first + span.days - 1
    if first < _FIRST.toordinal() or last > _LAST.toordinal():
        return {}
    if chosen.form is ReportForm.RANGE:
        days = [date.fromordinal(day).isoformat() for day in (first, last)]
        return {"from": days[0], "to": days[1]}
    return {chosen.form.value: shown_day(chosen.form, date.fromordinal(first))}
