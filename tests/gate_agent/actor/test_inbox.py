"""The one queue: driver threads put, the actor gets, nobody waits."""

import threading

import pytest

from gate_agent.actor.inbox import QUEUE_EVENTS, STALE_MS, Inbox, is_stale
from gate_agent.events import (
    DocumentShown,
    Event,
    LinkUp,
    Lost,
    ModeAsked,
    ModeSource,
    Moved,
    Scanned,
    Stop,
    Turned,
    Typed,
)
from gate_agent.health import Health


def test_first_in_first_out() -> None:
    inbox = Inbox(Health())
    inbox.put(Scanned(1, b"a"))
    inbox.put(Turned(1))
    assert [inbox.get(0.0), inbox.get(0.0)] == [Scanned(1, b"a"), Turned(1)]
    assert inbox.get(0.0) is None


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
    assert not inbox.waiting
    inbox.put(Turned(1))
    assert inbox.waiting


def test_a_full_queue_drops_and_counts() -> None:
    health = Health()
    inbox = Inbox(health)
    for _ in range(QUEUE_EVENTS + 7):
        inbox.put(Turned(1))
    assert health.counters["event dropped"] == 7
    assert sum(inbox.get(0.0) is not None for _ in range(QUEUE_EVENTS + 7)) == QUEUE_EVENTS


def test_a_waiting_actor_is_woken() -> None:
    inbox = Inbox(Health(), size=2)
    got: list[object] = []
    actor = threading.Thread(target=lambda: got.append(inbox.get(60.0)))
    actor.start()
    inbox.put(Stop())
    actor.join(60.0)
    assert got == [Stop()]
