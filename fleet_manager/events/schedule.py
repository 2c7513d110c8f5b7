"""PURE. When a delivery that failed is tried again, and when it is given up."""

WAITS_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After the first attempt, the second, …: 5 s to 24 h, as Standard Webhooks proposes."""
JITTER = 0.1
"""A wait is longer by up to this part, so that receivers that failed together are not tried
together."""


def next_wait_ms(tries: int, asked_s: float | None, chance: float) -> int | None:
    """Return how long to wait after the `tries`-th attempt has failed, None to give up.

    `asked_s`: by the receiver's Retry-After, a day at most, None if it did not say. `chance`: from
    0 to 1, random.
    """
    if tries > len(WAITS_S):
        return None
    wait_s = WAITS_S[tries - 1] * (1 + JITTER * chance)
    return int(1000 * max(wait_s, asked_s or 0.0))
