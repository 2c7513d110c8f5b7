"""PURE. What a scanner adds to a code or does to its letters, taken off where nothing else can be
meant. Source of the identifiers: ISO/IEC 15424, "]", a letter for the symbology, a modifier."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from gate_agent.validator.tickets.ticket import PREFIX

TAB_BEHIND = "Tab behind"
"""A serial scanner that ends each code with Tab: only silence ends it for the gate."""

_HEADS = (
    (re.compile(rb"\A\xef\xbb\xbf"), "byte order mark"),
    (re.compile(rb"\A\][A-Za-z][0-9A-Za-z]"), "AIM identifier"),
    (re.compile(rb"\A[\x01\x02]"), "STX"),
    (re.compile(rb"\A\x1d"), "GS"),
    (re.compile(rb"\A[ \t]+"), "blanks before"),
)
_TAILS = (
    (re.compile(rb"[\x03\x04]\Z"), "ETX"),
    (re.compile(rb"\x1d\Z"), "GS"),
    (re.compile(rb"(?<!\t)\t+\Z"), TAB_BEHIND),
    (re.compile(rb"(?<! ) +\Z"), "blanks behind"),
)
CAPS = "Caps Lock"
MOST_BYTES = 512
"""No ticket code is longer, with all that a scanner adds. A QR code may hold thousands."""


class Spelling(NamedTuple):
    """A way to read what a scanner sent. `additions`: what was taken off it, in words."""

    text: bytes
    additions: tuple[str, ...]


def spellings(code: bytes) -> Iterator[Spelling]:
    """Yield the code as it came, then without what a scanner adds, if that is another text. A code
    of this product in small letters was typed with Caps Lock on: it has none of its own."""
    yield Spelling(code, ())
    text, additions = _stripped(code) if len(code) <= MOST_BYTES else (code, ())
    if text.startswith(PREFIX.lower()) and text == text.lower():
        text, additions = text.upper(), (*additions, CAPS)
    if text and text != code:
        yield Spelling(text, additions)


def _stripped(text: bytes) -> tuple[bytes, tuple[str, ...]]:
    additions: list[str] = []
    before = b""
    while before != text:
        before = text
        for pattern, name in (*_HEADS, *_TAILS):
            shorter = pattern.sub(b"", text, count=1)
            if shorter != text and name not in additions:
                additions.append(name)
            text = shorter
    return text, tuple(additions)
