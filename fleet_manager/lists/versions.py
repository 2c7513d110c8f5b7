"""Versions of lists: which were published, when a new one is due, and what each of them knows."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select, text

from fleet_manager.database import store, tables
from fleet_manager.sellers import sellers
from fleet_manager.tickets.serials import count_sold
from gate_agent.validator.lists.manifest import ListKind
from gate_agent.validator.tickets.series import MAIN_SERIES

KEPT_VERSIONS = 100_000
SALES_EVERY_MS = 60_000
RENEW_EVERY_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it was published. `changes`: number of the last change that is in it. `count`:
    how many serials or codes it speaks of."""

    series: str
    version: int
    as_of_ms: int
    changes: int
    count: int


def every(connection: Connection) -> dict[str, ListKind]:
    """The series of this park and their kinds."""
    codes = {seller.series: ListKind.CODES for seller in sellers.every(connection)}
    return {MAIN_SERIES: ListKind.SERIALS, **codes}


_TABLE = tables.list_version
# Made once, for they are asked for every message of a gate.
_NEWEST = (
    select(_TABLE)
    .where(_TABLE.c.series == bindparam("series"))
    .order_by(_TABLE.c.version.desc())
    .limit(1)
)
_FIND = select(_TABLE).where(
    _TABLE.c.series == bindparam("series"), _TABLE.c.version == bindparam("version")
)
_FORGET = delete(_TABLE).where(
    _TABLE.c.series == bindparam("of"), _TABLE.c.version <= bindparam("last")
)
_LAST_TICKET = select(func.max(tables.ticket.c.change)).where(text("change > 0"))
_LAST_CODE = select(tables.series.c.change).where(tables.series.c.id == bindparam("series"))


def newest(connection: Connection, series: str = MAIN_SERIES) -> Version | None:
    """The version that gates should have; None before the first."""
    for row in store.run(connection, _NEWEST, {"series": series}):
        return Version(*row)
    return None


def find(connection: Connection, series: str, version: int) -> Version | None:
    """An older version, if it is remembered."""
    if version < 1 << 32:
        for row in store.run(connection, _FIND, {"series": series, "version": version}):
            return Version(*row)
    return None


def changes_now(connection: Connection, series: str) -> int:
    """Number of the last change that a new version of the series would know."""
    query = _LAST_TICKET if series == MAIN_SERIES else _LAST_CODE
    for (number,) in store.run(connection, query, {"series": series}):
        return number or 0
    return 0


def is_due(connection: Connection, series: str, last: Version | None, now_ms: int) -> bool:
    """Whether a version after `last`, the newest, should be made: at once when a ticket was voided,
    suspended, restored or reprinted; within a minute of a sale; and every hour, because age is what
    gates see when the centre is gone. A few index look-ups: cheap enough for several times a
    second."""
    if last is None or last.changes != changes_now(connection, series):
        return True
    age_ms = now_ms - last.as_of_ms
    return age_ms >= RENEW_EVERY_MS or (
        series == MAIN_SERIES and age_ms >= SALES_EVERY_MS and last.count != count_sold(connection)
    )


def publish(
    connection: Connection, series: str, change: int, count: int, now_ms: int, above: int = 0
) -> Version:
    """The next version, which is higher than `above`, remembered. Inside a writing transaction that
    holds the changes."""
    before = newest(connection, series)
    made = Version(
        series=series,
        version=1 + max(above, 0 if before is None else before.version),
        # A gate refuses a list that is older in either way, whatever our clock did.
        as_of_ms=now_ms if before is None else max(now_ms, before.as_of_ms),
        changes=change,
        count=count,
    )
    row = tuple([getattr(made, column.name) for column in _TABLE.c])
    store.insert_rows(connection, _TABLE, [row])
    store.run(connection, _FORGET, {"of": series, "last": made.version - KEPT_VERSIONS})
    return made


def publish_again(connection: Connection, series: str, now_ms: int, above: int = 0) -> Version:
    """What the newest version says, under a new number, with what was sold since: serials that a
    restore has reserved are good at once. Before the first version, nothing."""
    last = newest(connection, series)
    change, count = (0, 0) if last is None else (last.changes, last.count)
    if series == MAIN_SERIES and last is not None:
        count = max(count, count_sold(connection))
    return publish(connection, series, change, count, now_ms, above)


def forget_before(connection: Connection, kept: Version) -> None:
    """Whoever has an older version gets the whole list."""
    store.run(connection, _FORGET, {"of": kept.series, "last": kept.version - 1})
