"""The console as an application of ASGI: reads a request, asks a page, sends what it answers.

A page runs in a thread, with everything that it reads: the event loop only moves bytes.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, unquote

import anyio
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from fleet_manager.access.rights import NotAllowed
from fleet_manager.access.sessions import COOKIE
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.services.act import write_refusal
from fleet_manager.services.people import sign_in
from fleet_manager.services.people.sign_in import SignedIn
from fleet_manager.web import guard, pages, render
from fleet_manager.web.app_names import LANGUAGE, NOTICE
from fleet_manager.web.ask import Answer, Ask, Download, Fields, Redirect, ShowPage, Upload
from fleet_manager.web.guard import SECURITY_HEADERS, Proxies
from fleet_manager.web.live_feed import LiveFeed
from fleet_manager.web.refusals import in_language
from fleet_manager.web.registry import ADDRESSES, WebAddress
from gate_agent.validator.errors import WireError

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
MAX_BODY_BYTES, STRANGERS_BYTES = 12 << 20, 64 << 10
"""A form's body; and that of somebody who is not signed in."""
BODY_S, LARGE_BODIES = 60.0, 2
"""So long a body may take to arrive; so many large ones are held at once."""
MAX_FIELDS, MAX_FILES = 2000, 4
_NO_RIGHT = "their role does not include it"
THREADS, CONNECTIONS = 5, 3
"""Pages at once. The pool of the database has 15 connections, and a page may need two."""
_YEAR_S = 365 * 86400
assert pages.__name__  # importing it registers every page


NO_DATABASE = (OperationalError, InterfaceError, NoConnection)
"""It cannot be reached, or has no connection left. Whatever else it says is a fault of ours."""


class TooLarge(Exception):
    """A body of more bytes than its sender may send."""


