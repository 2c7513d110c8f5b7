"""Test cases of the ledger when more is known of a ticket: what staff resolved stays resolved, and
an entry that gets its true time takes its case with it."""

from fleet_manager.database.store import Store
from fleet_manager.intake import time_correction
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.station import ledger
from gate_agent.validator.moment import ClockState
from gate_agent.validator.passage import Direction, PassageKind
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

CALENDAR = Calendar(SHANGHAI)
DAY_MS = 86_400_000


def bring(store: Store, pen: Scribe, first: int = 1) -> None:
    with store.write() as connection:
        ingest(connection, [(pen.gate, pen.batch(first))], CALENDAR, NOON)
        time_correction.correct_new(connection, CALENDAR)


def test_a_resolved_case_stays_so_while_no_more_persons_are_too_many(store: Store) -> None:
    first, second = Scribe("gate-1", b"a" * 16), Scribe("gate-2", b"b" * 16)
    first.write(PassageKind.TAKEN, ticket=ticket_id(1))
    second.write(PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + 60_000)
    for pen in (first, second):
        bring(store, pen)
    with store.write() as connection:
        assert ledger.resolve(connection, 1, "li", "a printed copy", NOON) == 1
    first.write(
        PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + 90_000, direction=Direction.OUT
    )
    bring(store, first, 2)
    with store.read() as connection:
        assert [case.state for case in ledger.cases(connection)] == [ledger.RESOLVED]


def test_the_case_of_an_entry_goes_with_it_to_its_true_day(store: Store) -> None:
    first, second = Scribe("gate-1", b"a" * 16), Scribe("gate-2", b"b" * 16)
    first.write(PassageKind.TAKEN, ticket=ticket_id(1))
    second.write(
        PassageKind.TAKEN, ticket=ticket_id(1), wall_ms=NOON + DAY_MS, clock=ClockState.BOUNDED
    )
    for pen in (first, second):
        bring(store, pen)
    today = CALENDAR.day(NOON)
    with store.read() as connection:
        assert [case.day for case in ledger.cases(connection)] == [today + 1]
    second.write(PassageKind.BOOT, persons=0, wall_ms=NOON + 62_000)
    bring(store, second, 2)
    with store.read() as connection:
        assert [case.day for case in ledger.cases(connection)] == [today]
