"""What a report is asked: a period, groups, columns, another period to compare with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from fleet_manager.errors import CentreError
from fleet_manager.passages import tally
from fleet_manager.passages.counts import GroupBy

GROUPS = (
    GroupBy.MONTH,
    GroupBy.DAY,
    GroupBy.HOUR,
    GroupBy.STATION,
    GroupBy.GATE,
    GroupBy.PRODUCT,
    GroupBy.KIND,
)
"""Groups that a report may have, in the order in which they stand in a line."""
MOST_FINE_DAYS = 366
"""Greatest period by the hour, or by day and gate: these have no coarser sums."""
MOST_DAYS = 3660
"""Greatest period by day."""


class ReportColumn(StrEnum):
    """Numbers of a line. Persons: ENTRIES to OVERRIDDEN, NOT_TAKEN, UNRESOLVED, DISOWNED. Turns:
    FORCED, OPEN (the lane was open). Refusals: DENIED. FREE, PASS, TEAM: persons of ENTRIES on
    products that are free of charge, are season passes, admit several."""

    ENTRIES = "entries"
    FIRST = "first_entries"
    AGAIN = "reentries"
    EXITS = "exits"
    INSIDE = "inside"
    FREE = "free_visitors"
    PASS = "pass_visitors"
    TEAM = "team_visitors"
    OVERRIDDEN = "overridden"
    NOT_TAKEN = "not_taken"
    UNRESOLVED = "unresolved"
    FORCED = "forced"
    OPEN = "free"
    DENIED = "denied"
    DISOWNED = "disowned"


USUAL = tuple(column for column in ReportColumn if column is not ReportColumn.DISOWNED)
OF_VISITORS = (ReportColumn.FREE, ReportColumn.PASS, ReportColumn.TEAM)
PRESETS: dict[str, tuple[ReportColumn, ...]] = {
    "usual": USUAL,
    "flow": (ReportColumn.ENTRIES, ReportColumn.EXITS, ReportColumn.INSIDE),
    "visitors": (ReportColumn.ENTRIES, ReportColumn.FIRST, ReportColumn.AGAIN, *OF_VISITORS),
    "doubts": (
        ReportColumn.OVERRIDDEN,
        ReportColumn.NOT_TAKEN,
        ReportColumn.UNRESOLVED,
        ReportColumn.FORCED,
        ReportColumn.OPEN,
        ReportColumn.DENIED,
        ReportColumn.DISOWNED,
    ),
    "every": tuple(ReportColumn),
}
"""Choices of columns by name: a page's address names one, or the columns themselves."""


@dataclass(frozen=True, slots=True)
class Span:
    """Park days as ordinals, both included."""

    first: int
    last: int

    @classmethod
    def day(cls, day: date) -> "Span":
        """Return one day."""
        return cls(day.toordinal(), day.toordinal())

    @classmethod
    def month(cls, day: date) -> "Span":
        """Return the calendar month in which a day lies."""
        month = tally.Month.of(day.toordinal())
        return cls(month.first_day, month.last_day)

    @classmethod
    def year(cls, day: date) -> "Span":
        """Return the calendar year in which a day lies."""
        return cls(date(day.year, 1, 1).toordinal(), date(day.year, 12, 31).toordinal())

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return self.last - self.first + 1

    def preceding(self) -> "Span":
        """Return the period before this one: of whole months as many months, else as many days."""
        first, last = tally.Month.of(self.first), tally.Month.of(self.last)
        if (first.first_day, last.last_day) != (self.first, self.last):
            return Span(self.first - self.days, self.first - 1)
        months = len(list(tally.months(self.first, self.last)))
        low = _month_shifted(date.fromordinal(self.first), -months)
        return Span(low.toordinal(), self.first - 1)

    def a_year_before(self) -> "Span":
        """Return the same calendar days a year earlier; 28 February for the 29th."""
        whole = tally.Month.of(self.last).last_day == self.last
        last = _month_shifted(date.fromordinal(self.last), -12)
        if whole:
            last = date.fromordinal(tally.Month.of(last.toordinal()).last_day)
        return Span(_month_shifted(date.fromordinal(self.first), -12).toordinal(), last.toordinal())


def _month_shifted(day: date, months: int) -> date:
    """Return the same day of another month, or that month's last."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    last = tally.Month.of(first.toordinal()).last_day
    return date.fromordinal(min(first.toordinal() + day.day - 1, last))


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """`by`: groups of a line, none for the total alone. `before`: the period to compare with.
    `station`: count its gates alone."""

    span: Span
    by: tuple[GroupBy, ...] = ()
    columns: tuple[ReportColumn, ...] = USUAL
    before: Span | None = None
    station: str | None = None


def check(query: ReportQuery) -> None:
    """Raise CentreError for a question that has no answer, or none that is quick enough."""
    if not query.columns:
        raise CentreError("cannot make a report without columns", "choose at least one")
    for span in filter(None, (query.span, query.before)):
        if span.last < span.first:
            raise CentreError("cannot make a report: its last day is before its first")
        fine = GroupBy.HOUR in query.by or {GroupBy.DAY, GroupBy.GATE} <= {*query.by}
        most = MOST_FINE_DAYS if fine else MOST_DAYS if GroupBy.DAY in query.by else None
        if most is not None and span.days > most:
            raise CentreError(
                f"cannot make a report of {span.days} days by {' and '.join(query.by)}: "
                f"{most} days are the most",
                "take fewer days, or group by month",
            )


def read_groups(names: Sequence[str]) -> tuple[GroupBy, ...]:
    """Return groups by their names, in the order of GROUPS. Raises CentreError."""
    wanted = {_named(name, GROUPS, "group") for name in names}
    return tuple(group for group in GROUPS if group in wanted)


def read_columns(names: Sequence[str]) -> tuple[ReportColumn, ...]:
    """Return columns by their names, in the order of ReportColumn. Raises CentreError."""
    wanted = {_named(name, tuple(ReportColumn), "column") for name in names}
    return tuple(column for column in ReportColumn if column in wanted)


def _named(name: str, allowed: Sequence[StrEnum], noun: str) -> StrEnum:
    for value in allowed:
        if value.value == name:
            return value
    raise CentreError(f"cannot use {name[:40]!r}: no such {noun}", f"one of {', '.join(allowed)}")
