"""PURE. Read the head of an HTTP/1.1 answer: its status and its headers, of whoever answered.

RFC 9112: a status line, lines `name: value`, an empty line. Only a whole head is an answer.
"""

import re
from collections.abc import Mapping

MAX_BYTES = 16_384
END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?")
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


class NoHttp(ValueError):
    """The bytes are not the head of an HTTP answer."""


def read_head(head: bytes) -> tuple[int, Mapping[str, str]]:
    """Return the status and the headers of a head that ends with an empty line; names in the
    spelling of `Retry-After`, of a name that stands twice the first. Raises NoHttp."""
    if len(head) > MAX_BYTES or not head.endswith(END):
        raise NoHttp
    lines = head[: -len(END)].split(b"\r\n")
    status = _STATUS.fullmatch(lines[0])
    if status is None:
        raise NoHttp
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.decode("latin-1").partition(":")
        if _NAME.fullmatch(name):
            headers.setdefault(name.title(), value.strip())
    return int(status[1]), headers
