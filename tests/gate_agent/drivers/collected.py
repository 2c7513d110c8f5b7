"""Waiting: for what a driver put, and for what cannot tell by itself."""

from collections.abc import Callable
from threading import Condition
from threading import Event as Flag
from time import monotonic

from gate_agent.events import Event

PATIENCE_S = 60.0
"""Far longer than anything takes, on a busy machine too: a test that waits so long has failed."""


def until(ready: Callable[[], bool], meanwhile: Callable[[], None] | None = None) -> None:
    """Looks every few ms, and does `meanwhile` each time; fails the test if it never is ready."""
    end_s = monotonic() + PATIENCE_S
    while not ready():
        assert monotonic() < end_s, "it did not happen"
        if meanwhile is not None:
            meanwhile()
        Flag().wait(0.005)


class Collected:
    """`put` for a driver's `start`; `events` in order of arrival."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = Condition()

    def put(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, ready: Callable[[list[Event]], bool]) -> list[Event]:
        """The events once `ready(events)`; fails the test if that does not happen."""
        with self._changed:
            assert self._changed.wait_for(lambda: ready(self.events), PATIENCE_S), self.events
            return list(self.events)

    def wait_count(self, count: int, wanted: Event | None = None) -> None:
        """Until there are so many events, or so many like `wanted`."""
        self.wait(lambda events: (len(events) if wanted is None else events.count(wanted)) >= count)

    def wait_for(self, *wanted: Event) -> None:
        """Until the events are exactly these, in this order."""
        self.wait(lambda events: events == list(wanted) or len(events) > len(wanted))
        assert self.events == list(wanted)