class Console:
    """The pages of one centre. `hosts`: names under which browsers may reach it. `secure`: whether
    they reach it by HTTPS."""

    def __init__(
        self,
        centre: Centre,
        hosts: frozenset[str],
        *,
        secure: bool = True,
        proxies: Proxies = Proxies(),  # noqa: B008 - immutable
        extra: tuple[Route, ...] = (),
    ) -> None:
        self._centre = centre
        self._hosts = hosts
        self._secure = secure
        self._proxies = proxies
        self._extra = extra
        self._threads: anyio.CapacityLimiter | None = None
        self._large: anyio.Semaphore | None = None
        self.feed = LiveFeed(centre)

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie: `__Host-` needs HTTPS."""
        return COOKIE if self._secure else COOKIE.removeprefix("__Host-")

    def app(self) -> Starlette:
        """Return the application, for a server of ASGI."""
        routes = [
            Route(path, partial(self._serve, address), methods=[method])
            for (method, path), address in ADDRESSES.items()
        ]
        routes += [
            Route("/assets/{digest}/{name}", self._asset),
            Route("/favicon.ico", self._icon),
            Route("/live/feed", self._live),
            Route("/wall/{token}/feed", self._wall),
            *self._extra,
        ]
        return Starlette(
            routes=routes, exception_handlers={HTTPException: self._no_page, Exception: self._fail}
        )

    # --- a page ---------------------------------------------------------------------------------

    async def _serve(self, address: WebAddress, request: Request) -> Response:
        if request.method != "POST":
            return await self._in_thread(self._answer, address, request, [], {})
        if self._large is None:
            self._large = anyio.Semaphore(LARGE_BODIES)
        length = request.headers.get("content-length", "")
        small = length.isdecimal() and int(length[:12]) <= STRANGERS_BYTES
        async with nullcontext() if small else self._large:
            try:
                with anyio.fail_after(BODY_S):
                    form, files = await self._form(request, small=small)
            except (TooLarge, UnicodeError, ValueError, HTTPException, TimeoutError) as error:
                status = 413 if isinstance(error, TooLarge) else 400
                return await self._in_thread(self._plain_error, request, status)
            except NO_DATABASE as error:
                _LOG.error("the database does not answer: %s", error)
                return await self._in_thread(self._plain_error, request, 503)
            return await self._in_thread(self._answer, address, request, form, files)

    async def _in_thread(self, function: Callable[..., _T], *arguments: Any) -> _T:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._threads)

    def _signed_in(self, request: Request) -> SignedIn | None:
        """Return who asks, None for a stranger."""
        secret = self._secret(request)
        return sign_in.who_is(self._centre, secret, self._address(request)) if secret else None

    def _secret(self, request: Request) -> str:
        return request.cookies.get(self.cookie, "")[:100]

    async def _form(
        self, request: Request, *, small: bool
    ) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
        """Return the fields and files of a form. Raises TooLarge, ValueError, HTTPException."""
        most = STRANGERS_BYTES
        if not small and await self._in_thread(self._signed_in, request) is not None:
            most = MAX_BODY_BYTES
        body = await bounded_body(request, most)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            text = body.decode("ascii")
            pairs = parse_qsl(
                text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
            )
            return pairs, {}
        if kind != "multipart/form-data":
            if body:
                raise ValueError(kind)
            return [], {}
        whole = Request(request.scope, _replay(body))
        async with whole.form(
            max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_BODY_BYTES
        ) as form:
            pairs, files = [], {}
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = Upload((value.filename or "")[:200], await value.read())
                else:
                    pairs.append((name, value))
        return pairs, files

    def _ask(self, request: Request, form: list[tuple[str, str]], files: Any) -> Ask:
        signed_in = self._signed_in(request)
        return Ask(
            centre=self._centre,
            path=request.url.path,
            address=self._address(request),
            language=_language(request, signed_in),
            now_ms=self._centre.clock(),
            signed_in=signed_in,
            query=Fields(_query(request)),
            form=Fields(form),
            files=files,
            agent=request.headers.get("user-agent", "")[:200],
            origin=f"{'https' if self._secure else 'http'}://{request.headers.get('host', '')}",
            secret=self._secret(request),
            notice=unquote(request.cookies.get(NOTICE, ""))[:300],
        )

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return self._proxies.client_of(peer, request.headers.get("x-forwarded-for", ""))

    def _answer(self, address: WebAddress, request: Request, form: Any, files: Any) -> Response:
        if not guard.host_is_ours(request.headers.get("host", ""), self._hosts):
            return Response("unknown host", 400, SECURITY_HEADERS, "text/plain")
        # A database that was away has left each thread a connection that is dead: who only reads
        # is not told of that.
        tries = CONNECTIONS if request.method == "GET" else 1
        for left in reversed(range(tries)):
            try:
                return self._answer_once(address, request, form, files)
            except NO_DATABASE as error:
                if not left:
                    _LOG.error("the database does not answer: %s", error)
        return self._plain_error(request, 503)

    def _answer_once(
        self, address: WebAddress, request: Request, form: Any, files: Any
    ) -> Response:
        try:
            ask = self._ask(request, form, files)
        except (CentreError, UnicodeError, ValueError):
            return self._plain_error(request, 400)
        try:
            answer = self._checked(address, request, ask)
        except NotAllowed as error:
            answer = _error(ask, 403, error)
        except (CentreError, WireError) as error:
            answer = _error(ask, 422, error)
        return self._response(answer, ask)

    def _checked(self, address: WebAddress, request: Request, ask: Ask) -> Answer:
        """Let the page answer if who asks may reach it."""
        if request.method == "POST" and not guard.comes_from_us(request.headers, ask.origin):
            return _error(ask, 403, key="error.cross")
        if address.public:
            return address.handler(ask)
        if ask.signed_in is None:
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            to = "/" if request.method == "POST" else here
            return Redirect(f"/sign-in?next={quote(to)}")
        if request.method == "POST":
            given = ask.form.get("form_token")
            if not guard.carries_token(given, render.form_token(ask.secret)):
                return _error(ask, 403, key="error.cross")
        if not guard.admits(address, ask.who):
            for refused in address.acts[:1]:
                write_refusal(self._centre, ask.who, refused, ask.path[:100], _NO_RIGHT)
            return _error(ask, 403)
        return address.handler(ask)

    # --- what is sent ---------------------------------------------------------------------------

    def _response(self, answer: Answer, ask: Ask) -> Response:
        headers = {**SECURITY_HEADERS, "cache-control": "no-store", "vary": "Cookie"}
        response: Response
        if isinstance(answer, Download):
            how = "inline" if answer.inline else "attachment"
            headers["content-disposition"] = f"{how}; filename*=UTF-8''{quote(answer.name)}"
            if isinstance(answer.body, bytes):
                return Response(answer.body, 200, headers, answer.media)
            return StreamingResponse(iter(answer.body), 200, headers, answer.media)
        if isinstance(answer, Redirect):
            response = RedirectResponse(answer.to, 303, headers)
            if answer.notice:
                self._set(response, NOTICE, quote(answer.notice[:600]), 60)
        else:
            html = render.page(answer.template, dict(answer.values), ask)
            response = Response(html, answer.status, {**headers, **answer.headers}, "text/html")
            if ask.notice:
                self._set(response, NOTICE, "", 0)
        for name, value in answer.cookies.items():
            self._set(response, self.cookie if name == COOKIE else name, value, _YEAR_S)
        return response

    def _set(self, response: Response, name: str, value: str, age_s: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=age_s if value else 0,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def _plain_error(self, request: Request, status: int) -> Response:
        """Return an error before it is known who asks, or when nobody can be known."""
        ask = self._strangers_ask(request)
        return self._response(_error(ask, status), ask)

    def _strangers_ask(self, request: Request) -> Ask:
        return Ask(
            centre=self._centre,
            path=request.url.path,
            address="",
            language=_language(request, None),
            now_ms=self._centre.clock(),
        )

    async def _no_page(self, request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return self._plain_error(request, status if status in {404, 405} else 400)

    async def _fail(self, request: Request, error: Exception) -> Response:
        number = secrets.token_hex(4)
        _LOG.error("failure %s at %s", number, request.url.path, exc_info=error)
        ask = self._strangers_ask(request)
        message = ask.t("error.500", number=number)
        return self._response(ShowPage("error.html", {"message": message, "hint": ""}, 500), ask)

    # --- files and feeds ------------------------------------------------------------------------

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        file = render.ASSETS / name
        if not _is_plain(name) or not file.is_file():
            raise HTTPException(404)
        media = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
        headers = {**SECURITY_HEADERS, "cache-control": "public, max-age=31536000, immutable"}
        return Response(file.read_bytes(), 200, headers, media.get(file.suffix, "image/png"))

    async def _icon(self, _request: Request) -> Response:
        return Response(
            (render.ASSETS / "icon.svg").read_bytes(), 200, SECURITY_HEADERS, "image/svg+xml"
        )

    async def _live(self, request: Request) -> Response:
        return await self._in_thread(self._feed, request, self._secret(request), "")

    async def _wall(self, request: Request) -> Response:
        return await self._in_thread(self._feed, request, "", request.path_params["token"])

    def _feed(self, request: Request, secret: str, token: str) -> Response:
        if not guard.host_is_ours(request.headers.get("host", ""), self._hosts):
            return Response("unknown host", 400, SECURITY_HEADERS, "text/plain")
        address = self._address(request)
        language = _language(request, None)
        stream = self.feed.open(secret, token[:200], address, language)
        if stream is None:
            return Response("sign in", 403, SECURITY_HEADERS, "text/plain")
        headers = {**SECURITY_HEADERS, "cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(stream, 200, headers, "text/event-stream")


async def bounded_body(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """Return a request's body. Raises TooLarge as soon as it is longer than `most` bytes."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise TooLarge
    return bytes(body)


def _replay(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _query(request: Request) -> list[tuple[str, str]]:
    text = request.scope["query_string"].decode("ascii")
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200)


def _language(request: Request, signed_in: SignedIn | None) -> str:
    """Return what a person has chosen, else what the browser prefers; Chinese for neither."""
    chosen = request.cookies.get(LANGUAGE) or (signed_in.language if signed_in else "")
    if chosen in {"zh", "en"}:
        return chosen
    wanted = request.headers.get("accept-language", "").lower()
    places = {name: wanted.find(name) for name in ("zh", "en")}
    if places["en"] >= 0 and (places["zh"] < 0 or places["en"] < places["zh"]):
        return "en"
    return "zh"


def _error(ask: Ask, status: int, error: Exception | None = None, *, key: str = "") -> ShowPage:
    message, hint = ask.t(key or f"error.{status}") if error is None else "", ""
    if error is not None:
        message, hint = in_language(error, ask.language)
    return ShowPage("error.html", {"message": message, "hint": hint}, status)


def _is_plain(name: str) -> bool:
    return name.replace(".", "").replace("-", "").replace("_", "").isalnum() and name[0] != "."
