"""Which row of the tally a record counts in, and how many persons entered for the first time."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from fleet_manager.database.tables import NO_PRODUCT
from fleet_manager.park_time import Calendar


class Tallied(Protocol):
    """What the tally must know of a record, besides its gate and its time."""

    @property
    def kind(self) -> int: ...
    @property
    def lane(self) -> int: ...
    @property
    def direction(self) -> int: ...
    @property
    def persons(self) -> int: ...
    @property
    def product(self) -> int | None: ...
    @property
    def reason(self) -> int: ...


def tally_key(row: Tallied, gate: str, wall_ms: int, calendar: Calendar) -> tuple[Any, ...]:
    """Return the key of the row of the tally that a record counts in."""
    day, hour = calendar.day_hour(wall_ms)
    product = NO_PRODUCT if row.product is None else row.product
    return (day, hour, gate, row.lane, row.direction, product, row.kind, row.reason)


class Entry(NamedTuple):
    """Persons who entered on one ticket on one day at one passage. `tally`: the key of its row."""

    wall_ms: int
    gate: str
    journal: bytes
    seq: int
    persons: int
    admits: int
    tally: tuple[Any, ...]


def first_entries(entries: Iterable[Entry]) -> Counter[tuple[Any, ...]]:
    """Return how many persons entered for the first time, by key of the tally.

    `entries`: all of one ticket on one day. The earliest persons count, as many as the ticket
    admits. The result depends on the set of entries alone, not on the order of their arrival.
    """
    ordered = sorted(entries)
    left = min((entry.admits for entry in ordered), default=0)
    shares: Counter[tuple[Any, ...]] = Counter()
    for entry in ordered:
        share = min(left, entry.persons)
        shares[entry.tally] += share
        left -= share
    return shares
