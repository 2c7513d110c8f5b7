"""PURE. Whether the relay obeys, by its feedback contact."""

_MOVES_MS = 100.0
"""A relay has moved by then, bounce and all."""


class RelayFeedback:
    """`closed`: state of the feedback contact. Times are ms on a monotonic clock."""

    def __init__(self, closed: bool) -> None:
        self._closed = closed
        self._commanded = False
        self._since_ms = float("-inf")
        self._deaf = False

    def commanded(self, on: bool, now_ms: float) -> None:
        """Note that the relay was commanded to close or to open."""
        self.fault(now_ms)
        if on is not self._commanded:
            self._commanded, self._since_ms = on, now_ms

    def seen(self, closed: bool, now_ms: float) -> None:
        """Note an edge of the contact."""
        self.fault(now_ms)
        self._closed = closed
        if closed and self._commanded:
            self._deaf = False

    def fault(self, now_ms: float) -> tuple[str | None, float | None]:
        """Return what is broken, None for nothing; and when to ask again if nothing happens
        before."""
        due_ms = self._since_ms + _MOVES_MS
        if self._closed is not self._commanded and now_ms < due_ms:
            return (_DEAF if self._deaf else None), due_ms
        if self._commanded and not self._closed:
            self._deaf = True
        if self._closed and not self._commanded:
            return _STUCK, None
        # A relay that did not close stays under suspicion until it has closed once.
        return (_DEAF if self._deaf else None), None


_STUCK = "the relay is stuck closed: the arm may be open to everybody"
_DEAF = "the relay does not close: no supply, a broken wire, or a dead coil"
