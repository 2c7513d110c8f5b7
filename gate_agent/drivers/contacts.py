"""PURE. The arm's contacts: bounce taken away, and what their movements mean.

The debouncing is our own, over timestamps, because the pins' is not one thing: the kernel's, the
pin library's and the in-memory pins' differ (the last ignore it), and only this one can be tested
everywhere in the same way.
"""

from collections.abc import Iterator

from gate_agent.events import Event, Faulted, Moved, Recovered, Returned, Turned

SETTLE_MS = 20.0
"""A contact counts when it has kept still for so long; reed and micro switches bounce 1–10 ms."""

STUCK_MS = 10_000.0
"""An arm that is not home after 10 s is in alarm, on turnstile boards too."""


class Contact:
    """One contact. `closed`: as it settled last. Times are ms on a clock that does not go back.

    An edge settles what came before it, so that no movement is lost when nobody asked in time.
    """

    def __init__(self, closed: bool, settle_ms: float = SETTLE_MS) -> None:
        self.closed = closed
        self._settle_ms = settle_ms
        self._next = closed
        self._since_ms = 0.0
        self._settled: list[tuple[float, bool]] = []

    def seen(self, closed: bool, now_ms: float) -> None:
        """An edge to `closed`."""
        self._settle(now_ms)
        if closed != self._next:
            self._next = closed
            self._since_ms = now_ms

    @property
    def due_ms(self) -> float | None:
        """When to ask for changes; None: not before an edge."""
        if self._settled:
            return self._settled[0][0]
        return None if self._next == self.closed else self._since_ms + self._settle_ms

    def changes(self, now_ms: float) -> list[tuple[float, bool]]:
        """(when, closed) for each settled movement since the last call."""
        self._settle(now_ms)
        changes, self._settled = self._settled, []
        return changes

    def _settle(self, now_ms: float) -> None:
        due_ms = self._since_ms + self._settle_ms
        if self._next != self.closed and now_ms >= due_ms:
            self.closed = self._next
            self._settled.append((due_ms, self.closed))


class ArmContacts:
    """Passage contact (closed at rest, opens on a passage) and home contact (closed at home).

    None for a contact that is not wired. A passage is its opening; it counts again after it has
    closed. A power cut at the turnstile opens it too: telling the two apart needs the board's
    ready contact, which is not wired yet; until then a contact that stays open is a fault.
    """

    def __init__(
        self, lane: int, device: str, passage: Contact | None, home: Contact | None, now_ms: float
    ) -> None:
        self._lane = lane
        self._device = device
        self._passage = passage
        self._home = home
        self._passed = False
        self._faulty = False
        self._stuck_ms: float | None = None
        if passage is not None and not passage.closed:
            self._stuck_ms = now_ms

    @property
    def due_ms(self) -> float | None:
        """When to ask for events again, without another edge; None: not before one."""
        times = [contact.due_ms for contact in (self._passage, self._home) if contact is not None]
        return min((time for time in (*times, self._stuck_ms) if time is not None), default=None)

    def events(self, now_ms: float) -> Iterator[Event]:
        """What has happened up to `now_ms`, in the order in which it happened."""
        moves = [
            (at_ms, contact is self._passage, closed)
            for contact in (self._home, self._passage)
            if contact is not None
            for at_ms, closed in contact.changes(now_ms)
        ]
        for at_ms, is_passage, closed in sorted(moves):
            yield from (
                self._passage_moved(closed, at_ms) if is_passage else self._home_moved(closed)
            )
        if self._stuck_ms is not None and now_ms >= self._stuck_ms:
            self._stuck_ms = None
            self._faulty = True
            yield Faulted(
                self._device,
                "the passage contact stays open: no power at the turnstile, or a broken wire",
            )

    def _passage_moved(self, closed: bool, at_ms: float) -> Iterator[Event]:
        if not closed:
            self._passed = True
            self._stuck_ms = at_ms + STUCK_MS
            yield Turned(self._lane)
            return
        self._stuck_ms = None
        if self._faulty:
            self._faulty = False
            yield Recovered(self._device)

    def _home_moved(self, closed: bool) -> Iterator[Event]:
        if not closed:
            self._passed = False
            yield Moved(self._lane)
        elif not self._passed:
            yield Returned(self._lane)
