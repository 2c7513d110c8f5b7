"""Records are found in both databases, by the time that is known of them."""

from fleet_manager.database.store import Store
from fleet_manager.intake.ingest import ingest
from fleet_manager.park_time import Calendar
from fleet_manager.passages import records
from fleet_manager.passages.records import RecordFilter
from fleet_manager.tickets import sold_list
from fleet_manager.tickets.sold_list import SoldFilter
from gate_agent.validator.passage import PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.conftest import SHANGHAI
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id

TODAY = Calendar(SHANGHAI).day(NOON)


def fill(store: Store) -> None:
    """Ticket 7 enters by gate-3 and is refused at gate-1; ticket 9 is let in by staff."""
    pens = [Scribe("gate-1", b"1" * 16), Scribe("gate-3", b"3" * 16)]
    pens[1].write(PassageKind.TAKEN, ticket=ticket_id(7), product=1)
    pens[0].write(PassageKind.BOOT, persons=0)
    pens[0].write(PassageKind.DENIED, ticket=ticket_id(7), reason=int(Reason.USED))
    pens[0].write(PassageKind.NOT_TAKEN, ticket=ticket_id(8), wall_ms=NOON + 86_400_000)
    pens[0].write(PassageKind.TAKEN, ticket=ticket_id(9), persons=2, detail="li: help", reason=14)
    with store.write() as connection:
        ingest(connection, [(pen.gate, pen.batch()) for pen in pens], Calendar(SHANGHAI), NOON)


def test_records_are_found_by_ticket_day_and_kind(store: Store) -> None:
    fill(store)

    def found(**wanted: object) -> list[tuple[str, str]]:
        with store.read() as connection:
            told = records.find(connection, RecordFilter(**wanted))  # type: ignore[arg-type]
            return [(one.gate, one.passage.kind.key) for one in told]

    assert found(ticket=ticket_id(7)) == [("gate-3", "taken"), ("gate-1", "denied")]
    assert found(ticket=ticket_id(8)) == [("gate-1", "not_taken")]
    assert found(days=(TODAY, TODAY), station="north") == [
        ("gate-1", "denied"),
        ("gate-1", "taken"),
    ]
    assert found(last=1) == [("gate-1", "not_taken")]
    assert found(kinds=frozenset(), overrides=True) == [("gate-1", "taken")]
    with store.read() as connection:
        [li] = records.sum_overrides(records.find(connection, RecordFilter()))
        assert (li.staff, li.persons) == ("li", 2)


def test_nothing_that_was_sold_is_an_empty_list(store: Store) -> None:
    with store.read() as connection:
        sellers = sold_list.Sellers(connection)
        assert [*sold_list.find(connection, SoldFilter(last=3), sellers)] == []
        assert [*sold_list.find(connection, SoldFilter(), sellers)] == []
