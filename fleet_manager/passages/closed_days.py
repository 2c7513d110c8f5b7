"""Store what the closed days of much-used tickets amount to, so that their uses are read once.

A season pass has thousands of uses, and each passage asks what they amount to. Days that are over
seldom get another record, so their sums are kept. A record that arrives late deletes the row of its
ticket, and the next reader adds up everything again: the rows say nothing that the records do not.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from fleet_manager.database import store, tables_station
from gate_agent.validator.history import NEVER_SEEN, History

CLOSE_AT = 32
"""Uses of days that could be closed, and are not: so many are added up each time at most."""
OPEN_DAYS = 2
"""Today and yesterday are not closed: their records are still arriving."""


class ClosedDays(NamedTuple):
    """What the uses of a ticket before the park day `day` amount to.

    `journal`: number of the only journal that has them, SEVERAL for more. `history`: their fold.
    `forgiven`: number of the last exemption among them. `alone`: persons by gate that entered
    without a claim granted. `fold`: of the ledger, see there.
    """

    day: int = 0
    journal: int = 0
    history: History = NEVER_SEEN
    forgiven: int = 0
    alone: Mapping[str, int] = MappingProxyType({})
    fold: str = ""


NONE_CLOSED = ClosedDays()


def find(connection: Connection, ticket: bytes) -> ClosedDays:
    """Return the closed days of a ticket; NONE_CLOSED for most."""
    for day, journal, uses, fold in store.run(connection, _FIND, {"id": ticket}):
        history, forgiven, alone = json.loads(uses)
        return ClosedDays(day, journal, History(*history), forgiven, alone, fold)
    return NONE_CLOSED


def close(connection: Connection, ticket: bytes, closed: ClosedDays) -> None:
    """Store the closed days of a ticket. Call it in a writing transaction."""
    row = {
        "ticket": ticket,
        "day": closed.day,
        "journal": closed.journal,
        "uses": json.dumps([closed.history, closed.forgiven, dict(closed.alone)]),
        "fold": closed.fold,
    }
    store.put_row(connection, _TABLE, row)


def reopen(connection: Connection, ticket: bytes, day: int) -> None:
    """Forget the closed days of a ticket if `day` is one of them: its records have changed."""
    store.run(connection, _REOPEN, {"id": ticket, "on": day})


# Built once: building a statement costs more than running it.
_TABLE, _ROW = tables_station.closed_days, tables_station.closed_days.c
_FIND = select(_ROW.day, _ROW.journal, _ROW.uses, _ROW.fold).where(_ROW.ticket == bindparam("id"))
_REOPEN = delete(_TABLE).where(_ROW.ticket == bindparam("id"), _ROW.day > bindparam("on"))
