"""The routes of the door: the authority's certificate, enrolment by a token, and releases.

Nothing here needs a password: `/ca` is public, and a request to enrol proves itself. Each answer is
JSON, with `reason` and `hint` where it refuses.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fleet_manager.centre import Centre
from fleet_manager.door.releases import ReleaseRoutes
from fleet_manager.errors import CentreError
from fleet_manager.services.boards import enrolment
from gate_agent.validator.errors import WireError

_LOG = logging.getLogger(__name__)
MAX_REQUEST_BYTES = 4096
TRIES, TRIES_S = 20, 60.0
"""So many requests to enrol may come from one address in so many seconds: a technician's playbook
enrols eight boards behind one address at once, and somebody who guesses gets nowhere."""
DOCUMENTS = 600
"""So many documents about releases an address may fetch in TRIES_S: all gates behind one router
every few seconds."""
_MOST_ADDRESSES = 1000


class RateLimit:
    """Counts requests by address. `read_s`: seconds that never go back. `most`: in TRIES_S."""

    def __init__(self, read_s: Callable[[], float] = time.monotonic, *, most: int = TRIES) -> None:
        self._read_s = read_s
        self._most = most
        self._since: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Count a request and return whether it may be answered."""
        now_s = self._read_s()
        begun_s, count = self._since.pop(address, (now_s, 0))
        if now_s - begun_s >= TRIES_S:
            begun_s, count = now_s, 0
        self._since[address] = begun_s, count + 1
        while len(self._since) > _MOST_ADDRESSES:
            self._since.popitem(last=False)
        return count < self._most


class Door:
    """Answers for one centre."""

    def __init__(self, centre: Centre, limit: RateLimit | None = None) -> None:
        self._centre = centre
        self._limit = limit or RateLimit()
        self._releases = ReleaseRoutes(centre, RateLimit(most=DOCUMENTS).allows)

    def app(self) -> Starlette:
        """Return the application, for a server of ASGI."""
        return Starlette(
            routes=[
                Route("/ca", self._show_authority),
                Route("/enrol", self._enrol, methods=["POST"]),
                *self._releases.routes(),
            ]
        )

    async def _show_authority(self, _request: Request) -> Response:
        return PlainTextResponse(self._centre.authority(), media_type="application/x-pem-file")

    async def _enrol(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if not self._limit.allows(address):
            return _refusal(429, "too many requests from this address", "wait a minute")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_REQUEST_BYTES:
                return _refusal(413, "a request that is too long")
        try:
            reply = await run_in_threadpool(enrolment.enrol, self._centre, body, address)
        except WireError as error:
            return _refusal(400, str(error))
        except CentreError as error:
            return _refusal(403, str(error), error.hint)
        _LOG.warning("gate %s has enrolled itself from %s", reply.gate, address)
        return Response(reply.to_json(), media_type="application/json")


def _refusal(status: int, reason: str, hint: str = "") -> JSONResponse:
    return JSONResponse({"reason": reason, "hint": hint}, status_code=status)
