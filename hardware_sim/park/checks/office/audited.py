"""The audit shows what somebody does to it: a line that is changed, taken out or cut off at the end
is found. Tried on the day's own audit, and undone."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, update

from fleet_manager.access.audit import verify
from fleet_manager.database.tables_access import audit

if TYPE_CHECKING:
    from hardware_sim.park.park import Park

FEWEST = 3
_Damage = Callable[[Connection, int], object]


class _UndoError(Exception):
    """Ends a transaction of which nothing is to stay."""


def _cut_off(connection: Connection, lines: int) -> None:
    connection.execute(delete(audit).where(audit.c.number == lines))


def _take_out(connection: Connection, lines: int) -> None:
    connection.execute(delete(audit).where(audit.c.number == lines // 2))


def _change(connection: Connection, lines: int) -> None:
    line = update(audit).where(audit.c.number == lines // 2)
    connection.execute(line.values(actor="nobody"))


def check(park: "Park") -> list[str]:
    """Check that the day's audit is whole, and that no damage to it would be overlooked."""
    with park.centre.store.read() as connection:
        whole = verify(connection)
    if whole.fault:
        return [f"the audit is not whole: {whole.fault}"]
    if whole.lines < FEWEST:
        return []
    return [
        f"{text} of the audit is not noticed"
        for damage, text in (
            (_cut_off, "the last line that is cut off"),
            (_take_out, "a line that is taken out"),
            (_change, "a changed line"),
        )
        for _ in _unseen(park, damage, whole.lines)
    ]


def _unseen(park: "Park", damage: _Damage, lines: int) -> Iterator[None]:
    noticed = ""
    with suppress(_UndoError), park.centre.store.write() as connection:
        damage(connection, lines)
        noticed = verify(connection).fault
        raise _UndoError
    if not noticed:
        yield
