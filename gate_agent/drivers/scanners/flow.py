"""PURE. How many codes a reader may send: more than visitors can show is noise."""

BURST, PER_S = 20.0, 5.0


class Flow:
    """A limit for a line that picks up noise: it sends codes without end, and each refusal is a
    record on disk. A token bucket.

    `burst` codes may come at once, `per_s` in the long run; visitors at a good turnstile show one
    in two seconds. `noisy`: whether there are more at the moment; it ends when the bucket is full
    again.
    """

    def __init__(self, burst: float = BURST, per_s: float = PER_S) -> None:
        self.noisy = False
        self._burst, self._per_s = burst, per_s
        self._left, self._at_s = burst, 0.0

    def admits(self, now_s: float) -> bool:
        """Return whether a code that comes at `now_s`, in seconds of any steady clock, is to be
        used."""
        self.refill(now_s)
        if self.noisy or self._left < 1:
            self.noisy = True
            self._left = 0.0  # noise that goes on holds the line shut
        else:
            self._left -= 1
        return not self.noisy

    def refill(self, now_s: float) -> None:
        """Let time pass until `now_s`: the bucket fills again."""
        gone_s, self._at_s = max(0.0, now_s - self._at_s), now_s
        self._left = min(self._burst, self._left + gone_s * self._per_s)
        if self._left >= self._burst:
            self.noisy = False
