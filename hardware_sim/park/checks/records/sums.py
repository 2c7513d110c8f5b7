"""The sums by day and by month are those of their hours.

They are added up here without the centre's code.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, select

from fleet_manager.database import tables, tables_passages

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

Sums = Mapping[tuple[Any, ...], Counter[str]]


def check(park: "Park") -> list[str]:
    """Check every row of the sums by day and by month."""
    with park.centre.store.read() as connection:
        stations = {row.id: row.station for row in connection.execute(select(tables.gate)).all()}
        days: dict[tuple[Any, ...], Counter[str]] = {}
        months: dict[tuple[Any, ...], Counter[str]] = {}
        for (day, _, gate, _, *rest), sums in _rows(connection, tables.tally, 8):
            on = date.fromordinal(day)
            days.setdefault((day, stations[gate], *rest), Counter()).update(sums)
            months.setdefault((on.year * 100 + on.month, gate, *rest), Counter()).update(sums)
        return [
            *_compare("day", days, dict(_rows(connection, tables_passages.tally_day, 6))),
            *_compare("month", months, dict(_rows(connection, tables_passages.tally_month, 6))),
        ]


def _rows(
    connection: Connection, table: Table, width: int
) -> Iterator[tuple[tuple[Any, ...], Counter[str]]]:
    """Give each row's key, of `width` columns, and its sums."""
    for row in connection.execute(select(table)):
        yield (
            tuple(row[:width]),
            Counter(events=row.events, persons=row.persons, first=row.first),
        )


def _compare(period: str, summed: Sums, stored: Sums) -> Iterator[str]:
    for key in sorted({*summed, *stored}):
        hours, sums = summed.get(key, Counter()), stored.get(key, Counter())
        if {**hours} != {**sums} and (any(hours.values()) or any(sums.values())):
            shown = " ".join(map(str, key))
            yield f"the {period} {shown} says {dict(sums)}, its hours {dict(hours)}"
