"""PURE. How long to wait before a pretix is asked again, and when to give up for now."""

MAX_WAIT_S = 10.0
"""In sum over the tries of one request. A server that wants more is asked next time."""


class RetryBudget:
    """Of one request. `pause_s`: before the second try, doubled before each other."""

    def __init__(self, pause_s: float, tries: int) -> None:
        self._pause_s = pause_s
        self._left = tries - 1
        self._budget_s = MAX_WAIT_S

    def next_wait_s(self, asked_s: float | None) -> float | None:
        """Return how long to wait before the next try; None to give up. `asked_s`: what the
        server asks for, None if it does not."""
        wait_s = max(self._pause_s, asked_s or 0.0)
        if self._left <= 0 or wait_s > self._budget_s:
            return None
        self._left -= 1
        self._budget_s -= wait_s
        self._pause_s *= 2
        return wait_s
