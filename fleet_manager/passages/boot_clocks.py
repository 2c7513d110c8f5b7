"""Store when the boots of boards began, by the best evidence that there is."""

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import Connection, and_, func, select, text, update

from fleet_manager.database import store, tables, tables_passages
from gate_agent.validator.moment import END_MS


class Basis(IntEnum):
    """Evidence by which a boot is timed; the higher value is the better evidence.

    `NEW`: not evaluated yet. `SAID`: the gate's own belief, in its records. `HEARD`: the time at
    which a state message arrived. `STATE`: the trusted clock of a state message. `RECORD`: the
    trusted clock of a later record of the boot. `gate show` prints the names.
    """

    NEW = -1
    SAID = 0
    HEARD = 1
    STATE = 2
    RECORD = 3


@dataclass(frozen=True, slots=True)
class Boot:
    """A boot of a board. `boot`: random 32-bit number. `offset_ms`: wall time at which the boot
    clock stood at 0, UTC. `records`: how many of its records were made without a trusted clock.
    """

    boot: int
    basis: Basis
    offset_ms: int
    records: int

    def wall_ms(self, mono_ms: int) -> int:
        """Return the wall time at which the boot clock stood at `mono_ms`.

        A gate may send any two numbers, so the sum is held within the calendar: it is the last
        instant before END_MS where it would be later.
        """
        return min(self.offset_ms + mono_ms, END_MS - 1)


MOST_BOOTS = 500
"""Greatest number of boots of a gate that are stored. A board starts a few times a day at most."""


def update_offset(
    connection: Connection, gate: str, boot: int, basis: Basis, offset_ms: int
) -> bool:
    """Store when a boot began, if the evidence is better than what is stored; return whether.

    Of two state messages on the same basis the earlier beginning is better; of two records the
    first that was received. Above MOST_BOOTS of a gate, boots that time no record are forgotten,
    and if that makes no room the new one is not stored.
    """
    if not (0 <= boot < 1 << 32 and 0 <= offset_ms < END_MS):
        return False  # a gate may send any number
    stored = find(connection, gate, boot)
    if stored is not None and not (
        basis > stored.basis
        or (basis == stored.basis != Basis.RECORD and offset_ms < stored.offset_ms)
    ):
        return False
    if stored is None and not _has_room(connection, gate):
        return False
    row = {"gate": gate, "boot": boot, "basis": int(basis), "offset_ms": offset_ms}
    store.put_row(connection, tables_passages.boot, row)
    return True


_COUNT = text("SELECT count(*) FROM boot WHERE gate = :gate")
_FORGET = text("""
    DELETE FROM boot WHERE gate = :gate AND NOT EXISTS (
        SELECT 1 FROM untimed JOIN journal ON no = journal
        WHERE journal.gate = boot.gate AND untimed.boot = boot.boot)
""")


def _has_room(connection: Connection, gate: str) -> bool:
    if _is_full(connection, gate):
        store.run(connection, _FORGET, {"gate": gate})
        return not _is_full(connection, gate)
    return True


def _is_full(connection: Connection, gate: str) -> bool:
    [(boots,)] = store.run(connection, _COUNT, {"gate": gate})
    return bool(boots >= MOST_BOOTS)


_FIND = text("SELECT basis, offset_ms FROM boot WHERE gate = :gate AND boot = :boot")


def find(connection: Connection, gate: str, boot: int) -> Boot | None:
    """Return when a boot began; None without evidence. It is called for every state message."""
    rows = store.run(connection, _FIND, {"gate": gate, "boot": boot})
    return Boot(boot, Basis(rows[0][0]), rows[0][1], 0) if rows else None


def every(connection: Connection, gate: str) -> list[Boot]:
    """Return the boots of a gate in which it made records without a trusted clock."""
    untimed, journal = tables_passages.untimed.c, tables.journal.c
    boot = tables_passages.boot.c
    query = (
        select(untimed.boot, boot.basis, boot.offset_ms, func.count())
        .select_from(tables_passages.untimed)
        .join(tables.journal, journal.no == untimed.journal)
        .outerjoin(tables_passages.boot, and_(boot.gate == journal.gate, boot.boot == untimed.boot))
        .where(journal.gate == gate)
        .group_by(untimed.boot, boot.basis, boot.offset_ms)
        .order_by(untimed.boot)
    )
    return [
        Boot(number, Basis(basis or 0), offset_ms or 0, records)
        for number, basis, offset_ms, records in connection.execute(query)
    ]


_WAITING = text(f"""
    SELECT DISTINCT gate, boot FROM untimed JOIN journal ON no = journal
    WHERE basis = {int(Basis.NEW)} ORDER BY gate, boot
""")  # noqa: S608


def to_correct(connection: Connection) -> list[tuple[str, int]]:
    """Return gates and boots of records whose times are to be corrected.

    It is called after every batch.
    """
    return [(gate, boot) for gate, boot in store.run(connection, _WAITING, {})]


_UNTIMED = text(f"""
    SELECT 1 FROM untimed
    WHERE journal = :journal AND boot = :boot AND basis <> {int(Basis.RECORD)} LIMIT 1
""")  # noqa: S608


def has_untimed(connection: Connection, journal: int, boot: int) -> bool:
    """Return whether a boot has records that no trusted record times yet.

    It is called for every batch.
    """
    return bool(store.run(connection, _UNTIMED, {"journal": journal, "boot": boot}))


def mark_to_correct(connection: Connection, journal: int, boot: int) -> None:
    """Mark the records of a boot whose beginning has changed: their times are to be corrected."""
    table = tables_passages.untimed
    connection.execute(
        update(table)
        .where(table.c.journal == journal, table.c.boot == boot)
        .values(basis=int(Basis.NEW))
    )
