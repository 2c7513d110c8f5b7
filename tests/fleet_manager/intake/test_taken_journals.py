"""Nobody takes a gate's journal by sending a record under its id first."""

import pytest
from sqlalchemy import select

from fleet_manager.database import incidents, tables
from fleet_manager.database.store import Store
from fleet_manager.incident import Incident
from fleet_manager.intake.ingest import ingest
from gate_agent.validator.messages.envelopes import Ack
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.intake.test_ingest import (
    CALENDAR,
    incident_counts,
    scribe,
    store_batches,
)
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id


@pytest.mark.parametrize("together", [True, False])
def test_who_sends_a_record_under_a_journals_id_first_does_not_take_the_journal(
    store: Store, *, together: bool
) -> None:
    pen, false = scribe(records=2), Scribe("gate-2", scribe().journal_id)
    false.write(PassageKind.TAKEN, ticket=ticket_id(99), product=1)
    batches = [("gate-2", false.batch()), ("gate-1", pen.batch())]
    with store.write() as connection:
        if together:
            acks = ingest(connection, batches, CALENDAR, NOON)
        else:
            acks = [ack for batch in batches for ack in ingest(connection, [batch], CALENDAR, NOON)]
    assert acks == [("gate-2", Ack(false.journal_id, 1)), ("gate-1", Ack(pen.journal_id, 2))]
    assert incident_counts(store) == {(Incident.TAKEN, "gate-1"): 1}
    with store.read() as connection:
        journal, passage = tables.journal, tables.passage
        query = select(journal.c.gate, passage.c.record).join(
            journal, journal.c.no == passage.c.journal
        )
        records = connection.execute(query.order_by(journal.c.gate, passage.c.seq)).all()
    assert [tuple(row) for row in records] == [
        *(("gate-1", record) for record in pen.records),
        ("gate-2", false.records[0]),
    ]


def test_that_two_gates_have_a_journal_of_one_id_is_said_once_for_each_journal(
    store: Store,
) -> None:
    pen = scribe(records=2)
    store_batches(store, ("gate-1", pen.batch(1, 1)))
    for _ in range(2):
        store_batches(store, ("gate-2", pen.batch()), ("gate-1", pen.batch()))
    assert incident_counts(store) == {(Incident.TAKEN, "gate-2"): 1}
    with store.read() as connection:
        [counted] = incidents.every(connection)
    assert counted.detail == "a journal of gate-1"
