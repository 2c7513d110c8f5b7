"""`report`: the park's forms on the screen or as a file, and by themselves."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fleet_manager.terminal.group import Group
from fleet_manager.terminal.headings import language_option
from fleet_manager.terminal.options import data_option, day_option, now_ms

if TYPE_CHECKING:
    from fleet_manager.reports.forms import ReportForm
    from fleet_manager.reports.query import Span

_Command = TypeVar("_Command", bound=Callable[..., Any])
_COMPARED = click.Choice(["previous", "year"])


@click.group(cls=Group)
def report() -> None:
    """Report a day, a month, a year or any period: on the screen, or as XLSX, PDF or CSV."""


def _options(command: _Command) -> _Command:
    """Add what every form takes: groups, columns, another period, a station, a file."""
    for option in (
        data_option,
        language_option,
        click.option(
            "--out",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Write a file: .xlsx, .pdf or .csv.",
        ),
        click.option("--station", help="Count the gates of a station alone."),
        click.option(
            "--compare",
            type=_COMPARED,
            help="With the period before it, or with the same a year ago.",
        ),
        click.option("--columns", default="", metavar="NAME,…", help="Only these numbers."),
        click.option(
            "--by",
            default="",
            metavar="month,day,hour,station,gate,product,kind",
            help="One table with a line for each of these, instead of the form's own tables.",
        ),
    ):
        command = option(command)
    return command


@report.command("day")
@click.argument("day", required=False, metavar="[2026-11-30]")
@_options
def report_day(day: str | None, **options: Any) -> None:
    """Report a day, today by default (日报): by hour, by gate, by product."""
    _show("day", _date(day, "%Y-%m-%d", "2026-11-30"), options)


@report.command("month")
@click.argument("month", required=False, metavar="[2026-11]")
@_options
def report_month(month: str | None, **options: Any) -> None:
    """Report a calendar month, this one by default (月报): by day, by gate, by product."""
    _show("month", _date(month, "%Y-%m", "2026-11"), options)


@report.command("year")
@click.argument("year", required=False, metavar="[2026]")
@_options
def report_year(year: str | None, **options: Any) -> None:
    """Report a calendar year, this one by default (年报): by month, by gate, by product."""
    _show("year", _date(year, "%Y", "2026"), options)


@report.command("range")
@day_option("--from", "first", "From this day on.")
@day_option("--to", "last", "Up to this day, which is included.")
@_options
def report_range(first: date | None, last: date | None, **options: Any) -> None:
    """Report the days from --from to --to: by day, by gate, by product."""
    from fleet_manager.reports.query import Span

    if first is None or last is None:
        raise click.UsageError("--from and --to are both needed")
    _show("range", Span(first.toordinal(), last.toordinal()), options)


@report.command("due")
@data_option
def report_due(data: Path) -> None:
    """Write the forms that are due to the folder `reports` of centre.toml.

    Forms of today are due from 17:00 on. What is right already stays; what records that came late
    have changed is written again, and says so. A timer runs this.
    """
    from fleet_manager import centre
    from fleet_manager.reports import scheduled
    from fleet_manager.services.webhooks.announcing import announce_reports

    with centre.opened(data) as park:
        written = scheduled.write_due(park, now_ms())
        announce_reports(park, written.files)
    for file in written.files:
        click.echo(file)
    for error in written.failed:
        click.echo(f"fleet-manager: {error}\n  {error.hint}", err=True)
    if written.failed:
        raise SystemExit(1)


def _date(text: str | None, form: str, example: str) -> date | None:
    from datetime import datetime

    if text is None:
        return None
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, no instant
    except ValueError:
        raise click.UsageError(f"{text!r} is not like {example}") from None


def _show(name: str, period: "date | Span | None", options: dict[str, Any]) -> None:
    """Print or write a form. `period`: a day in it, None for today, or all its days."""
    from fleet_manager import centre
    from fleet_manager.files import whole_file
    from fleet_manager.reports import forms, query
    from fleet_manager.reports.text_file import terminal_text

    form = forms.ReportForm(name)
    out: Path | None = options["out"]
    ending = "" if out is None else out.suffix.removeprefix(".").lower()
    if out is not None and ending not in forms.MEDIA:
        raise click.UsageError(f"--out must end in one of .{', .'.join(forms.MEDIA)}")
    by = query.read_groups(_words(options["by"]))
    columns = query.read_columns(_words(options["columns"])) or query.USUAL
    with centre.opened(options["data"]) as park, park.store.read() as connection:
        at_ms = now_ms()
        span = _span(form, period, park.calendar.date_of(at_ms))
        before = None
        if options["compare"] is not None:
            before = span.preceding() if options["compare"] == "previous" else span.a_year_before()
        reports = forms.answer(
            park,
            connection,
            form,
            span,
            at_ms,
            by=[by] if by else (),
            columns=columns,
            before=before,
            station=options["station"],
        )
    tables = forms.sheets(reports, form, options["language"])
    if out is None:
        click.echo(terminal_text(tables), nl=False)
        return
    whole_file.write_bytes(out, forms.write(tables, ending))
    click.echo(out)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _span(form: "ReportForm", period: "date | Span | None", today: date) -> "Span":
    from fleet_manager.reports.query import Span

    if isinstance(period, Span):
        return period
    spans = {"day": Span.day, "month": Span.month, "year": Span.year}
    return spans[form](period or today)
