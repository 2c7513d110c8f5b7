"""Write the park's forms by themselves: at a set time of the day, and again when records come late.

A round writes what is due, and nothing that is right already, so rounds may be as frequent or as
rare as anybody likes, and a centre that was off catches up. Files have fixed names, as
`day-2026-11-30.xlsx`; a JSON file beside them says of which numbers they were made. What is written
on the evening of a day is written once more when the day is over; from then on only records that
come late change it, and the sheet says what they changed.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from fleet_manager.centre import Centre
from fleet_manager.database import tables_passages
from fleet_manager.errors import CentreError
from fleet_manager.files import whole_file
from fleet_manager.reports import forms
from fleet_manager.reports.forms import ReportForm
from fleet_manager.reports.query import Span
from fleet_manager.reports.report import Report
from fleet_manager.reports.sheet import Sheet, shown_time, with_note
from fleet_manager.reports.words import word

LOOK_BACK_DAYS = 35
"""Days whose reports are looked at again, and made if the centre was off."""
_SPANS = {ReportForm.DAY: Span.day, ReportForm.MONTH: Span.month, ReportForm.YEAR: Span.year}


@dataclass(frozen=True, slots=True)
class Written:
    """What a round did. `files`: that it wrote. `failed`: what it could not, with what to do."""

    files: tuple[Path, ...]
    failed: tuple[CentreError, ...]


def write_due(centre: Centre, now_ms: int) -> Written:
    """Write every form that is due, or whose numbers are others than when it was written."""
    files: list[Path] = []
    failed: list[CentreError] = []
    whole_file.check_writable(centre.config.reports.folder)
    for form, span in _due(centre, now_ms):
        with centre.store.read() as connection:
            reports = forms.answer(centre, connection, form, span, now_ms)
        _write(centre, form, reports, files, failed)
    return Written(tuple(files), tuple(failed))


def _due(centre: Centre, now_ms: int) -> Iterator[tuple[ReportForm, Span]]:
    """Give forms whose last day has come to the set time, oldest first, as far back as
    LOOK_BACK_DAYS and as there are records."""
    today = centre.calendar.day(now_ms)
    at_ms = centre.config.reports.at * 60_000
    begins_ms = centre.calendar.start_of(date.fromordinal(today)) * 1000
    last = today if now_ms >= begins_ms + at_ms else today - 1
    with centre.store.read() as connection:
        first = _first_day(connection, last - LOOK_BACK_DAYS + 1)
    for day in range(last + 1 if first is None else first, last + 1):
        for form, span_of in _SPANS.items():
            span = span_of(date.fromordinal(day))
            if span.last == day:
                yield form, span


def _first_day(connection: Connection, low: int) -> int | None:
    """Return the first day from `low` on with records: a new park has no reports of empty days."""
    day = tables_passages.tally_day.c.day
    first: int | None = connection.scalar(select(func.min(day)).where(day >= low))
    return first


def _write(
    centre: Centre,
    form: ReportForm,
    reports: Sequence[Report],
    files: list[Path],
    failed: list[CentreError],
) -> None:
    """Write the files of a form unless they are right already."""
    settings = centre.config.reports
    stem = f"{form}-{_period(form, reports[0].query.span)}"
    notes = settings.folder / f"{stem}.json"
    known = _known(notes)
    state = _state(centre, reports)
    if known and _is_right(known, state) and _are_there(settings.folder, stem, settings.files):
        return
    if known.get("is_over") and state["is_over"]:
        # The first numbers of the whole day are those that late records are told from.
        state["first"] = known["first"]
    tables = forms.sheets(reports, form, settings.language)
    tables = _with_changes(tables, reports[0], state, settings.language)
    complete = True
    for ending in settings.files:
        file = settings.folder / f"{stem}.{ending}"
        try:
            whole_file.write_bytes(file, forms.write(tables, ending))
            files.append(file)
        except CentreError as error:
            complete = False
            if str(error) not in map(str, failed):
                failed.append(error)
    if complete:
        text = json.dumps(state, ensure_ascii=False, indent=1) + "\n"
        whole_file.write_bytes(notes, text.encode())


def _period(form: ReportForm, span: Span) -> str:
    length = {ReportForm.DAY: 10, ReportForm.MONTH: 7, ReportForm.YEAR: 4}[form]
    return date.fromordinal(span.first).isoformat()[:length]


def _state(centre: Centre, reports: Sequence[Report]) -> dict[str, Any]:
    """Return of what a form is made: every number, and which gates were silent."""
    head = reports[0]
    numbers = [[(line.keys, line.numbers) for line in report.lines] for report in reports]
    silent = [gate.gate for gate in head.silent]
    digest = sha256(json.dumps([numbers, silent]).encode()).hexdigest()
    total = dict(zip(head.query.columns, head.total.numbers, strict=True))
    return {
        "is_over": centre.calendar.day(head.as_of_ms) > head.query.span.last,
        "digest": digest,
        "as_of_ms": head.as_of_ms,
        "total": total,
        "silent": silent,
        "first": {"as_of_ms": head.as_of_ms, "total": total},
    }


def _known(notes: Path) -> dict[str, Any]:
    """Return what a form was made of, {} if it is not there or cannot be read: it is made anew."""
    try:
        known = json.loads(notes.read_bytes())
        return known if isinstance(known["digest"], str) and known["first"]["total"] else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _is_right(known: dict[str, Any], state: dict[str, Any]) -> bool:
    """Return whether a form stays: its day still runs, or it is of the whole day's numbers."""
    if not state["is_over"]:
        return True
    return bool(known["is_over"] and known["digest"] == state["digest"])


def _are_there(folder: Path, stem: str, endings: Sequence[str]) -> bool:
    return all((folder / f"{stem}.{ending}").exists() for ending in endings)


def _with_changes(
    tables: Sequence[Sheet], head: Report, state: dict[str, Any], language: str
) -> list[Sheet]:
    """Return sheets that say what late records changed, if they did."""
    was, now = state["first"]["total"], state["total"]
    changed = [
        word("changed", language, column=word(column, language), before=was[column], now=number)
        for column, number in now.items()
        if was.get(column, number) != number
    ]
    if not changed:
        return list(tables)
    first = shown_time(head, state["first"]["as_of_ms"])
    joined = ("，" if language == "zh" else ", ").join(changed)
    note = word("again", language, changes=joined, time=first)
    return [with_note(table, note) for table in tables]
