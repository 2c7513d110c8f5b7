"""Bytes of any length that have kept some reader busy somewhere: repeated openings, numbers without
end, items that cost much to build, ends that never come."""

import random
from collections.abc import Callable

import cbor2

from gate_agent.drivers.scanners.gm65 import REPLY_HEAD

Maker = Callable[[int], bytes]
"""Called with a number of bytes; returns so many."""


def repeated(piece: bytes, first: bytes = b"", last: bytes = b"") -> Maker:
    """Return a maker of `first`, `piece` again and again, and `last`."""

    def make(size: int) -> bytes:
        room = size - len(first) - len(last)
        return first + (piece * (room // len(piece) + 1))[:room] + last

    return make


def _random(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def _decimal(size: int) -> bytes:
    """A decimal whose mantissa fills the message: half a second of cbor2's."""
    body = size - 7
    return b"\xc4\x82\x00\xc2\x59" + body.to_bytes(2, "big") + b"\x7f" * body


def _array(item: bytes) -> Maker:
    def make(size: int) -> bytes:
        count = (size - 5) // len(item)
        return b"\x9a" + count.to_bytes(4, "big") + item * count

    return make


def _map(size: int) -> bytes:
    rows = {number << 32: 0 for number in range((size - 5) // 10)}
    return cbor2.dumps(rows)


def _nested_rows(size: int) -> bytes:
    return cbor2.dumps([[[[] for _ in range(40)] for _ in range(size // 41)]])[:size]


MAKERS: dict[str, Maker] = {
    "random": _random,
    "zeros": repeated(b"\0"),
    "ones": repeated(b"\xff"),
    "letters": repeated(b"A"),
    "digits": repeated(b"9"),
    "blanks": repeated(b" "),
    "blanks before a letter": repeated(b" ", last=b"x"),
    "letters and blanks": repeated(b"a "),
    "line ends": repeated(b"\r\n"),
    "lines": repeated(b"a\n"),
    "header lines": repeated(b"Aa: b\r\n", b"GET / HTTP/1.1\r\n"),
    "a header of blanks": repeated(b" ", b"GET / HTTP/1.1\r\nA:", b"\x01\r\n\r\n"),
    "json arrays": repeated(b"["),
    "json objects": repeated(b'{"a":'),
    "a json number": repeated(b"7", b'{"act":', b"}"),
    "a json text": repeated(b"\\u0041", b'["', b'"]'),
    "quotes": repeated(b'"'),
    "quoted cells": repeated(b'"a""b";'),
    "commas": repeated(b","),
    "toml tables": repeated(b"[a.b]\n"),
    "toml dots": repeated(b"a.", last=b"b=1"),
    "toml arrays": repeated(b"[", b"a="),
    "toml text": repeated(b"\\\\", b'a="', b'"'),
    "stx": repeated(b"\x02"),
    "stx and group separators": repeated(b"\x02\x1d"),
    "frame starts": repeated(b"\x7f"),
    "frame starts and lengths": repeated(b"\x02\x03\x00\x00"),
    "modbus over tcp": repeated(b"\x07\x07\x00\x00\x00\x02\x01\x03"),
    "reply heads": repeated(REPLY_HEAD + b"\x01"),
    "torn reply heads": repeated(REPLY_HEAD[:1]),
    "base45": repeated(b"%69 VD82EI2B.KESTC", b"SG1:"),
    "base64": repeated(b"QUJD", last=b"AQA"),
    "cbor arrays within each other": repeated(b"\x81", last=b"\0"),
    "cbor maps within each other": repeated(b"\xa1\x00", last=b"\0"),
    "cbor tags within each other": repeated(b"\xc1", last=b"\0"),
    "a cbor decimal": _decimal,
    "a cbor regular expression": repeated(b"(a?", b"\xd8\x23\x79\xbf\xf0"),
    "cbor numbers": _array(b"\x00"),
    "cbor empty arrays": _array(b"\x80"),
    "cbor long numbers": _array(b"\x1b" + b"\x7f" * 8),
    "cbor empty strings": _array(b"\x40"),
    "cbor texts": _array(b"\x63abc"),
    "a cbor map": _map,
    "cbor rows": _nested_rows,
    "more cbor items than there are": repeated(b"\x00", b"\x9b" + b"\x7f" * 8),
    "a cbor string of bytes": lambda size: cbor2.dumps([bytes(size - 4)]),
}
