"""Requests: any bytes are a request, the beginning of one, or one clear error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate_agent.page.request import MAX_BODY_BYTES, MAX_HEAD_BYTES, Request, read
from gate_agent.validator.errors import WireError

GET = b"GET /state HTTP/1.1\r\nHost: 127.0.0.1:8460\r\nX-Empty:\r\n\r\n"
POST = b"POST /act HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"


def test_a_request_is_read() -> None:
    assert read(GET) == Request("GET", "/state", {"host": "127.0.0.1:8460", "x-empty": ""}, b"")
    assert read(POST) == Request("POST", "/act", {"host": "h", "content-length": "4"}, b"body")


@pytest.mark.parametrize("whole", [GET, POST])
def test_every_beginning_waits_for_the_rest(whole: bytes) -> None:
    assert [read(whole[:end]) for end in range(len(whole))] == [None] * len(whole)


BAD = {
    "another method": b"PUT / HTTP/1.1\r\n\r\n",
    "an old version": b"GET / HTTP/1.0\r\n\r\n",
    "a proxy's": b"GET http://x/ HTTP/1.1\r\n\r\n",
    "a path with a space": b"GET /a b HTTP/1.1\r\n\r\n",
    "a long path": b"GET /" + b"a" * 201 + b" HTTP/1.1\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    "a bare line feed": b"GET / HTTP/1.1\nHost: x\r\n\r\n",
    "a NUL": b"GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n",
    "a header twice": b"GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "an expectation": b"POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "a huge body": b"POST / HTTP/1.1\r\nContent-Length: 2049\r\n\r\n",
    "a GET with a body": b"GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
    "bytes behind": GET + b"x",
    "a head without an end": b"GET / HTTP/1.1\r\nA: " + b"a" * MAX_HEAD_BYTES,
    "a long head": b"GET / HTTP/1.1\r\nA: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n",
}


@pytest.mark.parametrize("raw", BAD.values(), ids=list(BAD))
def test_what_no_page_of_ours_sends_is_refused(raw: bytes) -> None:
    with pytest.raises(WireError):
        read(raw)


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=60).map(lambda b: GET[:-2] + b)))
def test_any_bytes(raw: bytes) -> None:
    try:
        request = read(raw)
    except WireError:
        return
    if request is None:
        assert len(raw) <= MAX_HEAD_BYTES + MAX_BODY_BYTES + 4
    else:
        assert request.method in ("GET", "POST")
        assert request.path.startswith("/")
