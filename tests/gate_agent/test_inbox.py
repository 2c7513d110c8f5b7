"""The one queue: driver threads put, the actor gets, nobody waits."""

import threading

from gate_agent.events import Scanned, Stop, Turned
from gate_agent.health import Health
from gate_agent.inbox import QUEUE_EVENTS, Inbox


def test_first_in_first_out() -> None:
    inbox = Inbox(Health())
    inbox.put(Scanned(1, b"a"))
    inbox.put(Turned(1))
    assert [inbox.get(0.0), inbox.get(0.0)] == [Scanned(1, b"a"), Turned(1)]
    assert inbox.get(0.0) is None


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
    actor = threading.Thread(target=lambda: got.append(inbox.get(10.0)))
    actor.start()
    inbox.put(Stop())
    actor.join(10.0)
    assert got == [Stop()]
