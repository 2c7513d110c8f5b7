"""Answer programs: who asks, which operation, what it takes; then the service, in a thread."""

import logging
import secrets
import threading
from collections.abc import Collection, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any

import anyio
import msgspec
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act, NotAllowed, View, may, require, require_view
from fleet_manager.access.sessions import COOKIE
from fleet_manager.centre import Centre
from fleet_manager.errors import CentreError
from fleet_manager.metrics.figures import CONTENT_TYPE, ParkFigures
from fleet_manager.services.act import write_refusal
from fleet_manager.services.people import sign_in
from fleet_manager.web import guard
from fleet_manager.web.api import openapi, problem, reading, topics
from fleet_manager.web.api.operations import OPERATIONS, Call, Operation
from fleet_manager.web.api.problem import BadRequest, NotThere, Problem
from fleet_manager.web.app import TooLarge, bounded_body
from fleet_manager.web.guard import SECURITY_HEADERS, Proxies
from gate_agent.validator.errors import WireError

_LOG = logging.getLogger(__name__)
THREADS = 4
"""Requests at once; beside them pages take connections to the database, too."""
_HEADERS = {**SECURITY_HEADERS, "cache-control": "no-store"}
_BEARER = "Bearer "
_DOCUMENT = f"{openapi.BASE}/openapi.json"
assert topics.__name__  # importing it registers every operation


class Api:
    """The API of one centre, and its figures for Prometheus. Parameters as of `Console`."""

    def __init__(
        self, centre: Centre, hosts: frozenset[str], *, secure: bool, proxies: Proxies
    ) -> None:
        self._centre = centre
        self._hosts = hosts
        self._secure = secure
        self._proxies = proxies
        self._threads: anyio.CapacityLimiter | None = None
        self._figures = ParkFigures(centre)
        self._scrape = threading.Lock()

    def routes(self) -> tuple[Route, ...]:
        """Return the addresses, for an application that has others as well."""
        return (Route(f"{openapi.BASE}/{{rest:path}}", self), Route("/metrics", self))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        request = Request(scope, receive)
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        try:
            body = await bounded_body(request, reading.MAX_BODY_BYTES)
        except TooLarge:
            most = f"cannot take a body of more than {reading.MAX_BODY_BYTES} bytes"
            response = _refused(Problem.of(413, most))
        else:
            response = await anyio.to_thread.run_sync(
                self._answer, request, body, limiter=self._threads
            )
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        """Return the answer; whatever goes wrong is a Problem."""
        try:
            self._check_host(request)
            if request.url.path == "/metrics":
                return self._metrics(request)
            return self._operate(request, body)
        except (CentreError, WireError) as error:
            return _refused(_problem_of(error), getattr(error, "headers", {}))
        except DBAPIError as error:
            _LOG.error("the database does not answer: %s", error.orig)
            why = "cannot answer now: the database does not answer"
            return _refused(Problem.of(503, why, "try again in a minute"))
        except Exception:  # noqa: BLE001 - the caller gets a number, the log the reason
            number = secrets.token_hex(4)
            _LOG.exception("failure %s at %s %s", number, request.method, request.url.path)
            return _refused(Problem.of(500, f"cannot answer: failure {number} in the log"))

    def _check_host(self, request: Request) -> None:
        if not guard.host_is_ours(request.headers.get("host", ""), self._hosts):
            raise BadRequest("cannot answer for this host", status=400)

    def _operate(self, request: Request, body: bytes) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if request.url.path == _DOCUMENT and method == "GET":
            return Response(openapi.document(), 200, _HEADERS, "application/json")
        found, names = _find(method, request.url.path.removeprefix(openapi.BASE))
        who = self._who(request, changes=method != "GET")
        self._check(found, who, request)
        arguments = _arguments(found, names, request, body)
        key = reading.read_key(request.headers.get("idempotency-key")) if found.keyed else ""
        given = found.handler(Call(self._centre, who, key), **arguments)
        if given is None:
            return Response(b"", found.status, _HEADERS)
        return Response(msgspec.json.encode(given), found.status, _HEADERS, "application/json")

    # --- who asks ------------------------------------------------------------------------------

    def _who(self, request: Request, *, changes: bool) -> Actor:
        """Return who asks: by a token, else by the session of a browser. Raises BadRequest."""
        address = self._address(request)
        words = request.headers.get("authorization", "")
        if words:
            holder = None
            if words[: len(_BEARER)].lower() == _BEARER.lower():
                holder = sign_in.who_holds(self._centre, words[len(_BEARER) :].strip(), address)
            if holder is None:
                raise BadRequest("cannot answer: the token is none, or has ended", status=401)
            return holder
        secret = request.cookies.get(COOKIE if self._secure else COOKIE.removeprefix("__Host-"))
        signed_in = sign_in.who_is(self._centre, secret[:100], address) if secret else None
        if signed_in is None:
            hint = "send a token: Authorization: Bearer sg_…"
            raise BadRequest("cannot answer: nobody is signed in", hint, status=401)
        origin = f"{'https' if self._secure else 'http'}://{request.headers.get('host', '')}"
        if changes and not guard.comes_from_us(request.headers, origin):
            raise BadRequest("cannot act for a page of another site", status=403)
        return signed_in.actor

    def _check(self, operation: Operation, who: Actor, request: Request) -> None:
        """Raise NotAllowed for who may not; an act that is refused stands in the audit."""
        if operation.view is not None:
            require_view(who, operation.view)
        if operation.act is None or _may_somewhere(who, operation.act):
            return
        try:
            require(who, operation.act)
        except NotAllowed as error:
            path = f"{request.method} {request.url.path}"[:100]
            write_refusal(self._centre, who, operation.act, path, str(error))
            raise

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return self._proxies.client_of(peer, request.headers.get("x-forwarded-for", ""))

    # --- figures -------------------------------------------------------------------------------

    def _metrics(self, request: Request) -> Response:
        """Return the figures: to programs of this computer, to others by a token. Behind a proxy
        everybody comes from this computer: then only the token counts."""
        if request.method not in ("GET", "HEAD"):
            raise _another_method(request.method, ["GET", "HEAD"])
        if not self._is_local(request) or "authorization" in request.headers:
            require_view(self._who(request, changes=False), View.FLEET)
        with self._scrape:
            text = self._figures.text()
        return Response(text, 200, {**_HEADERS, "content-type": CONTENT_TYPE})

    def _is_local(self, request: Request) -> bool:
        forwarded = {"forwarded", "x-forwarded-for", "via"} & set(request.headers.keys())
        try:
            peer = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return self._secure and not forwarded and peer.is_loopback


