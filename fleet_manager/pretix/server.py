"""HTTP to a pretix server: its device API (version 1), JSON in and out, every answer mistrusted.

Source: pretix's REST documentation, "Device authentication" and "Pagination".
"""

import json
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from fleet_manager.errors import CentreError
from fleet_manager.pretix.patience import RetryBudget
from fleet_manager.retry_after import retry_after_s

_LOG = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 16 << 20
CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 30.0
"""Without a byte."""
ANSWER_TIMEOUT_S = 60.0
"""For a whole answer."""
TRIES = 3
TELL_WAIT_S = 2.0
"""A longer wait is said."""
_TRY_AGAIN = (429, 502, 503, 504)
_PIECE_BYTES = 1 << 16
SOFTWARE = version("scenic-gate")
_JSON = "application/json"


class PretixError(CentreError):
    """A request that pretix did not fulfil. `passing`: the same may work later; `retry_s`: not
    before so many seconds, 0 if it does not say."""

    def __init__(
        self, message: str, hint: str = "", *, passing: bool = False, retry_s: float = 0.0
    ) -> None:
        super().__init__(message, hint)
        self.passing = passing
        self.retry_s = retry_s


@dataclass(frozen=True, slots=True)
class PretixResponse:
    """`status`: of HTTP. `body`: the JSON value. `generated`: when a page was made, as pretix
    writes it; empty where it does not say. `retry_s`: how long it asks to wait, 0 for not at
    all."""

    status: int
    body: Any
    generated: str = ""
    retry_s: float = 0.0


