"""When the boots of boards began: what was heard of it, and which of it counts."""

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import Connection, and_, func, select, text, update

from fleet_manager.database import store, tables, tables_trust
from gate_agent.validator.moment import END_MS


class Basis(IntEnum):
    """By what a boot is timed; the higher counts. NEW: not looked at yet."""

    NEW = -1

    SAID = 0
    HEARD = 1
    STATE = 2
    RECORD = 3


@dataclass(frozen=True, slots=True)
class Boot:
    """`offset_ms`: wall time at which the boot's own clock stood at 0. `records`: how many of its
    records were made without a trusted clock."""

    boot: int
    basis: Basis
    offset_ms: int
    records: int


def learn(connection: Connection, gate: str, boot: int, basis: Basis, offset_ms: int) -> bool:
    """Whether this is better than what is known of the boot."""
    if not (0 <= boot < 1 << 32 and 0 <= offset_ms < END_MS):
        return False  # a gate says what it likes
    known = find(connection, gate, boot)
    if known is not None and not (
        basis > known.basis
        or (basis == known.basis != Basis.RECORD and offset_ms < known.offset_ms)
    ):
        return False
    row = {"gate": gate, "boot": boot, "basis": int(basis), "offset_ms": offset_ms}
    store.put_row(connection, tables_trust.boot, row)
    return True


_FIND = text("SELECT basis, offset_ms FROM boot WHERE gate = :gate AND boot = :boot")


def find(connection: Connection, gate: str, boot: int) -> Boot | None:
    """What is known of a boot. Asked for every state message."""
    rows = store.run(connection, _FIND, {"gate": gate, "boot": boot})
    return Boot(boot, Basis(rows[0][0]), rows[0][1], 0) if rows else None


def every(connection: Connection, gate: str) -> list[Boot]:
    """The boots of a gate that made records without a trusted clock."""
    untimed, journal, boot = tables_trust.untimed.c, tables.journal.c, tables_trust.boot.c
    query = (
        select(untimed.boot, boot.basis, boot.offset_ms, func.count())
        .select_from(tables_trust.untimed)
        .join(tables.journal, journal.no == untimed.journal)
        .outerjoin(tables_trust.boot, and_(boot.gate == journal.gate, boot.boot == untimed.boot))
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


def waiting(connection: Connection) -> list[tuple[str, int]]:
    """Gates and boots of records that are to be looked at. Asked after every batch."""
    return [(gate, boot) for gate, boot in store.run(connection, _WAITING, {})]


_UNTIMED = text(f"""
    SELECT 1 FROM untimed
    WHERE journal = :journal AND boot = :boot AND basis <> {int(Basis.RECORD)} LIMIT 1
""")  # noqa: S608


def has_untimed(connection: Connection, journal: int, boot: int) -> bool:
    """Whether records of that boot are not timed by another record yet. Asked for every batch."""
    return bool(list(store.run(connection, _UNTIMED, {"journal": journal, "boot": boot})))


def look_again(connection: Connection, journal: int, boot: int) -> None:
    """Something better is known of these records' boot."""
    table = tables_trust.untimed
    connection.execute(
        update(table)
        .where(table.c.journal == journal, table.c.boot == boot)
        .values(basis=int(Basis.NEW))
    )
