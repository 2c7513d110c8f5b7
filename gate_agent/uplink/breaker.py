"""PURE. Whether a visitor waits for the centre's word: not after it came too late, until it comes
in time again. Claims are sent all the same, so that nobody has to wait to find out."""

from dataclasses import dataclass, replace

MOST_OPEN = 32


@dataclass(frozen=True, slots=True)
class Breaker:
    """`closed`: answers come in time, so it is worth to wait. `sent`: claims without an answer, as
    (number, monotonic ms), the newest last."""

    closed: bool = True
    sent: tuple[tuple[int, int], ...] = ()


def asked(breaker: Breaker, number: int, now_ms: int) -> Breaker:
    """A claim has been sent."""
    return replace(breaker, sent=(*breaker.sent, (number, now_ms))[-MOST_OPEN:])


def answered(breaker: Breaker, number: int, now_ms: int, limit_ms: int) -> Breaker | None:
    """A verdict has come; within `limit_ms` it is worth to wait for the next one. None for the
    answer to nothing that was asked on this connection."""
    for one, sent_ms in breaker.sent:
        if one == number:
            left = tuple(other for other in breaker.sent if other[0] != number)
            return Breaker(breaker.closed or now_ms - sent_ms <= limit_ms, left)
    return None


def timed_out(breaker: Breaker) -> Breaker:
    """Somebody has waited in vain: nobody else does, until an answer comes in time."""
    return replace(breaker, closed=False)
