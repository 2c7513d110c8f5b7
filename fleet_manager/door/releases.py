"""The routes by which boards fetch releases: who may sign them, what is wished, and the files.

Nothing of it is a secret, and every document is signed: a stranger who reads it learns which
software gates run. A file can be asked for in part, so a cut connection costs nothing.
"""

from collections.abc import Callable
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from fleet_manager.centre import Centre
from fleet_manager.rollouts import release_keys
from fleet_manager.rollouts.releases import ServedRelease, read_served
from fleet_manager.services.boards import rollouts
from fleet_manager.trust import key_sets
from gate_agent.validator.messages.envelopes import is_name

_BINARY = "application/octet-stream"
_MOST_RELEASES = 8
_NOTHING = 204


class ReleaseRoutes:
    """Answers for one centre. `allows`: whether an address may ask for a document now."""

    def __init__(self, centre: Centre, allows: Callable[[str], bool]) -> None:
        self._centre = centre
        self._allows = allows
        self._served = lru_cache(_MOST_RELEASES)(self._read)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/keys/{have:int}", self._keys),
            Route("/release-keys", self._release_keys),
            Route("/desired/{gate}", self._desired),
            Route("/releases/{name}/{path:path}", self._file),
        ]

    async def _keys(self, request: Request) -> Response:
        return await self._document(request, lambda: self._following(request.path_params["have"]))

    async def _release_keys(self, request: Request) -> Response:
        return await self._document(request, self._newest_release_keys)

    async def _desired(self, request: Request) -> Response:
        gate = request.path_params["gate"]
        if not is_name(gate):
            return Response(status_code=404)
        return await self._document(request, lambda: rollouts.signed_wish(self._centre, gate))

    async def _file(self, request: Request) -> Response:
        name, path = request.path_params["name"], request.path_params["path"]
        try:
            served = await run_in_threadpool(self._served, name)
        except FileNotFoundError:
            return Response(status_code=404)
        located = served.locate(path)
        if located is None:
            return Response(status_code=404)
        file, digest = located
        headers = {"ETag": f'"{digest}"'} if digest else {"Cache-Control": "no-cache"}
        return FileResponse(file, media_type=_BINARY, headers=headers)

    def _read(self, name: str) -> ServedRelease:
        """Return a release. Raises FileNotFoundError, which is not cached, for one that is not
        here."""
        served = read_served(self._centre.config.folder, name)
        if served is None:
            raise FileNotFoundError(name)
        return served

    async def _document(self, request: Request, read: Callable[[], bytes | None]) -> Response:
        address = request.client.host if request.client else ""
        if not self._allows(address):
            return Response(status_code=429)
        data = await run_in_threadpool(read)
        if data is None:
            return Response(status_code=_NOTHING)
        return Response(data, media_type=_BINARY, headers={"Cache-Control": "no-store"})

    def _following(self, have: int) -> bytes | None:
        with self._centre.store.read() as connection:
            published = key_sets.following(connection, min(have, 1 << 32))
        return None if published is None else published.sealed

    def _newest_release_keys(self) -> bytes | None:
        with self._centre.store.read() as connection:
            return release_keys.sealed(connection)
