"""Add to the tally, and to its own sums by day and by month, in the caller's transaction.

Nothing else writes these three tables, so they agree: month = Σ days = Σ hours. `compare` shows
where they do not, and `rebuild` makes both sums of the tally again.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, Table, bindparam, delete, func, select

from fleet_manager.database import store, tables, tables_passages

Key = tuple[Any, ...]
"""Of a row of the tally: day, hour, gate, lane, direction, product, kind, reason."""


class Month(NamedTuple):
    """A calendar month: its number in `tally_month`, and its first and last park day."""

    number: int
    first_day: int
    last_day: int

    @classmethod
    def of(cls, day: int) -> "Month":
        """Return the month in which a park day lies."""
        on = date.fromordinal(day)
        first = on.replace(day=1).toordinal()
        return cls(month_of(day), first, first + monthrange(on.year, on.month)[1] - 1)


@lru_cache(maxsize=1024)
def month_of(day: int) -> int:
    """Return the number of the month in which a park day lies: 202611 for November 2026."""
    on = date.fromordinal(day)
    return on.year * 100 + on.month


def months(first_day: int, last_day: int) -> Iterator[Month]:
    """Give the months in which the days from `first_day` to `last_day` lie, both included."""
    while first_day <= last_day:
        month = Month.of(first_day)
        yield month
        first_day = month.last_day + 1


def add(connection: Connection, sums: Mapping[Key, Sequence[int]]) -> None:
    """Add events, persons and first entries to the rows of the tally and to its sums."""
    stations: dict[str, str] = {}
    days: dict[Key, list[int]] = {}
    by_month: dict[Key, list[int]] = {}
    for (day, _, gate, _, *rest), values in sums.items():
        if gate not in stations:
            [(stations[gate],)] = store.run(connection, _STATION, {"of": gate})
        for coarse, key in (
            (days, (day, stations[gate], *rest)),
            (by_month, (month_of(day), gate, *rest)),
        ):
            total = coarse.setdefault(key, [0, 0, 0])
            for at, value in enumerate(values):
                total[at] += value
    for table, lines in (
        (tables.tally, sums),
        (tables_passages.tally_day, days),
        (tables_passages.tally_month, by_month),
    ):
        rows = sorted((*key, *values) for key, values in lines.items())
        store.add_rows(connection, table, rows, 3)


def delete_empty(connection: Connection, days: Iterable[int]) -> None:
    """Delete the rows of days in which nothing is left, and of their months."""
    on = set(days)
    for day in on:
        store.run(connection, _EMPTY_HOURS, {"on": day})
        store.run(connection, _EMPTY_DAYS, {"on": day})
    for month in {month_of(day) for day in on}:
        store.run(connection, _EMPTY_MONTHS, {"on": month})


def stored_months(connection: Connection) -> list[Month]:
    """Return every month of which the tally or one of its sums may have a row, oldest first."""
    days = [day for query in _ENDS for day in connection.execute(query).one() if day is not None]
    days += [
        date(number // 100, number % 100, 1).toordinal()
        for number in connection.execute(_END_MONTHS).one()
        if number is not None
    ]
    return list(months(min(days), max(days))) if days else []


def compare(connection: Connection, month: Month) -> list[str]:
    """Return in what the sums of a month are not those of the tally, one sentence a row."""
    span = {"low": month.first_day, "high": month.last_day, "number": month.number}
    return [
        *_differences("day", _rows(connection, _IN_DAYS, span), _rows(connection, _BY_DAY, span)),
        *_differences(
            "month", _rows(connection, _IN_MONTH, span), _rows(connection, _BY_MONTH, span)
        ),
    ]


def rebuild(connection: Connection, month: Month) -> None:
    """Make the sums of a month of the tally again. Call it in a writing transaction."""
    span = {"low": month.first_day, "high": month.last_day, "number": month.number}
    for table, clear, query in (
        (tables_passages.tally_day, _CLEAR_DAYS, _BY_DAY),
        (tables_passages.tally_month, _CLEAR_MONTH, _BY_MONTH),
    ):
        store.run(connection, clear, span)
        rows = [(*key, *values) for key, values in _rows(connection, query, span).items()]
        store.insert_rows(connection, table, rows)


def _differences(
    period: str, stored: Mapping[Key, tuple[int, ...]], summed: Mapping[Key, tuple[int, ...]]
) -> Iterator[str]:
    nothing = (0, 0, 0)
    for key in sorted({*stored, *summed}):
        ours, theirs = stored.get(key, nothing), summed.get(key, nothing)
        if ours != theirs:
            shown = " ".join(map(str, key))
            yield f"{period} {shown}: it says {_shown(ours)}, its hours say {_shown(theirs)}"


def _shown(sums: tuple[int, ...]) -> str:
    return " / ".join(map(str, sums))


def _rows(connection: Connection, query: Any, span: dict[str, int]) -> dict[Key, tuple[int, ...]]:
    """Return rows by key, without those that say nothing."""
    rows: dict[Key, tuple[int, ...]] = {}
    for *key, events, persons, first in store.run(connection, query, span):
        values = (int(events), int(persons), int(first))
        if any(values):
            rows[tuple(key)] = values
    return rows


# Built once: building a statement costs more than running it.
_TALLY, _GATE = tables.tally.c, tables.gate.c
_DAY, _MONTH = tables_passages.tally_day.c, tables_passages.tally_month.c
_REST = ("direction", "product", "kind", "reason")
_STATION = select(_GATE.station).where(_GATE.id == bindparam("of"))


def _emptying(table: Table, period: str) -> Any:
    columns = table.c
    return delete(table).where(
        columns[period] == bindparam("on"), columns.events == 0, columns.persons == 0
    )


_EMPTY_HOURS = _emptying(tables.tally, "day")
_EMPTY_DAYS = _emptying(tables_passages.tally_day, "day")
_EMPTY_MONTHS = _emptying(tables_passages.tally_month, "month")
_ENDS = (select(func.min(_TALLY.day), func.max(_TALLY.day)),
         select(func.min(_DAY.day), func.max(_DAY.day)))  # fmt: skip
_END_MONTHS = select(func.min(_MONTH.month), func.max(_MONTH.month))
_LOW, _HIGH = bindparam("low", type_=Integer), bindparam("high", type_=Integer)
_SUMMED = (func.sum(_TALLY.events), func.sum(_TALLY.persons), func.sum(_TALLY.first))
_HOUR_KEYS = [_TALLY[name] for name in _REST]
_BY_DAY = (
    select(_TALLY.day, _GATE.station, *_HOUR_KEYS, *_SUMMED)
    .join(tables.gate, _GATE.id == _TALLY.gate)
    .where(_TALLY.day.between(_LOW, _HIGH))
    .group_by(_TALLY.day, _GATE.station, *_HOUR_KEYS)
)
_BY_MONTH = (
    select(bindparam("number", type_=Integer).label("month"), _TALLY.gate, *_HOUR_KEYS, *_SUMMED)
    .where(_TALLY.day.between(_LOW, _HIGH))
    .group_by(_TALLY.gate, *_HOUR_KEYS)
)
_IN_DAYS = select(tables_passages.tally_day).where(_DAY.day.between(_LOW, _HIGH))
_IN_MONTH = select(tables_passages.tally_month).where(_MONTH.month == bindparam("number"))
_CLEAR_DAYS = delete(tables_passages.tally_day).where(_DAY.day.between(_LOW, _HIGH))
_CLEAR_MONTH = delete(tables_passages.tally_month).where(_MONTH.month == bindparam("number"))
