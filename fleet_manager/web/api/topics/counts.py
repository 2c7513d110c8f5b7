"""`/counts`: entries, exits and refusals of a period, by day, hour, station, gate or product."""

from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from fleet_manager.access.rights import View
from fleet_manager.passages import counts
from fleet_manager.passages.counts import GroupBy, Totals
from fleet_manager.web.api.kinds import Name, days_of
from fleet_manager.web.api.operations import Call, Given, Sent, operation
from fleet_manager.web.api.problem import BadRequest
from gate_agent.validator.moment import day_text, utc_text

MOST_DAYS_BY_HOUR = 100
_GROUPS = "|".join(GroupBy)


class CountSums(Sent, frozen=True):
    """Sums of a line, as in the command `counts`: persons, except `denied`, `forced` and `free`,
    which are events."""

    entries: int
    first_entries: int
    reentries: int
    exits: int
    inside: int
    denied: int
    denied_by_reason: dict[str, int]
    not_taken: int
    unresolved: int
    forced: int
    free: int
    overridden: int
    disowned: int


class CountRow(Sent, frozen=True):
    """A line. `keys`: in the order of `by`."""

    keys: list[str]
    sums: CountSums


class CountAnswer(Sent, frozen=True):
    """Counts of the park days `first` to `last`, by what has arrived until `as_of`."""

    as_of: str
    time_zone: str
    first: str
    last: str
    by: list[str]
    lines: list[CountRow]
    total: CountSums


class CountQuery(Given, frozen=True):
    """`first`, `last`: park days, today if left out. `by`: groups with commas between them."""

    first: date | UnsetType = UNSET
    last: date | UnsetType = UNSET
    by: Annotated[str, Meta(pattern=f"^(({_GROUPS})(,({_GROUPS})){{0,3}})?$")] = ""
    station: Name | UnsetType = UNSET


@operation("GET", "/counts", view=View.REPORTS)
def show_counts(call: Call, query: CountQuery) -> CountAnswer:
    """Count entries, exits and refusals of a period of park days."""
    centre, now_ms = call.centre, call.centre.clock()
    first, last = days_of(query.first, query.last, centre.calendar.day(now_ms))
    by = tuple(dict.fromkeys(GroupBy(word) for word in query.by.split(",") if word))
    if GroupBy.HOUR in by and last - first >= MOST_DAYS_BY_HOUR:
        raise BadRequest(f"cannot count by hour over more than {MOST_DAYS_BY_HOUR} days")
    station = call.station(query.station)
    with centre.store.read() as connection:
        table = counts.count(connection, first, last, by, station=station)
    return CountAnswer(
        as_of=utc_text(now_ms),
        time_zone=centre.config.time_zone.key,
        first=day_text(first),
        last=day_text(last),
        by=[group.value for group in by],
        lines=[CountRow(list(line.keys), _sums(line.totals)) for line in table.lines],
        total=_sums(table.total),
    )


def _sums(totals: Totals) -> CountSums:
    return CountSums(**totals.as_dict())  # type: ignore[arg-type]
