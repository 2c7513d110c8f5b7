"""Damage to a day that is over, for the tests of what the park's office, its clocks and histories
should say."""

from dataclasses import replace

from sqlalchemy import delete, update

from fleet_manager.database import tables
from fleet_manager.database.tables_access import audit
from gate_agent.validator.passage import PassageKind, decode, encode
from hardware_sim.park.attackers import RETIRED_GATE
from hardware_sim.park.park import Park


def hide_who_set_a_mode(park: Park) -> None:
    """Take the names out of the records of modes."""
    for gate in park.gates:
        db = gate.disk.db
        for seq, record in db.execute("SELECT seq, record FROM passages").fetchall():
            row = decode(record)
            if row.kind is PassageKind.MODE:
                changed = encode(row._replace(detail=row.detail.partition(" ")[0]))
                db.execute("UPDATE passages SET record = ? WHERE seq = ?", (changed, seq))


def cut_the_audit_off(park: Park) -> None:
    """Delete the last line of the audit."""
    with park.centre.store.write() as connection:
        connection.execute(delete(audit).where(audit.c.number > 1))


def report_another_hour(park: Park) -> None:
    """Put every count into the next hour."""
    with park.centre.store.write() as connection:
        connection.execute(update(tables.tally).values(hour=(tables.tally.c.hour + 1) % 24))


def hear_a_retired_gate(park: Park) -> None:
    """Make the records of the first gate those of one that is retired."""
    park.enrolment.add(RETIRED_GATE, park.stations[park.gates[0].name])  # not on a good day
    with park.centre.store.write() as connection:
        journal = tables.journal
        connection.execute(
            update(journal).where(journal.c.gate == park.gates[0].name).values(gate=RETIRED_GATE)
        )


def sell_a_day_late(park: Park) -> None:
    """Let what was sold begin a day after what was asked for."""
    sale = park.office_log.sales[0]
    late = tuple(replace(ticket, not_before=ticket.not_before + 86_400) for ticket in sale.tickets)
    park.office_log.sales[0] = replace(sale, tickets=late)


def forget_who_is_in(park: Park) -> None:
    """Let a card say that whoever came in last went out since."""
    for gate in park.gates:
        gate.disk.db.execute("UPDATE uses SET left_since = 1 - left_since")
