"""One passage at another gate, in 18 bytes, sent at the moment when it happens.

Only the low 10 bits of the news' number are sent; all of it is covered by the authentication code,
so a receiver that is nearly up to date needs no more.
"""

from typing import NamedTuple

from gate_agent.validator.errors import WireError
from gate_agent.validator.messages.link_secret import CODE_BYTES, open_code, with_code

SHORT_END = "down/n"
MOST_PERSONS = 31
_NUMBERS = 1 << 10
_BYTES = 2 + 8 + CODE_BYTES


class ShortNews(NamedTuple):
    """News `number`: `persons`, 1 to 31, went in, or `out`, on this ticket (8 bytes)."""

    number: int
    ticket: bytes
    out: bool
    persons: int


def write_short(topic: str, news: ShortNews, secret: bytes) -> bytes:
    """Return the payload to publish on `topic`, 18 bytes."""
    if not 0 < news.persons <= MOST_PERSONS:
        raise AssertionError("more persons than a short note can say")
    head = news.number % _NUMBERS << 6 | news.out << 5 | news.persons
    return with_code(topic, head.to_bytes(2, "big") + news.ticket, secret, _whole(news.number))


def read_short(topic: str, payload: bytes, secret: bytes, expected: int) -> ShortNews:
    """Return the news in `payload`; its number is the one nearest to `expected`.

    Raise WireError unless it was made with this secret for this topic and that number.
    """
    if len(payload) != _BYTES:
        raise WireError("news of another length")
    head = int.from_bytes(payload[:2], "big")
    number = expected + (((head >> 6) - expected + _NUMBERS // 2) % _NUMBERS) - _NUMBERS // 2
    if number < 1 or not head & MOST_PERSONS:
        raise WireError("news with a number out of range")
    body = open_code(topic, payload, secret, _whole(number))
    return ShortNews(number, body[2:], bool(head >> 5 & 1), head & MOST_PERSONS)


def _whole(number: int) -> bytes:
    return number.to_bytes(8, "big")
