"""Store versions of lists: which were published, which changes are in each, when one is due."""

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
    """A published version of a list. `as_of_ms`: when it was true. `changes`: number of the last
    change in it. `count`: how many serials or codes are in it."""

    series: str
    version: int
    as_of_ms: int
    changes: int
    count: int


def every(connection: Connection) -> dict[str, ListKind]:
    """Return the series of this park and their kinds."""
    codes = {seller.series: ListKind.CODES for seller in sellers.every(connection)}
    return {MAIN_SERIES: ListKind.SERIALS, **codes}


_TABLE = tables.list_version
# Built once: they run for every message of a gate.
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
    """Return the version that gates should have; None before the first."""
    for row in store.run(connection, _NEWEST, {"series": series}):
        return Version(*row)
    return None


def find(connection: Connection, series: str, version: int) -> Version | None:
    """Return an older version; None if it is not stored any more."""
    if version < 1 << 32:
        for row in store.run(connection, _FIND, {"series": series, "version": version}):
            return Version(*row)
    return None


def changes_now(connection: Connection, series: str) -> int:
    """Return the number of the last change that a new version of the series would have in it."""
    query = _LAST_TICKET if series == MAIN_SERIES else _LAST_CODE
    for (number,) in store.run(connection, query, {"series": series}):
        return number or 0
    return 0


def is_due(connection: Connection, series: str, last: Version | None, now_ms: int) -> bool:
    """Return whether a version after `last`, the newest, should be made.

    At once when a ticket was voided, suspended, restored or reprinted; SALES_EVERY_MS after the
    last version when tickets were sold; and every RENEW_EVERY_MS, because gates measure the age
    of a list when the centre is gone. It costs a few index look-ups: cheap enough for several
    times a second.
    """
    if last is None or last.changes != changes_now(connection, series):
        return True
    age_ms = now_ms - last.as_of_ms
    return age_ms >= RENEW_EVERY_MS or (
        series == MAIN_SERIES and age_ms >= SALES_EVERY_MS and last.count != count_sold(connection)
    )


def publish(
    connection: Connection, series: str, change: int, count: int, now_ms: int, above: int = 0
) -> Version:
    """Store the next version, with a number higher than `above`, and return it.

    Call it in a writing transaction that has locked the changes. `change`: number of the last
    change in it.
    """
    before = newest(connection, series)
    version = Version(
        series=series,
        version=1 + max(above, 0 if before is None else before.version),
        # A gate refuses a list with a lower version or an earlier time, whatever our clock did.
        as_of_ms=now_ms if before is None else max(now_ms, before.as_of_ms),
        changes=change,
        count=count,
    )
    row = tuple([getattr(version, column.name) for column in _TABLE.c])
    store.insert_rows(connection, _TABLE, [row])
    store.run(connection, _FORGET, {"of": series, "last": version.version - KEPT_VERSIONS})
    return version


def publish_again(connection: Connection, series: str, now_ms: int, above: int = 0) -> Version:
    """Store a version like the newest under a new number, with what was sold since, and return it;
    before the first, an empty one. Serials that a restore has reserved are good at once."""
    last = newest(connection, series)
    change, count = (0, 0) if last is None else (last.changes, last.count)
    if series == MAIN_SERIES and last is not None:
        count = max(count, count_sold(connection))
    return publish(connection, series, change, count, now_ms, above)


def forget_before(connection: Connection, first: Version) -> None:
    """Delete the versions before `first`, so that gates that have one of them get a snapshot."""
    store.run(connection, _FORGET, {"of": first.series, "last": first.version - 1})
