"""Test that what no board can have done is heard of, and what an honest one does is not."""

from collections import Counter

from sqlalchemy import Connection

from fleet_manager.database import incidents
from fleet_manager.database.store import Store
from fleet_manager.incident import Incident
from fleet_manager.intake.ingest import ingest
from fleet_manager.intake.plausibility import MOST_TURNS, TURNS_MS
from fleet_manager.park_time import Calendar
from fleet_manager.passages import journals
from fleet_manager.passages.receipts import MINUTE_MS, MOST_A_MINUTE
from gate_agent.validator.messages.envelopes import Birth
from gate_agent.validator.passage import PassageKind, Unconfirmed
from tests.fleet_manager.scribe import NOON, Scribe, ticket_id


def _pen() -> Scribe:
    return Scribe("gate-1", b"j" * 16)


def _seen(connection: Connection) -> dict[Incident, int]:
    return {one.kind: one.times for one in incidents.open_now(connection)}


def _arrive(
    store: Store, calendar: Calendar, pen: Scribe, first: int, now_ms: int
) -> dict[Incident, int]:
    with store.write() as connection:
        ingest(connection, [("gate-1", pen.batch(first))], calendar, now_ms)
        return _seen(connection)


def _turns(pen: Scribe, count: int, apart_ms: int) -> None:
    for _ in range(count):
        mono_ms = apart_ms * (len(pen.records) + 1)
        pen.write(PassageKind.TAKEN, ticket=ticket_id(len(pen.records)), mono_ms=mono_ms)


def test_more_turns_than_an_arm_can_make_are_an_incident(store: Store, calendar: Calendar) -> None:
    pen = _pen()
    _turns(pen, MOST_TURNS, 10)
    assert _arrive(store, calendar, pen, 1, NOON) == {}
    _turns(pen, MOST_TURNS + 1, 10)
    first = MOST_TURNS + 1
    assert _arrive(store, calendar, pen, first, NOON + MINUTE_MS) == {Incident.TOO_FAST: 1}


def test_what_a_board_sends_at_once_after_an_outage_is_none(
    store: Store, calendar: Calendar
) -> None:
    pen = _pen()
    _turns(pen, 1, TURNS_MS)
    assert _arrive(store, calendar, pen, 1, NOON) == {}
    _turns(pen, 900, 2000)
    assert _arrive(store, calendar, pen, 2, NOON + 40 * MINUTE_MS) == {}


def test_small_batches_and_a_false_clock_do_not_hide_a_flood(
    store: Store, calendar: Calendar
) -> None:
    pen = _pen()
    _turns(pen, 1, TURNS_MS)
    assert _arrive(store, calendar, pen, 1, NOON) == {}
    now_ms = NOON + 11 * MINUTE_MS
    seen: dict[Incident, int] = {}
    for _ in range(MOST_A_MINUTE):
        first = len(pen.records) + 1
        _turns(pen, 20, TURNS_MS)
        seen = _arrive(store, calendar, pen, first, now_ms)
    assert set(seen) == {Incident.TOO_FAST}


def test_an_entry_that_a_linked_gate_did_not_ask_for_is_an_incident(
    store: Store, calendar: Calendar
) -> None:
    pen = _pen()
    apart = {"ticket": ticket_id(1), "alone": int(Unconfirmed.APART)}
    pen.write(PassageKind.TAKEN, **apart)
    assert _arrive(store, calendar, pen, 1, NOON) == {}
    pen.write(PassageKind.TAKEN, **apart)  # before it connected
    with store.write() as connection:
        birth = Birth(journal_id=pen.journal_id, boot=7, mark=1, head=2, lists=())
        assert journals.acknowledge(connection, "gate-1", birth, Counter()) is not None
    assert _arrive(store, calendar, pen, 2, NOON) == {}
    asked = {"ticket": ticket_id(2), "claim": 777, "alone": int(Unconfirmed.TIMED_OUT)}
    pen.write(PassageKind.TAKEN, **asked)
    assert _arrive(store, calendar, pen, 3, NOON) == {}
    pen.write(PassageKind.TAKEN, **apart)
    assert _arrive(store, calendar, pen, 4, NOON) == {Incident.UNCLAIMED: 1}
