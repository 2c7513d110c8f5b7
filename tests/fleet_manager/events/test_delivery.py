"""Deliveries to a real receiver: signed, in order, until it has taken them."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from standardwebhooks.webhooks import WebhookVerificationError

from fleet_manager.access import audit
from fleet_manager.access.audit import Filter
from fleet_manager.centre import Centre
from fleet_manager.database import incidents, tables_events
from fleet_manager.events import deliveries, schedule
from fleet_manager.events.event_types import ALL, EventType
from fleet_manager.events.sender import Sender
from fleet_manager.services.webhooks import receivers
from fleet_manager.services.webhooks.announcing import announce_reports
from gate_agent.validator.passage import Direction, PassageKind
from gate_agent.validator.reasons import Reason
from tests.fleet_manager.events import receiver as behaviours
from tests.fleet_manager.events.conftest import ADMINISTRATOR, Clock, Courier, standing, stored
from tests.fleet_manager.events.receiver import Receiver, answering, signed_by
from tests.fleet_manager.scribe import Scribe, ticket_id

SECONDS, MINUTES, HOURS, DAYS = 1000, 60_000, 3_600_000, 86_400_000


def added(centre: Centre, receiver: Receiver, *kinds: EventType) -> str:
    """Add the receiver `till` and return its secret."""
    return receivers.add(centre, ADMINISTRATOR, "till", receiver.url, kinds or ALL)[1]


def visits(count: int, gate: str = "gate-1") -> Scribe:
    scribe = Scribe(gate, gate.encode().ljust(16, b"j"))
    for number in range(count):
        scribe.write(PassageKind.TAKEN, ticket=ticket_id(number), product=1, admits=1)
    return scribe


def log_of(centre: Centre) -> list[tuple[str, int, str]]:
    with centre.store.read() as connection:
        return [
            (line.kind, line.status, line.result)
            for line in deliveries.newest(connection, "till", 100)
        ]


def events_in(centre: Centre) -> int:
    with centre.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables_events.event)) or 0)


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
    assert courier.drain() == 0
    clock.turn(2 * DAYS)
    courier.drain()
    courier.drain()
    kinds = [received.document["type"] for received in receiver.received]
    assert kinds == ["day.closed", "day.closed", "audit.head"]
    day = receiver.received[0].document["data"]
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


# --- what a receiver does wrong ----------------------------------------------------------------

FAILURES = {
    "closing": (behaviours.closing, 0),
    "resetting": (behaviours.resetting, 0),
    "babbling": (behaviours.babbling, 0),
    "flooding": (behaviours.flooding, 0),
    "400": (answering(400), 400),
    "500": (answering(500), 500),
    "301": (answering(301, Location="http://localhost/elsewhere"), 301),
    "307": (answering(307, Location="http://localhost/elsewhere"), 307),
    "304": (answering(304), 304),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_whatever_is_no_success_is_tried_again_under_the_same_id(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock, failure: str
) -> None:
    behaviour, status = FAILURES[failure]
    secret = added(centre, receiver)
    receiver.behaviours = [behaviour]
    stored(centre, visits(1))
    assert courier.drain() == 1, "not again at once"
    assert standing(centre).state == "failing"
    clock.turn(6 * SECONDS)
    assert courier.drain() == 1
    first, again = receiver.received
    assert (first.id, first.body) == (again.id, again.body)
    assert signed_by(first, secret)
    assert signed_by(again, secret)
    assert log_of(centre) == [("event", status, "failed"), ("event", 204, "delivered")]
    assert (standing(centre).state, standing(centre).failed) == ("ok", 1)


@pytest.mark.parametrize("behaviour", [behaviours.silent, behaviours.dripping])
def test_a_receiver_that_never_ends_its_answer_is_given_up(
    centre: Centre, receiver: Receiver, behaviour: Any, tmp_path: Path
) -> None:
    added(centre, receiver)
    receiver.behaviours = [behaviour]
    stored(centre, visits(1))
    courier = Courier(centre, Sender(tmp_path / "none", quiet_s=0.3, whole_s=0.6))
    assert courier.drain() == 1
    with centre.store.read() as connection:
        [line] = deliveries.newest(connection, "till", 9)
    assert (line.status, line.detail) == (0, "no answer in time")


def test_an_answer_that_is_announced_is_waited_for(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver)
    receiver.behaviours = [behaviours.patient]
    stored(centre, visits(1))
    courier.drain()
    assert log_of(centre) == [("event", 202, "delivered")]


def test_a_receiver_that_is_not_there_is_tried_again(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver)
    receiver.__exit__(None, None, None)
    stored(centre, visits(1))
    assert courier.drain() == 1
    with centre.store.read() as connection:
        [line] = deliveries.newest(connection, "till", 9)
    assert line.detail == "connection refused"
    receiver.__enter__()


def test_410_disables_at_once(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    added(centre, receiver)
    receiver.behaviours = [answering(410)]
    stored(centre, visits(1))
    courier.drain()
    assert standing(centre).state == "disabled"
    clock.turn(2 * DAYS)
    assert courier.drain() == 0


def test_after_ten_attempts_it_is_disabled_and_once_enabled_nothing_is_lost(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    added(centre, receiver, EventType.PASSAGES)
    attempts = len(schedule.WAITS_S) + 1
    receiver.behaviours = [answering(503)] * attempts
    scribe = visits(1)
    stored(centre, scribe)
    for _ in range(attempts):
        assert courier.drain() == 1
        clock.turn(25 * HOURS + 3 * HOURS)
    assert len(receiver.received) == attempts == 10
    assert len({received.id for received in receiver.received}) == 1
    webhook = standing(centre)
    assert webhook.state == "disabled"
    assert "10 attempts" in webhook.disabled_why
    assert courier.drain() == 0
    scribe.write(PassageKind.TAKEN, ticket=ticket_id(50), admits=1)
    stored(centre, scribe, first=2)
    courier.drain()
    receivers.enable(centre, ADMINISTRATOR, "till")
    courier.drain()
    sent = [received.document["data"]["first"] for received in receiver.received[attempts:]]
    assert sent == [1, 2]


def test_retry_after_is_obeyed_and_bounded(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    added(centre, receiver, EventType.PASSAGES)
    receiver.behaviours = [
        answering(429, Retry_After="3600"),
        answering(503, Retry_After="999999999"),
    ]
    stored(centre, visits(1))
    courier.drain()
    clock.turn(59 * MINUTES)
    assert courier.drain() == 0
    clock.turn(2 * MINUTES)
    assert courier.drain() == 1
    clock.turn(27 * HOURS)
    assert courier.drain() == 1, "no receiver is waited for longer than a day"


def test_one_receiver_that_fails_holds_up_no_other(
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    added(centre, receiver)
    receiver.behaviours = [answering(500)]
    with Receiver() as other:
        receivers.add(centre, ADMINISTRATOR, "sign", other.url, ALL)
        stored(centre, visits(1))
        courier.drain()
        assert len(other.received) == 1


def test_a_crash_after_the_count_sends_it_again_and_a_crash_before_loses_nothing(
    centre: Centre, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    added(centre, receiver)
    stored(centre, visits(1))
    courier.rounds.detect()
    [_lost] = courier.rounds.begin()  # the process ends here
    assert courier.drain() == 0, "it may still be on its way"
    clock.turn(MINUTES + 1)
    assert courier.drain() == 1
    assert standing(centre).delivered == 1


def test_two_processes_tell_and_send_everything_once(
    centre: Centre, receiver: Receiver, courier: Courier, tmp_path: Path
) -> None:
    added(centre, receiver, EventType.PASSAGES)
    other = Courier(centre, courier.sender)
    stored(centre, visits(1))
    with centre.store.read() as connection:
        detected = [
            one.rounds._detector.detect(connection, shown(centre, connection), centre.clock())
            for one in (courier, other)
        ]
    assert all(each.events for each in detected)
    courier.rounds.detect()
    other.rounds.detect()
    assert events_in(centre) == 1
    jobs = courier.rounds.begin() + other.rounds.begin()
    assert len(jobs) == 1


def shown(centre: Centre, connection: Any) -> Any:
    from fleet_manager.terminal.record_lines import Shown

    return Shown.of(connection, centre.calendar, centre.unlock())
