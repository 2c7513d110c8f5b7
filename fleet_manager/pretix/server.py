"""HTTP to a pretix server: its device API (version 1), JSON in and out, every answer mistrusted.

Source: pretix's REST documentation, "Device authentication" and "Pagination".
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from fleet_manager.errors import CentreError

MAX_ANSWER_BYTES = 16 << 20
TIMEOUT_S = 30.0
TRIES = 3
SOFTWARE = version("scenic-gate")
_JSON = "application/json"


class PretixError(CentreError):
    """pretix did not do what was asked. `passing`: the same may work later."""

    def __init__(self, message: str, hint: str = "", *, passing: bool = False) -> None:
        super().__init__(message, hint)
        self.passing = passing


@dataclass(frozen=True, slots=True)
class PretixResponse:
    """`status`: of HTTP. `body`: the JSON value. `generated`: when a page was made, as pretix
    writes it; empty where it does not say."""

    status: int
    body: Any
    generated: str = ""


class PretixServer:
    """`url`: where pretix is reached, https://tickets.example. `token`: a device's; empty before
    it was initialised. Keeps its connections; used by one thread."""

    def __init__(self, url: str, token: str = "", pause_s: float = 0.5) -> None:
        """`pause_s`: before the second try, doubled before the next. Raises PretixError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise PretixError(
                f"cannot use the address {url!r}: must be like https://tickets.example"
            )
        self.url = url.rstrip("/")
        self._headers = {"Accept": _JSON, "User-Agent": f"scenic-gate/{SOFTWARE}"}
        if token:
            self._headers["Authorization"] = f"Device {token}"
        self._pool = urllib3.PoolManager(
            retries=urllib3.Retry(
                total=TRIES - 1,
                backoff_factor=pause_s,
                status_forcelist=(429, 502, 503, 504),
                allowed_methods=("GET",),
                redirect=0,
                raise_on_status=False,
            ),
            timeout=urllib3.Timeout(total=TIMEOUT_S),
        )

    def get(self, path: str, fields: Mapping[str, str | list[str]] | None = None) -> PretixResponse:
        """The answer to a question. Raises PretixError for anything but success."""
        query = f"?{urlencode(fields, doseq=True)}" if fields else ""
        return self._good(self._ask("GET", f"{self.url}/api/v1/{path}{query}"))

    def pages(
        self, path: str, fields: Mapping[str, str | list[str]] | None = None
    ) -> Iterator[PretixResponse]:
        """The pages of a list, each with its rows as the body. Raises PretixError."""
        answer = self.get(path, fields)
        while True:
            rows, following = _page(answer.body)
            yield PretixResponse(answer.status, rows, answer.generated)
            if following is None:
                return
            answer = self._good(self._ask("GET", self._same_server(following)))

    def post(self, path: str, body: Mapping[str, object]) -> PretixResponse:
        """Whatever pretix says, also a refusal. Raises PretixError (passing) if it said nothing
        that can be understood, or that it cannot answer now: then nobody knows what was done."""
        answer = self._ask("POST", f"{self.url}/api/v1/{path}", json.dumps(body).encode())
        if answer.status >= 500 or answer.status in (401, 403, 408, 429):
            raise _failure(answer)
        return answer

    def _ask(self, method: str, url: str, body: bytes | None = None) -> PretixResponse:
        headers = self._headers | ({"Content-Type": _JSON} if body is not None else {})
        try:
            response = self._pool.request(
                method, url, body=body, headers=headers, preload_content=False
            )
            try:
                data = response.read(MAX_ANSWER_BYTES + 1, decode_content=True)
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise PretixError(
                f"cannot reach pretix at {self.url}: {_reason(error)}",
                "is the address right, and the server up?",
                passing=True,
            ) from None
        if len(data) > MAX_ANSWER_BYTES:
            raise PretixError(f"cannot use an answer of pretix of more than {MAX_ANSWER_BYTES} B")
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
        return PretixResponse(response.status, value, response.headers.get("X-Page-Generated", ""))

    def _good(self, answer: PretixResponse) -> PretixResponse:
        if answer.status != 200:
            raise _failure(answer)
        return answer

    def _same_server(self, url: object) -> str:
        """A link to the next page; our token goes to no other server."""
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
        case _:
            hint = ""
    said = answer.body.get("detail") if isinstance(answer.body, dict) else None
    text = f": {said[:200]}" if isinstance(said, str) and said.isprintable() else ""
    return PretixError(
        f"pretix answered {answer.status}{text}",
        hint,
        passing=answer.status >= 500 or answer.status in (408, 429),
    )


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """The cause at the bottom, in few words."""
    cause: BaseException = error
    while isinstance(cause, urllib3.exceptions.MaxRetryError) and cause.reason is not None:
        cause = cause.reason
    if isinstance(cause, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    return str(cause).rsplit(": ", 1)[-1][:200].lower()
