"""Store when records arrived, to the minute, by the centre's own clock.

A gate chooses the times of its records; it does not choose when they arrive.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, select

from fleet_manager.database import store, tables
from fleet_manager.errors import CentreError

MINUTE_MS = 60_000
MOST_A_MINUTE = 120
"""More passages than the lanes of one board can see in a minute, over the time in which they can
have been made."""
WINDOW_MINUTES = 10


def write(connection: Connection, marks: Mapping[int, tuple[int, int]], now_ms: int) -> None:
    """Store that records of journals have arrived.

    `marks`: by number of the journal, its mark before them and how many are passages.
    """
    minute = now_ms // MINUTE_MS
    rows = [(journal, minute, before, taken) for journal, (before, taken) in marks.items()]
    store.add_rows(connection, tables.receipt, rows, 1)


def first_since(connection: Connection, journal: int, since_ms: int) -> int | None:
    """Return the number of the first record of a journal that arrived in the minute of `since_ms`
    or later; None if there is none.

    Raises CentreError if that is not known any more.
    """
    [(minute, before)] = store.run(connection, _OLDEST, {"of": journal})
    values = {"of": journal, "at": since_ms // MINUTE_MS}
    [(first,)] = store.run(connection, _FIRST, values)
    if first is None:
        return None
    if first == before and before > 0 and since_ms // MINUTE_MS < minute:
        known = datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%d %H:%M")
        raise CentreError(
            f"cannot tell which records arrived since then: that is known from {known} UTC on",
            "give that time or a later one",
        )
    return int(first) + 1


def is_too_fast(connection: Connection, journal: int, now_ms: int) -> bool:
    """Return whether more passages of a journal have arrived than its board can have seen since
    records of it arrived before.

    A board that was cut off sends all that it has at once: what arrives within WINDOW_MINUTES can
    have been made since the last records before them.
    """
    minute = now_ms // MINUTE_MS
    values = {"of": journal, "at": minute}
    [(taken,)] = store.run(connection, _TAKEN, values)
    if taken <= MOST_A_MINUTE:
        return False
    values["at"] = minute - WINDOW_MINUTES
    [(taken,)] = store.run(connection, _TAKEN, values)
    [(before,)] = store.run(connection, _BEFORE, values)
    return before is not None and taken > MOST_A_MINUTE * (minute - before + 1)


# Built once: building a statement costs more than running it.
_ROW = tables.receipt.c
_OLDEST = select(func.min(_ROW.minute), func.min(_ROW.before)).where(
    _ROW.journal == bindparam("of")
)
_FIRST = select(func.min(_ROW.before)).where(
    _ROW.journal == bindparam("of"), _ROW.minute >= bindparam("at")
)
_TAKEN = select(func.coalesce(func.sum(_ROW.taken), 0)).where(
    _ROW.journal == bindparam("of"), _ROW.minute >= bindparam("at")
)
_BEFORE = select(func.max(_ROW.minute)).where(
    _ROW.journal == bindparam("of"), _ROW.minute < bindparam("at")
)
