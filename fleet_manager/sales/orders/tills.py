"""Tills: the places where tickets are sold."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from fleet_manager.database.sales.orders import till as table
from fleet_manager.errors import CentreError

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
_ROW = table.c


class TillKind(StrEnum):
    """Who sells there: a cashier at a window, staff with a handheld, a machine."""

    WINDOW = "window"
    HANDHELD = "handheld"
    KIOSK = "kiosk"


@dataclass(frozen=True, slots=True)
class Till:
    """`retired_ms`: since when nothing is sold there, None while it is."""

    id: str
    station: str
    kind: TillKind
    name_zh: str
    name_en: str
    retired_ms: int | None = None


def add(connection: Connection, till: Till) -> None:
    """Store a new till. Raises CentreError for an id that cannot be one, or is taken."""
    if not _ID.fullmatch(till.id):
        raise CentreError(
            f"cannot add till {till.id[:20]!r}: must be 1 to 20 of a-z, 0-9 and -",
            "such as north-1",
        )
    if any(other.id == till.id for other in every(connection)):
        raise CentreError(f"cannot add till {till.id}: there is one already")
    connection.execute(insert(table).values(asdict(till) | {"kind": till.kind.value}))


def every(connection: Connection) -> list[Till]:
    """Return all tills by id, retired ones included."""
    return [
        Till(row.id, row.station, TillKind(row.kind), row.name_zh, row.name_en, row.retired_ms)
        for row in connection.execute(select(table).order_by(_ROW.id))
    ]


def find(connection: Connection, till: str) -> Till:
    """Return a till. Raises CentreError if there is none."""
    for other in every(connection):
        if other.id == till:
            return other
    raise CentreError(f"cannot find till {till[:20]!r}", "see `fleet-manager till list`")


def find_in_use(connection: Connection, till: str) -> Till:
    """Return a till where things are sold. Raises CentreError if there is none, or it is
    retired."""
    found = find(connection, till)
    if found.retired_ms is not None:
        raise CentreError(
            f"cannot sell at till {till}: it is retired",
            f"bring it back with `fleet-manager till retire {till} --undo`",
        )
    return found


def retire(connection: Connection, till: str, now_ms: int | None) -> None:
    """Sell nothing at a till from `now_ms` on (UTC), or with None again. Raises CentreError."""
    if (find(connection, till).retired_ms is None) == (now_ms is None):
        state = "is retired already" if now_ms is not None else "is not retired"
        raise CentreError(f"cannot change till {till}: it {state}")
    connection.execute(update(table).where(_ROW.id == till).values(retired_ms=now_ms))
