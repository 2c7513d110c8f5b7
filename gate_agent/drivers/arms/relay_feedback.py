"""PURE. Does the relay do what it is told? Its feedback contact says."""

_MOVES_MS = 100.0
"""A relay has moved by then, bounce and all."""


class RelayFeedback:
    """Times are ms on a clock that does not go back. `closed`: what the contact shows now."""

    def __init__(self, closed: bool) -> None:
        self._closed = closed
        self._told = False
        self._since_ms = float("-inf")
        self._deaf = False

    def told(self, on: bool, now_ms: float) -> None:
        """The relay was told to close or to open."""
        self.fault(now_ms)
        if on is not self._told:
            self._told, self._since_ms = on, now_ms

    def seen(self, closed: bool, now_ms: float) -> None:
        """The contact moved."""
        self.fault(now_ms)
        self._closed = closed
        if closed and self._told:
            self._deaf = False

    def fault(self, now_ms: float) -> tuple[str | None, float | None]:
        """What is broken, and when to ask again if nothing happens before."""
        due_ms = self._since_ms + _MOVES_MS
        if self._closed is not self._told and now_ms < due_ms:
            return (_DEAF if self._deaf else None), due_ms
        if self._told and not self._closed:
            self._deaf = True
        if self._closed and not self._told:
            return _STUCK, None
        # A relay that did not close stays under suspicion until it has closed once.
        return (_DEAF if self._deaf else None), None


_STUCK = "the relay is stuck closed: the arm may be open to everybody"
_DEAF = "the relay does not close: no supply, a broken wire, or a dead coil"
