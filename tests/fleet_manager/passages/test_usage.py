"""Test the uses of one ticket: by when they happened, in whatever order they arrive."""

from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.passages.usage import history_of
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id


def test_an_entry_that_arrives_after_the_exit_that_followed_it_keeps_nobody_in(
    store: Store,
) -> None:
    entrance, exit_gate = Scribe("gate-1", b"a" * 16), Scribe("gate-2", b"b" * 16)
    entrance.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON)
    exit_gate.write(
        PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + 60_000, direction=Direction.OUT
    )
    for pen in (exit_gate, entrance):
        with store.write() as connection:
            ingest(connection, [(pen.gate, pen.batch())], Calendar(SHANGHAI), NOON)
    with store.read() as connection:
        history = history_of(connection, ticket_id(1))
    assert (history.entered, history.inside, history.exited_since) == (1, 0, True)
