"""PURE. A circuit breaker: visitors do not wait for the centre after an answer came too late, until
one comes in time again. Claims are sent all the same, so that nobody has to wait to find out."""

from dataclasses import dataclass, replace

MOST_OPEN = 32


@dataclass(frozen=True, slots=True)
class Breaker:
    """`closed`: answers come in time, so visitors wait for them. `sent`: claims without an answer,
    as (number, monotonic ms), the newest last."""

    closed: bool = True
    sent: tuple[tuple[int, int], ...] = ()


def asked(breaker: Breaker, number: int, now_ms: int) -> Breaker:
    """Return the breaker after a claim has been sent."""
    return replace(breaker, sent=(*breaker.sent, (number, now_ms))[-MOST_OPEN:])


def answered(breaker: Breaker, number: int, now_ms: int, limit_ms: int) -> Breaker | None:
    """Return the breaker after an answer to claim `number`; it closes if that took no longer than
    `limit_ms`. None if no such claim was sent on this connection."""
    for claim, sent_ms in breaker.sent:
        if claim == number:
            others = tuple(other for other in breaker.sent if other[0] != number)
            return Breaker(breaker.closed or now_ms - sent_ms <= limit_ms, others)
    return None


def timed_out(breaker: Breaker) -> Breaker:
    """Return the open breaker: a visitor has waited in vain, and no other does until an answer
    comes in time."""
    return replace(breaker, closed=False)
