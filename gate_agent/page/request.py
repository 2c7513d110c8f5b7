"""PURE. One HTTP/1.1 request as a browser sends it, read strictly (RFC 9112, and less).

This page needs little, so everything else is refused: other methods, chunked bodies, folded or
doubled headers, anything long. Whatever is refused does not come from our page.
"""

import hmac
import re
from typing import NamedTuple

from gate_agent.validator.errors import WireError

MAX_HEAD_BYTES = 4096
MAX_BODY_BYTES = 2048
_FIRST = re.compile(rb"(GET|POST) (/[!-~]{0,200}) HTTP/1\.1")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")


class Request(NamedTuple):
    """`fields`: the headers by their names in small letters."""

    method: str
    path: str
    fields: dict[str, str]
    body: bytes

    def is_for(self, port: int) -> bool:
        """Return whether the request names this server, and its origin is this server's page. A
        foreign host name that resolves to this address is refused (DNS rebinding)."""
        host = self.fields.get("host", "")
        ours = host in (f"127.0.0.1:{port}", f"localhost:{port}")
        return ours and self.fields.get("origin", f"http://{host}") == f"http://{host}"

    def bears(self, token: str) -> bool:
        """Return whether the request has the token; take as long either way."""
        given = self.fields.get("authorization", "").encode()
        return hmac.compare_digest(given, b"Bearer " + token.encode())


def read(data: bytes) -> Request | None:
    """Return the request in `data`, None while it is not complete. Raises WireError if no further
    bytes could make it one that this page answers."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > MAX_HEAD_BYTES:
            raise WireError("a request's head that is too long")
        return None
    if end > MAX_HEAD_BYTES:
        raise WireError("a request's head that is too long")
    first, *lines = data[:end].split(b"\r\n")
    request_line = _FIRST.fullmatch(first)
    if request_line is None:
        raise WireError("not a request that this page answers")
    fields = _fields(lines)
    size = _body_bytes(request_line[1], fields)
    body = data[end + 4 :]
    if len(body) > size:
        raise WireError("bytes behind a request")
    if len(body) < size:
        return None
    return Request(request_line[1].decode(), request_line[2].decode(), fields, body)


def _fields(lines: list[bytes]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise WireError("a header that is none")
        name = field[1].decode().lower()
        if name in fields:
            raise WireError("a header that is there twice")
        fields[name] = field[2].decode("latin-1")
    return fields


def _body_bytes(method: bytes, fields: dict[str, str]) -> int:
    if "transfer-encoding" in fields or "expect" in fields:
        raise WireError("a body in another form than this page takes")
    text = fields.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,6}", text):
        raise WireError("a body of no length")
    size = int(text)
    if size > (MAX_BODY_BYTES if method == b"POST" else 0):
        raise WireError("a body that is too long")
    return size