class PretixServer:
    """`url`: where pretix is reached, https://tickets.example. `token`: a device's; empty before
    it was initialised. Keeps its connections; used by one thread."""

    def __init__(
        self,
        url: str,
        token: str = "",
        pause_s: float = 0.5,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raise PretixError for an address that is none. `pause_s`: before the second try, doubled
        before the next."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise PretixError(
                f"cannot use the address {url!r}: must be like https://tickets.example"
            )
        self.url = url.rstrip("/")
        self._pause_s = pause_s
        self._sleep = sleep
        self._headers = {"Accept": _JSON, "User-Agent": f"scenic-gate/{SOFTWARE}"}
        if token:
            self._headers["Authorization"] = f"Device {token}"
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=TIMEOUT_S)
        )

    def get(self, path: str, fields: Mapping[str, str | list[str]] | None = None) -> PretixResponse:
        """Return the answer to a question. Raises PretixError for anything but success."""
        query = f"?{urlencode(fields, doseq=True)}" if fields else ""
        return self._good(self._ask("GET", f"{self.url}/api/v1/{path}{query}"))

    def pages(
        self, path: str, fields: Mapping[str, str | list[str]] | None = None
    ) -> Iterator[PretixResponse]:
        """Yield the pages of a list, each with its rows as the body. Raises PretixError."""
        answer = self.get(path, fields)
        while True:
            rows, following = _page(answer.body)
            yield PretixResponse(answer.status, rows, answer.generated)
            if following is None:
                return
            answer = self._good(self._ask("GET", self._same_server(following)))

    def post(self, path: str, body: Mapping[str, object]) -> PretixResponse:
        """Return whatever pretix answers, also a refusal. Raises PretixError (passing) if it
        answered nothing that can be understood, or that it cannot answer now: then nobody knows
        whether it did it."""
        answer = self._ask("POST", f"{self.url}/api/v1/{path}", json.dumps(body).encode())
        if answer.status >= 500 or answer.status in (401, 403, 408, 429):
            raise _failure(answer)
        return answer

    def _ask(self, method: str, url: str, body: bytes | None = None) -> PretixResponse:
        """Return the answer; ask a question (GET) again where that may help, within a bound."""
        patience = RetryBudget(self._pause_s, TRIES if method == "GET" else 1)
        while True:
            answer: PretixResponse | PretixError
            try:
                answer = self._ask_once(method, url, body)
                if answer.status not in _TRY_AGAIN:
                    return answer
            except urllib3.exceptions.HTTPError as error:
                answer = PretixError(
                    f"cannot reach pretix at {self.url}: {_reason(error)}",
                    "is the address right, and the server up?",
                    passing=True,
                )
            wait_s = patience.next_wait_s(answer.retry_s)
            if wait_s is None:
                if isinstance(answer, PretixError):
                    raise answer
                return answer
            if wait_s >= TELL_WAIT_S:
                _LOG.warning("pretix at %s asks to wait: %d s", self.url, wait_s)
            self._sleep(wait_s)

    def _ask_once(self, method: str, url: str, body: bytes | None) -> PretixResponse:
        """Return the answer. Raises HTTPError if none comes, PretixError if it cannot be used."""
        headers = self._headers | ({"Content-Type": _JSON} if body is not None else {})
        response = self._pool.request(
            method,
            url,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            data = self._read(response)
        finally:
            response.release_conn()
        try:
            value = json.loads(data) if data else None
        except (ValueError, RecursionError):
            if response.status < 300:
                raise PretixError(
                    "cannot read an answer of pretix: not JSON",
                    "does the address lead to pretix itself?",
                    passing=True,
                ) from None
            value = None
        retry_s = retry_after_s(response.headers, datetime.now(UTC)) or 0.0
        generated = response.headers.get("X-Page-Generated", "")
        return PretixResponse(response.status, value, generated, retry_s)

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """Return a whole answer. Raises PretixError for one that is too large or too slow."""
        end = time.monotonic() + ANSWER_TIMEOUT_S
        data = bytearray()
        while piece := response.read1(_PIECE_BYTES, decode_content=True):
            data += piece
            if len(data) > MAX_ANSWER_BYTES:
                response.close()
                raise PretixError(
                    f"cannot use an answer of pretix of more than {MAX_ANSWER_BYTES} B"
                )
            if time.monotonic() > end:
                response.close()
                raise PretixError(
                    f"cannot use an answer of pretix that takes more than {ANSWER_TIMEOUT_S:.0f} s",
                    passing=True,
                )
        return bytes(data)

    def _good(self, answer: PretixResponse) -> PretixResponse:
        if answer.status != 200:
            raise _failure(answer)
        return answer

    def _same_server(self, url: object) -> str:
        """Return a link to the next page on our server: the token goes to no other."""
        text = url if isinstance(url, str) else ""
        ours, theirs = urlsplit(self.url), urlsplit(text)
        if theirs.path.startswith(f"{ours.path}/api/v1/"):
            # Behind a proxy pretix may call itself by another name: the path and query count.
            return f"{ours.scheme}://{ours.netloc}{theirs.path}?{theirs.query}"
        raise PretixError("cannot follow pretix to its next page: it leads elsewhere")


def _page(body: object) -> tuple[list[Any], object]:
    if isinstance(body, dict) and isinstance(body.get("results"), list):
        return body["results"], body.get("next")
    raise PretixError("cannot read an answer of pretix: not a page of a list")


def _failure(answer: PretixResponse) -> PretixError:
    match answer.status:
        case 401:
            hint = "the device was revoked, or its token is wrong: connect again"
        case 403:
            hint = "the device may not do this: check its events and its security profile"
        case 404:
            hint = "check the organizer, the event and the check-in list"
        case 301 | 302 | 307 | 308:
            hint = "it leads elsewhere: connect with the address that a browser shows in the end"
        case _ if answer.retry_s:
            hint = f"it asks to wait: {answer.retry_s:.0f} s"
        case _:
            hint = ""
    said = answer.body.get("detail") if isinstance(answer.body, dict) else None
    text = f": {said[:200]}" if isinstance(said, str) and said.isprintable() else ""
    return PretixError(
        f"pretix answered {answer.status}{text}",
        hint,
        passing=answer.status >= 500 or answer.status in (408, 429),
        retry_s=answer.retry_s,
    )


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """Return the cause at the bottom, in few words."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {cause.verify_message}"
    # Refused is not late, though urllib3 says so of both: its error for it is a time-out as well.
    if isinstance(error, urllib3.exceptions.NewConnectionError) and isinstance(cause, OSError):
        return (cause.strerror or str(cause)).lower()
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.ProtocolError) and len(error.args) > 1:
        return str(error.args[1])[:200].lower()
    return str(error).rsplit(": ", 1)[-1][:200].lower()
