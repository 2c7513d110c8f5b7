"""What receivers do wrong, and what becomes of their events; crashes and two processes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fleet_manager.centre import Centre
from fleet_manager.events import deliveries, detection, schedule, webhooks
from fleet_manager.events.detection import Detector, TwoDetectors
from fleet_manager.events.event_types import ALL, EventType
from fleet_manager.events.sender import Sender
from fleet_manager.services.webhooks import receivers
from fleet_manager.terminal.record_lines import Shown
from gate_agent.validator.passage import PassageKind
from tests.fleet_manager.events import receiver as behaviours
from tests.fleet_manager.events.conftest import (
    ADMINISTRATOR,
    Clock,
    Courier,
    added,
    events_in,
    log_of,
    standing,
    stored,
    visits,
)
from tests.fleet_manager.events.receiver import Receiver, answering, signed_by
from tests.fleet_manager.scribe import ticket_id

SECONDS, MINUTES, HOURS, DAYS = 1000, 60_000, 3_600_000, 86_400_000


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
    centre: Centre, receiver: Receiver, courier: Courier
) -> None:
    """Both have looked before either writes: of new values, and of values that change."""
    added(centre, receiver, EventType.PASSAGES)
    scribe = visits(1)
    detector = Detector(centre.calendar)
    for round_ in (1, 2):
        stored(centre, scribe, first=round_)
        with centre.store.read() as connection:
            shown = Shown.of(connection, centre.calendar, courier.vault)
            both = [detector.detect(connection, shown, centre.clock()) for _ in range(2)]
        assert [len(each.events) for each in both] == [1, 1]
        with centre.store.write() as connection:
            detection.save(connection, both[0], centre.clock())
        with pytest.raises(TwoDetectors), centre.store.write() as connection:
            detection.save(connection, both[1], centre.clock())
        assert events_in(centre) == round_
        scribe.write(PassageKind.TAKEN, ticket=ticket_id(50), admits=1)
    webhook = standing(centre)
    claimed = replace(webhook, tries=1, next_ms=centre.clock() + 60_000)
    with centre.store.write() as connection:
        assert webhooks.save_if_unchanged(connection, webhook, claimed)
        assert not webhooks.save_if_unchanged(connection, webhook, claimed)
