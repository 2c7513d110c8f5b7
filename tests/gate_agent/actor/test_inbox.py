"""Two queues: devices first and never dropped, messages bounded, and whoever sends them waits."""

import signal
import threading
from collections.abc import Iterator
from itertools import repeat

import pytest

from gate_agent.actor.inbox import (
    MOST_DEVICE_EVENTS_IN_A_ROW,
    MOST_MESSAGES,
    MOST_SHOWN,
    STALE_MS,
    Inbox,
    is_stale,
)
from gate_agent.events import (
    DocumentShown,
    Event,
    LinkDown,
    LinkUp,
    Lost,
    ModeAsked,
    ModeSource,
    Moved,
    Received,
    Scanned,
    Stop,
    Turned,
    Typed,
)
from gate_agent.health import Health

WAIT_S = 60.0


def message(number: int) -> Received:
    return Received(f"topic/{number}", b"")


def taken(inbox: Inbox) -> Iterator[Event]:
    """Gives what waits, in its order."""
    while (event := inbox.get(0.0)) is not None:
        yield event


def test_first_in_first_out() -> None:
    inbox = Inbox(Health())
    inbox.put(Scanned(1, b"a"))
    inbox.put(Turned(1))
    assert [inbox.get(0.0), inbox.get(0.0)] == [Scanned(1, b"a"), Turned(1)]
    assert inbox.get(0.0) is None


def test_devices_come_before_messages_that_came_before_them() -> None:
    inbox = Inbox(Health())
    for number in range(3):
        inbox.put_message(message(number))
    assert inbox.get(0.0) == message(0)
    inbox.put(Turned(1))
    assert list(taken(inbox)) == [Turned(1), message(1), message(2)]


def test_the_links_ups_and_downs_keep_their_place_among_its_messages() -> None:
    inbox = Inbox(Health())
    said: list[Event] = [LinkUp(), message(1), LinkDown("why"), LinkUp(), message(2)]
    for event in said:
        inbox.put_message(event)
    assert list(taken(inbox)) == said


def test_devices_that_never_stop_leave_a_message_its_turn() -> None:
    """A card that takes a second a write must not cut the gate off."""
    inbox = Inbox(Health())
    inbox.put_message(message(0))
    for _ in range(2 * MOST_DEVICE_EVENTS_IN_A_ROW):
        inbox.put(Turned(1))
    order = list(taken(inbox))
    assert order.index(message(0)) == MOST_DEVICE_EVENTS_IN_A_ROW


def test_a_flood_of_messages_loses_no_turn_of_an_arm() -> None:
    health = Health()
    inbox = Inbox(health)
    messages: list[Event] = [message(number) for number in range(5000)]

    def send() -> None:
        for event in messages:
            inbox.put_message(event)

    flood = threading.Thread(target=send)
    flood.start()
    turns: list[Event] = [Turned(1)] * 2000
    for turn in turns:
        inbox.put(turn)
    seen: list[Event] = []
    while len(seen) < 7000:
        event = inbox.get(WAIT_S)
        assert event is not None
        seen.append(event)
    flood.join(WAIT_S)
    assert [event for event in seen if event == Turned(1)] == turns
    assert [event for event in seen if event != Turned(1)] == messages
    assert not health.counters


def test_who_sends_messages_waits_when_32_do() -> None:
    inbox = Inbox(Health())
    for number in range(MOST_MESSAGES):
        inbox.put_message(message(number))
    went_on = threading.Event()

    def send() -> None:
        inbox.put_message(message(99))
        went_on.set()

    sender = threading.Thread(target=send)
    sender.start()
    inbox.put(Turned(1))
    assert inbox.get(0.0) == Turned(1)
    assert not went_on.is_set()  # a device's event made no room for a message
    assert inbox.get(0.0) == message(0)
    assert went_on.wait(WAIT_S)
    sender.join(WAIT_S)
    assert [*taken(inbox)][-1] == message(99)


def test_the_end_of_the_gate_lets_the_sender_go() -> None:
    inbox = Inbox(Health())
    for number in range(MOST_MESSAGES):
        inbox.put_message(message(number))
    senders = [threading.Thread(target=inbox.put_message, args=(LinkDown(),)) for _ in range(2)]
    for sender in senders:
        sender.start()
    inbox.close()
    for sender in senders:
        sender.join(WAIT_S)
    assert not any(sender.is_alive() for sender in senders)
    inbox.put_message(message(100))  # and no later one waits
    assert len([*taken(inbox)]) == MOST_MESSAGES


def test_codes_without_end_are_dropped_and_counted_and_an_arm_is_not() -> None:
    """A page or a reader gone wild; the scanner's own driver lets 5 codes a second through."""
    health = Health()
    inbox = Inbox(health)
    for _ in range(MOST_SHOWN + 7):
        inbox.put(Scanned(1, b"a"))
        inbox.put(Turned(1))
    assert health.counters["event dropped"] == 7
    seen = list(taken(inbox))
    assert seen.count(Scanned(1, b"a")) == MOST_SHOWN
    assert seen.count(Turned(1)) == MOST_SHOWN + 7
    inbox.put(Scanned(1, b"b"))  # there is room again
    assert inbox.get(0.0) == Scanned(1, b"b")


def test_it_tells_how_long_an_event_has_waited() -> None:
    times_s = iter((10.0, 10.5, 12.25, 12.25))
    inbox = Inbox(Health(), read_s=lambda: next(times_s))
    inbox.put(Turned(1))
    inbox.put(Turned(2))
    waited_ms = [(inbox.get(0.0), inbox.waited_ms) for _ in range(2)]
    assert waited_ms == [(Turned(1), 2250), (Turned(2), 1750)]


@pytest.mark.parametrize(
    "shown", [Scanned(1, b"a"), Typed(1, 7, 0), DocumentShown(1, "id-card", "1")]
)
def test_what_somebody_shows_grows_stale_and_what_happened_does_not(shown: Event) -> None:
    assert not is_stale(shown, STALE_MS)
    assert is_stale(shown, STALE_MS + 1)
    for happened in (Turned(1), Moved(1), Lost(1), LinkUp(), ModeAsked(ModeSource.FIRE, None)):
        assert not is_stale(happened, 100 * STALE_MS)


def test_it_knows_whether_more_wait() -> None:
    inbox = Inbox(Health())
    before = inbox.waiting
    inbox.put(Turned(1))
    assert (before, inbox.waiting) == (False, True)
    inbox.put_message(LinkUp())
    assert inbox.get(0.0) == Turned(1)
    assert inbox.waiting


def test_a_waiting_actor_is_woken() -> None:
    inbox = Inbox(Health())
    got: list[object] = []
    actor = threading.Thread(target=lambda: got.append(inbox.get(60.0)))
    actor.start()
    inbox.put(Stop())
    actor.join(60.0)
    assert got == [Stop()]


def test_a_signal_in_the_middle_of_get_stops_the_gate() -> None:
    """Its handler runs in the actor's own thread, between any two steps of `get`: a lock that is
    held there would wait for itself."""
    inbox = Inbox(Health())
    before = signal.signal(signal.SIGUSR1, lambda *_: inbox.put(Stop()))
    main = threading.main_thread().ident
    assert main is not None
    try:
        for _ in repeat(None, 300):
            sender = threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGUSR1))
            sender.start()
            assert inbox.get(WAIT_S) == Stop()
            sender.join(WAIT_S)
    finally:
        signal.signal(signal.SIGUSR1, before)