def _may_somewhere(who: Actor, act: Act) -> bool:
    """Return whether somebody may perform an act on their own station, or everywhere; the service
    checks the object."""
    return may(who, act, who.station or None)


def _find(method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
    """Return the operation of an address. Raises NotThere and BadRequest."""
    allowed = set[str]()
    for operation in OPERATIONS:
        names = operation.pattern.fullmatch(path)
        if names is not None and operation.method == method:
            return operation, names.groupdict()
        if names is not None:
            allowed.add(operation.method)
    if not allowed:
        raise NotThere(f"cannot find {path[:80]!r} in the API", f"see {_DOCUMENT}")
    raise _another_method(method, allowed)


def _another_method(method: str, allowed: Collection[str]) -> BadRequest:
    words = ", ".join(sorted(allowed))
    return BadRequest(
        f"cannot do {method} there: must be {words}", status=405, headers={"allow": words}
    )


def _arguments(
    operation: Operation, names: Mapping[str, str], request: Request, body: bytes
) -> dict[str, Any]:
    """Return what the operation takes, read. Raises BadRequest."""
    kinds = operation.types
    arguments: dict[str, Any] = {}
    if "path" in kinds:
        arguments["path"] = reading.read_path(names, kinds["path"])
    query = reading.read_query(request.scope["query_string"], kinds.get("query", NoQuery))
    if "query" in kinds:
        arguments["query"] = query
    if "body" in kinds:
        media = request.headers.get("content-type", "")
        arguments["body"] = reading.read_body(body, media, kinds["body"])
    return arguments


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The query of an operation that takes none."""


def _problem_of(error: Exception) -> Problem:
    hint = getattr(error, "hint", "")
    match error:
        case NotAllowed():
            status = HTTPStatus.FORBIDDEN
        case NotThere():
            status = HTTPStatus.NOT_FOUND
        case BadRequest():
            status = HTTPStatus(error.status)
        case _:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem.of(status, str(error), hint)


def _refused(refusal: Problem, more: Mapping[str, str] = MappingProxyType({})) -> Response:
    headers = {**_HEADERS, **more}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return Response(msgspec.json.encode(refusal), refusal.status, headers, problem.MEDIA)
