"""The one queue between the driver threads and the actor."""

import queue
import time
from collections.abc import Callable

from gate_agent.events import DocumentShown, Event, Scanned, Typed
from gate_agent.health import Health

QUEUE_EVENTS = 1000
STALE_MS = 2000


def is_stale(event: Event, waited_ms: int) -> bool:
    """Return whether a visitor has shown this so long ago as to have left, or to show it again: on
    a worn card each write takes seconds, and an arm must not open for nobody."""
    return waited_ms > STALE_MS and isinstance(event, Scanned | DocumentShown | Typed)


class Inbox:
    """The one queue. Driver threads put; the actor gets. A full queue drops and counts.
    `waited_ms`: how long the event that `get` gave last had been here."""

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
        """Queue an event; never block."""
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
        """Whether more events wait."""
        return not self._queue.empty()

    def get(self, timeout_s: float) -> Event | None:
        """Return the next event, None when none came within `timeout_s`."""
        try:
            put_s, event = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None
        self._full = False
        self.waited_ms = round((self._read_s() - put_s) * 1000)
        return event
