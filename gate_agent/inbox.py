"""The one queue between the driver threads and the actor."""

import queue

from gate_agent.events import Event
from gate_agent.health import Health

QUEUE_EVENTS = 1000


class Inbox:
    """The one queue. Driver threads put; the actor gets. A full queue drops and counts."""

    def __init__(self, health: Health, size: int = QUEUE_EVENTS) -> None:
        self._queue: queue.Queue[Event] = queue.Queue(size)
        self._health = health

    def put(self, event: Event) -> None:
        """Never blocks."""
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self._health.count("event dropped")

    @property
    def waiting(self) -> bool:
        """Whether there are more."""
        return not self._queue.empty()

    def get(self, timeout_s: float) -> Event | None:
        """The next event, None when none came in time."""
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None
