"""Test the uses of one ticket: by when they happened, in whatever order they arrive."""

from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.passages.usage import history_of
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id


def test_uses_count_by_when_they_happened(store: Store) -> None:
    """The exit arrives first, and an entry has followed it."""
    entrance, exit_gate = Scribe("gate-1", b"a" * 16), Scribe("gate-2", b"b" * 16)
    for minutes in (0, 2):
        entrance.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + minutes * 60_000)
    exit_gate.write(
        PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + 60_000, direction=Direction.OUT
    )
    for pen in (exit_gate, entrance):
        with store.write() as connection:
            ingest(connection, [(pen.gate, pen.batch())], Calendar(SHANGHAI), NOON)
    with store.read() as connection:
        history = history_of(connection, ticket_id(1))
    assert (history.entered, history.inside, history.exited_since) == (2, 1, False)
    assert history.last_in_ms == NOON + 120_000
