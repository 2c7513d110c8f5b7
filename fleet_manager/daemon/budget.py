"""PURE. Ration what one gate may cost: so much at once, and so much a second from then on."""


class Budget:
    """Used by one thread. `burst`: what a gate has at first, and at most. `each_second`: what it
    gets back."""

    def __init__(self, burst: int, each_second: int) -> None:
        self._burst = burst
        self._each_second = each_second
        self._left: dict[str, tuple[float, int]] = {}

    def has(self, gate: str, now_ms: int) -> bool:
        """Return whether a gate has anything left."""
        return self._now(gate, now_ms) > 0

    def spend(self, gate: str, cost: int, now_ms: int) -> None:
        """Take `cost` from what a gate has. It may owe: the next waits until that is paid back."""
        self._left[gate] = (self._now(gate, now_ms) - cost, now_ms)

    def _now(self, gate: str, now_ms: int) -> float:
        left, at_ms = self._left.get(gate, (float(self._burst), now_ms))
        back = max(0, now_ms - at_ms) * self._each_second / 1000
        return min(float(self._burst), left + back)
