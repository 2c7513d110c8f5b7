"""The one queue between the driver threads and the actor."""

import queue
import time
from collections.abc import Callable

from gate_agent.events import DocumentShown, Event, Scanned
from gate_agent.health import Health
from gate_agent.staff_events import Typed

QUEUE_EVENTS = 1000
STALE_MS = 2000


def is_stale(event: Event, waited_ms: int) -> bool:
    """Whether somebody has shown it so long ago that he has gone, or shows it again: on a worn
    card each write takes seconds, and an arm must not open for nobody."""
    return waited_ms > STALE_MS and isinstance(event, Scanned | DocumentShown | Typed)


class Inbox:
    """The one queue. Driver threads put; the actor gets. A full queue drops and counts.
    `waited_ms`: how long what `get` gave last had been here."""

    def __init__(
        self,
        health: Health,
        size: int = QUEUE_EVENTS,
        read_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue: queue.Queue[tuple[float, Event]] = queue.Queue(size)
        self._health = health
        self._read_s = read_s
        self._full = False
        self.waited_ms = 0

    def put(self, event: Event) -> None:
        """Never blocks."""
        try:
            self._queue.put_nowait((self._read_s(), event))
        except queue.Full:
            self._drop()

    def _drop(self) -> None:
        if self._full:
            self._health.count("event dropped")
            return
        self._full = True  # until there is room again: one line for all that is lost
        self._health.lose("event dropped", f"{self._queue.maxsize} events wait for the gate")

    @property
    def waiting(self) -> bool:
        """Whether there are more."""
        return not self._queue.empty()

    def get(self, timeout_s: float) -> Event | None:
        """The next event, None when none came in time."""
        try:
            put_s, event = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None
        self._full = False
        self.waited_ms = round((self._read_s() - put_s) * 1000)
        return event
