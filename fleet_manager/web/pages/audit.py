"""Audit 审计: who did what, what was before and after; whether the record is whole."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fleet_manager.access import audit_head, users
from fleet_manager.access.audit import Filter, Line, Result, Verification
from fleet_manager.access.rights import Act, View
from fleet_manager.errors import CentreError
from fleet_manager.services.people import audit_record
from fleet_manager.web.ask import Answer, Ask, BadField, Download, Fields, show
from fleet_manager.web.refusals import refused, sentence
from fleet_manager.web.registry import act, page
from fleet_manager.web.texts import TEXTS

PAGE_LINES = 50
_FILTERS = ("actor", "act", "object", "result", "from", "to")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line, the name of its act, its reason, and what it changed: (field, before, after)."""

    line: Line
    act: str
    reason: str
    changes: tuple[tuple[str, str, str], ...]


@page("/audit", View.AUDIT)
def search(ask: Ask) -> Answer:
    """Show the lines that fit, the newest first."""
    try:
        found = _found(ask)
    except BadField as error:
        return refused(ask, error, "audit.html", **_nothing(ask))
    return show("audit.html", error="", hint="", outcome=None, **found)


@act("/audit/verify", Act.AUDIT_VERIFY)
def verify(ask: Ask) -> Answer:
    """Compute the chain anew, also against a head that was kept elsewhere."""
    try:
        upload = ask.files.get("file")
        heads = []
        if upload is not None and upload.data:
            heads = [audit_head.read_head(upload.data)]
        outcome = audit_record.verify_by(ask.centre, ask.who, heads)
    except CentreError as error:
        return refused(ask, error, "audit.html", **_nothing(ask))
    fault = sentence(outcome.fault, ask.language)
    values = _nothing(ask) | {"outcome": outcome, "fault": fault, "with_head": bool(heads)}
    return show("audit.html", error="", hint="", **values)


@act("/audit/export", Act.AUDIT_EXPORT)
def export(ask: Ask) -> Answer:
    """Hand out the lines of a span of days as they were hashed."""
    try:
        since_ms, until_ms = _span_ms(ask, ask.form)
    except BadField as error:
        return refused(ask, error, "audit.html", **_nothing(ask))
    body = audit_record.export(ask.centre, ask.who, since_ms, until_ms)
    days = [day for day in (ask.form.get("from"), ask.form.get("to")) if day]
    name = "-".join(["audit", ask.centre.config.park, *days])
    return Download(f"{name}.txt", "text/plain; charset=utf-8", body)


@page("/audit/head", View.AUDIT)
def head(ask: Ask) -> Answer:
    """Hand out the signed head, to be kept elsewhere."""
    signed = audit_record.signed_head(ask.centre)
    day = ask.centre.calendar.date_of(signed.head.at_ms)
    name = f"audit-head-{signed.head.park}-{day.isoformat()}.json"
    return Download(name, "application/json", signed.to_json().encode())


def _found(ask: Ask) -> dict[str, Any]:
    query = ask.query
    since_ms, until_ms = _span_ms(ask, query)
    wanted = Filter(
        actor=query.get("actor") or None,
        act=query.choice("act", [known.value for known in Act]) or None,
        object=query.get("object") or None,
        result=query.choice("result", [result.value for result in Result]) or None,
        since_ms=since_ms,
        until_ms=until_ms,
        below=query.number("below", 0, high=2**53) or None,
        last=PAGE_LINES + 1,
    )
    lines = audit_record.search(ask.centre, ask.who, wanted)[::-1]
    more = len(lines) > PAGE_LINES
    lines = lines[:PAGE_LINES]
    kept = [(name, query.get(name)) for name in _FILTERS if query.get(name)]
    base = "/audit?" + urlencode(kept) if kept else "/audit"
    below = f"{base}{'&' if kept else '?'}below={lines[-1].number}" if more else ""
    return _choices(ask) | {
        "wanted": query,
        "rows": [_row(ask, line) for line in lines],
        "first": base if wanted.below else "",
        "next": below,
        "searched": True,
    }


def _row(ask: Ask, line: Line) -> AuditRow:
    reason = sentence(line.reason, ask.language)
    changes = changes_of(line, ask.centre.calendar.text)
    return AuditRow(line, act_words(ask, line.act), reason, changes)


def _nothing(ask: Ask) -> dict[str, Any]:
    """Return the values of the page without lines."""
    outcome: Verification | None = None
    return _choices(ask) | {
        "wanted": Fields(),
        "rows": [],
        "first": "",
        "next": "",
        "searched": False,
        "outcome": outcome,
    }


def _choices(ask: Ask) -> dict[str, Any]:
    names = sorted(known.value for known in Act)
    with ask.centre.store.read() as connection:
        people = [user.name for user in users.every(connection)]
    return {
        "people": people,
        "acts": [(name, f"{act_words(ask, name)} · {name}") for name in names],
        "results": [(result.value, ask.t(f"audit.{result.value}")) for result in Result],
    }


def _span_ms(ask: Ask, fields: Fields) -> tuple[int | None, int | None]:
    """Return the span of the days `from` to `to`, by the park's clock. Raises BadField."""
    calendar = ask.centre.calendar
    first, last = _day(fields, "from"), _day(fields, "to")
    return (
        None if first is None else calendar.start_of(first) * 1000,
        None if last is None else calendar.start_of(last + timedelta(1)) * 1000,
    )


def _day(fields: Fields, name: str) -> date | None:
    given = fields.get(name)
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 9999:  # beyond these years no calendar of ours counts
        raise BadField(f"cannot use the day {given[:20]!r}: must be like 2026-11-30")
    return day


def act_words(ask: Ask, name: str) -> str:
    """Return what an act is called; its own name where that is of another version."""
    key = f"act.{name}"
    return ask.t(key) if key in TEXTS else name


def changes_of(line: Line, when: Callable[[int], str]) -> tuple[tuple[str, str, str], ...]:
    """Return what a line changed: name of the field, before, after. Fields that are the same are
    left out where both are known."""
    before, after = _values(line.before), _values(line.after)
    names = [*before, *(name for name in after if name not in before)]
    return tuple(
        (name, _shown(name, before, when), _shown(name, after, when))
        for name in names
        if not (name in before and name in after and before[name] == after[name])
    )


def _values(text: str | None) -> dict[str, Any]:
    values = json.loads(text) if text else {}
    return values if isinstance(values, dict) else {"": values}


def _shown(name: str, values: dict[str, Any], when: Callable[[int], str]) -> str:
    value = values.get(name)
    if value is None or value == "":
        return "–"
    if name.endswith("_ms") and isinstance(value, int) and 0 < value < 253_000_000_000_000:
        return when(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
