"""`/passages`: what happened at the gates, newest first, page by page."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from fleet_manager.access.rights import View
from fleet_manager.passages import record_pages
from fleet_manager.passages.record_pages import Place
from fleet_manager.passages.records import OF_VISITORS, GateRecord, RecordFilter, digest_of
from fleet_manager.terminal import record_lines
from fleet_manager.terminal.record_lines import Shown
from fleet_manager.tickets import sold
from fleet_manager.web.api.kinds import Limit, Name, Serial, days_of, looking_for, or_none
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason

_KINDS = {kind.key: kind for kind in PassageKind if kind in OF_VISITORS}
_KIND_WORDS = "|".join(_KINDS)
_REASONS = "|".join(reason.key for reason in Reason)


class PassageLine(Sent, frozen=True):
    """A record of a gate. `at`: when it happened, better known than `said`, the gate's own time,
    where that had no clock. `by`, `why`: who let somebody in against a refusal, and the reason
    given. `disowned`: it counts for nothing."""

    at: str
    said: str
    clock: str
    station: str
    gate: str
    lane: int
    record: int
    kind: str
    direction: str
    persons: int
    ticket: str | None
    serial: int | None
    product: str | None
    reason: str | None
    override: bool
    by: str | None
    why: str | None
    disowned: bool


class PassagePage(Sent, frozen=True):
    """Records, newest first. `after`: give it back for the next page; null where nothing older is
    left. A page may have fewer records than asked for although there are more."""

    passages: list[PassageLine]
    after: str | None


class PassageQuery(Given, frozen=True):
    """What to search; all that are given must fit. `kind`: kinds with commas between them. `code`:
    the text of a code that is no ticket. `overrides`: whom staff let in, of whatever kind."""

    first: date | UnsetType = UNSET
    last: date | UnsetType = UNSET
    kind: Annotated[str, Meta(pattern=f"^(({_KIND_WORDS})(,({_KIND_WORDS})){{0,10}})?$")] = ""
    direction: Annotated[str, Meta(pattern="^(in|out)?$")] = ""
    gate: Name | UnsetType = UNSET
    station: Name | UnsetType = UNSET
    serial: Serial | UnsetType = UNSET
    code: Annotated[str, Meta(min_length=1, max_length=1000)] | UnsetType = UNSET
    reason: Annotated[str, Meta(pattern=f"^({_REASONS})?$")] = ""
    staff: Annotated[str, Meta(min_length=1, max_length=40)] | UnsetType = UNSET
    overrides: bool = False
    after: Annotated[str, Meta(pattern="^([0-9.]{1,60})?$")] = ""
    limit: Limit = 50


@operation("GET", "/passages", view=View.PASSAGES)
def list_passages(call: Call, query: PassageQuery) -> PassagePage:
    """Search what happened at the gates: entries, exits, refusals with their reasons."""
    centre = call.centre
    wanted = _filter(call, query)
    after = Place.read(query.after) if query.after else None
    vault = centre.unlock()
    with centre.store.read() as connection:
        if query.serial is not UNSET:
            with looking_for():
                ticket = sold.find(connection, query.serial).ticket.id
            wanted = replace(wanted, ticket=ticket)
        page = record_pages.page(connection, wanted, after, query.limit)
        shown = Shown.of(connection, centre.calendar, vault)
    lines = [line_of(record, shown) for record in page.records]
    return PassagePage(lines, None if page.after is None else page.after.text)


def line_of(record: GateRecord, shown: Shown) -> PassageLine:
    """Return a record as it is sent."""
    return PassageLine(**record_lines.values(record, shown))  # type: ignore[arg-type]


def _filter(call: Call, query: PassageQuery) -> RecordFilter:
    days = None
    if query.first is not UNSET or query.last is not UNSET:
        today = call.centre.calendar.day(call.centre.clock())
        first = query.last if query.first is UNSET else query.first
        days = days_of(first, query.last, today)
    kinds = [_KINDS[word] for word in query.kind.split(",") if word]
    code = or_none(query.code)
    return RecordFilter(
        days=days,
        kinds=kinds or ((PassageKind.DENIED,) if code else OF_VISITORS),
        overrides=query.overrides,
        taken=Direction[query.direction.upper()] if query.direction else None,
        code=None if code is None else digest_of(code),
        gate=or_none(query.gate),
        station=call.station(query.station),
        reason=query.reason or None,
        staff=or_none(query.staff),
    )
