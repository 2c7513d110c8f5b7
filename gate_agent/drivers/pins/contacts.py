"""PURE. A debounced contact.

The debouncing is our own, over timestamps, because the pins' is not one thing: the kernel's, the
pin library's and the in-memory pins' differ (the last ignore it), and only this one can be tested
everywhere in the same way.
"""

from collections import deque

SETTLE_MS = 20.0
"""A contact counts when it has kept still for so long; reed and micro switches bounce 1–10 ms."""


class Contact:
    """One contact. `closed`: its last settled state. `settle_ms`: how long a state must last to
    count. Times are ms on a monotonic clock.

    An edge settles the state before it, so that no movement is lost if `changes` is called late.
    """

    def __init__(self, closed: bool, settle_ms: float = SETTLE_MS) -> None:
        self.closed = closed
        self._settle_ms = settle_ms
        self._next = closed
        self._since_ms = 0.0
        self._settled: list[tuple[float, bool]] = []
        self._openings: deque[float] = deque(maxlen=8)
        self._closings: deque[float] = deque(maxlen=8)

    def seen(self, closed: bool, now_ms: float) -> None:
        """Note an edge to `closed` at `now_ms`."""
        self._settle(now_ms)
        if closed != self._next:
            self._next = closed
            self._since_ms = now_ms
            if closed:
                self._closings.append(now_ms)
            elif self.closed:
                self._openings.append(now_ms)

    @property
    def due_ms(self) -> float | None:
        """Return when to call `changes`; None: not before an edge."""
        if self._settled:
            return self._settled[0][0] + self._settle_ms
        return None if self._next == self.closed else self._since_ms + self._settle_ms

    def changes(self, now_ms: float) -> list[tuple[float, bool]]:
        """Return (time of the edge, closed) for each settled movement since the last call."""
        self._settle(now_ms)
        changes, self._settled = self._settled, []
        return changes

    def opened(self, from_ms: float, to_ms: float) -> bool:
        """Return whether it left rest within those times, if only for an instant; the bounce of a
        contact that is just closing does not count."""
        return any(from_ms <= at_ms <= to_ms for at_ms in self._openings)

    def closed_since(self, at_ms: float) -> bool:
        """Return whether it closed after that time, if only for an instant."""
        return bool(self._closings) and self._closings[-1] > at_ms

    def _settle(self, now_ms: float) -> None:
        if self._next != self.closed and now_ms >= self._since_ms + self._settle_ms:
            self.closed = self._next
            self._settled.append((self._since_ms, self.closed))
