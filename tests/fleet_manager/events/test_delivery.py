"""Deliveries to a real receiver: signed, in order, until it has taken them."""

from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from fleet_manager.access import audit
from fleet_manager.access.audit import Filter
from fleet_manager.centre import Centre
from fleet_manager.database import incidents
from fleet_manager.events.event_types import EventType
from fleet_manager.services.webhooks.announcing import announce_reports
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.events.conftest import (
    Clock,
    Courier,
    added,
    stored,
    visits,
)
from tests.fleet_manager.events.receiver import Receiver
from tests.fleet_manager.scribe import Scribe, ticket_id

SECONDS, MINUTES, HOURS, DAYS = 1000, 60_000, 3_600_000, 86_400_000


# --- what is sent ------------------------------------------------------------------------------


def test_passages_arrive_signed_and_a_foreign_library_believes_them(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    secret = added(centre, receiver)
    scribe = visits(2)
    scribe.write(PassageKind.DENIED, ticket=ticket_id(9), reason=Reason.USED)
    stored(centre, scribe)
    assert courier.drain() == 1
    [received] = receiver.received
    document = received.verify(secret)
    assert document["type"] == "passages.recorded"
    data = document["data"]
    assert (data["gate"], data["station"], data["first"], data["last"]) == (
        "gate-1",
        "north",
        1,
        3,
    )
    first, _, refused = data["passages"]
    assert first["kind"] == "taken"
    assert first["product"] == "adult"
    assert refused["reason"] == "used"
    assert received.headers["Content-Type"] == "application/json"


def test_a_changed_body_or_another_secret_is_not_believed(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    secret = added(centre, receiver)
    stored(centre, visits(1))
    courier.drain()
    [received] = receiver.received
    with pytest.raises(WebhookVerificationError):
        received.verify(secret[:-4] + "AAA=")
    received.body = received.body.replace(b"taken", b"TAKEN")
    with pytest.raises(WebhookVerificationError):
        received.verify(secret)


def test_nothing_that_was_before_the_receiver_is_sent(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    scribe = visits(3)
    stored(centre, scribe)
    added(centre, receiver)
    assert courier.drain() == 0
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(50), admits=1)
    stored(centre, scribe, first=4)
    courier.drain()
    [received] = receiver.received
    assert received.document["data"]["first"] == 4


def test_many_passages_are_batches_of_a_hundred_at_most_and_below_20_kb(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver, EventType.PASSAGES)
    scribe = visits(150)
    for _ in range(100):
        scribe.write(
            PassageKind.TAKEN, ticket=ticket_id(7), admits=200, detail="li: " + "票坏了" * 6
        )
    stored(centre, scribe)
    courier.drain()
    documents = [received.document["data"] for received in receiver.received]
    numbers = [row["record"] for data in documents for row in data["passages"]]
    assert numbers == list(range(1, 251))
    assert all(len(data["passages"]) <= 100 for data in documents)
    assert all(len(received.body) < 20_000 for received in receiver.received)


def test_a_journal_of_many_rounds_is_told_whole(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver, EventType.PASSAGES)
    scribe = Scribe("gate-2", b"2" * 16)
    for _ in range(4100):
        scribe.write(PassageKind.MODE, detail="closed by li")
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(1), admits=1)
    stored(centre, scribe)
    for _ in range(3):
        courier.round()
    [received] = receiver.received
    assert [row["record"] for row in received.document["data"]["passages"]] == [4101]


def test_incidents_open_once_and_close(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver, EventType.INCIDENT_OPENED, EventType.INCIDENT_CLOSED)
    from collections import Counter

    from fleet_manager.incident import Incident, Sighting

    sighting = Sighting(Incident.TWO_BOARDS, "gate-1", "", "a and b")
    for _ in range(2):
        with centre.store.write() as connection:
            incidents.record(connection, Counter([sighting]), centre.clock())
        courier.drain()
    assert [received.document["type"] for received in receiver.received] == ["incident.opened"]
    with centre.store.write() as connection:
        incidents.clear(connection, incidents.open_now(connection))
    courier.drain()
    last = receiver.received[-1].document
    assert last["type"] == "incident.closed"
    assert last["data"]["kind"] == "two_boards"
    assert last["data"]["gate"] == "gate-1"


def test_a_level_is_told_when_it_is_reached_and_when_it_is_over_and_does_not_sway(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver, EventType.OCCUPANCY)
    scribe = Scribe("gate-1", b"1" * 16)

    def passed(direction: Direction, persons: int) -> None:
        first = len(scribe.records) + 1
        scribe.write(
            PassageKind.TAKEN,
            direction=direction,
            persons=persons,
            wall_ms=centre.clock(),
            ticket=ticket_id(first),
            admits=200,
        )
        stored(centre, scribe, first=first)
        courier.drain()

    passed(Direction.IN, 7)
    assert receiver.received == []
    passed(Direction.IN, 1)
    passed(Direction.IN, 2)
    passed(Direction.OUT, 6)
    levels = [received.document["data"] for received in receiver.received]
    assert [(data["of"], data["level"], data["level_before"]) for data in levels] == [
        ("at_once", 80, 0),
        ("at_once", 100, 80),
        ("at_once", 0, 100),
    ]
    assert levels[1]["persons"] == 10


def test_a_day_that_is_over_and_the_head_of_the_audit_are_told_once(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    added(centre, receiver, EventType.DAY_CLOSED, EventType.AUDIT_HEAD)
    today = centre.calendar.date_of(clock.now_ms)
    assert courier.drain() == 0
    clock.turn(2 * DAYS)
    courier.drain()
    courier.drain()
    kinds = [received.document["type"] for received in receiver.received]
    assert kinds == ["day.closed", "day.closed", "audit.head"]
    day = receiver.received[0].document["data"]
    assert day["day"] in (str(today), str(today - timedelta(1))), "at midnight, after 5 minutes"
    assert day["entries"] == 0
    assert day["gates_silent_since"] == ["gate-1", "gate-2", "gate-3"]
    head = receiver.received[-1].document["data"]
    with centre.store.read() as connection:
        assert audit.verify(connection, head=bytes.fromhex(head["hash"])).fault == ""
        assert len(audit.lines(connection, Filter())) == head["number"]


def test_reports_that_were_written_are_told_by_their_names(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    announce_reports(centre, [Path("day-2026-11-30.xlsx")])
    secret = added(centre, receiver, EventType.REPORT_MADE)
    announce_reports(centre, [])
    announce_reports(centre, [Path("/r/month-2026-11.pdf"), Path("/r/day-2026-11-30.xlsx")])
    courier.drain()
    [received] = receiver.received
    assert received.verify(secret)["data"] == {
        "files": ["day-2026-11-30.xlsx", "month-2026-11.pdf"]
    }
