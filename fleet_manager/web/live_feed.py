"""Push the live page's numbers to browsers, as Server-Sent Events.

One thread looks a few times a second whether the database has changed, and makes the fragment anew
for each language and station that somebody watches: a hundred viewers cost what one does, and a
little for their bytes. A beat tells each page every two seconds that its numbers are still fresh.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import View, may_see
from fleet_manager.centre import Centre
from fleet_manager.database import changes
from fleet_manager.reports import live
from fleet_manager.services.people import sign_in
from fleet_manager.web import render
from fleet_manager.web.ask import Ask

_LOG = logging.getLogger(__name__)
LOOK_S, BEAT_S, CHECK_S = 0.25, 2.0, 15.0
LEAST_MS, MOST_MS = 1000, 10_000
"""A fragment is made at most every LEAST_MS, and at least every MOST_MS: silence is news, too."""
MOST_VIEWERS = 300


@dataclass(slots=True)
class _Scene:
    """A fragment that some viewers share. `number`: of its version, 0 before the first."""

    language: str
    station: str
    event: str = ""
    number: int = 0
    made_ms: int = 0
    viewers: int = 0
    turned: asyncio.Event = field(default_factory=asyncio.Event)


class LiveFeed:
    """The feeds of one console."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._thread = ThreadPoolExecutor(1, "live")
        self._scenes: dict[tuple[str, str], _Scene] = {}
        self._task: asyncio.Task[None] | None = None
        self._version = -1
        self.stopping = False

    def open(
        self, secret: str, token: str, address: str, language: str
    ) -> AsyncIterator[str] | None:
        """Return the events for a session or a display's token; None for who may not see them."""

        def who() -> Actor | None:
            if token:
                return sign_in.who_holds(self._centre, token, address)
            signed_in = sign_in.who_is(self._centre, secret, address) if secret else None
            return signed_in.actor if signed_in else None

        actor = who()
        if actor is None or not may_see(actor, View.LIVE) or self._viewers() >= MOST_VIEWERS:
            return None
        return self._events(who, actor.station, language)

    def _viewers(self) -> int:
        return sum(scene.viewers for scene in list(self._scenes.values()))

    async def _events(
        self, who: Callable[[], Actor | None], station: str, language: str
    ) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        scene = self._scenes.setdefault((language, station), _Scene(language, station))
        scene.viewers += 1
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._watch())
        sent, checked = 0, loop.time()
        try:
            yield "retry: 3000\n\n"
            while not self.stopping:
                if scene.number != sent:
                    sent = scene.number
                    yield scene.event
                try:
                    await asyncio.wait_for(scene.turned.wait(), BEAT_S)
                except TimeoutError:
                    yield "event: beat\ndata: \n\n"
                if loop.time() - checked > CHECK_S:
                    # Somebody's role may have changed, or the session ended, since it was opened.
                    actor = await loop.run_in_executor(self._thread, _quietly(who))
                    if actor is None or not may_see(actor, View.LIVE) or actor.station != station:
                        yield "event: end\ndata: \n\n"
                        return
                    checked = loop.time()
        finally:
            scene.viewers -= 1

    async def _watch(self) -> None:
        """Make fragments anew while anybody watches."""
        loop = asyncio.get_running_loop()
        while not self.stopping and self._viewers():
            watched = [scene for scene in self._scenes.values() if scene.viewers]
            turned = await loop.run_in_executor(self._thread, self._look, watched)
            for scene in turned:
                scene.number += 1
                scene.turned.set()
                scene.turned = asyncio.Event()
            await asyncio.sleep(LOOK_S)

    def _look(self, watched: list[_Scene]) -> list[_Scene]:
        """Make the fragments that are due; return them. Runs in the feed's own thread."""
        now_ms = self._centre.clock()
        try:
            with self._centre.store.read() as connection:
                version = changes.data_version(connection)
                changed, self._version = version != self._version, version
                due = [scene for scene in watched if _is_due(scene, changed, now_ms)]
                if changed and len(due) < len(watched):
                    self._version = -1  # the others are made at the next look
                views = {
                    station: live.read(connection, self._centre.calendar, now_ms, station)
                    for station in {scene.station for scene in due}
                }
        except DBAPIError as error:
            _LOG.warning("the live page waits: the database does not answer: %s", error.orig)
            return []
        for scene in due:
            scene.event = self._event(scene.language, views[scene.station], now_ms)
            scene.made_ms = now_ms
        return due

    def _event(self, language: str, view: live.Live, now_ms: int) -> str:
        ask = Ask(centre=self._centre, path="/live", address="", language=language, now_ms=now_ms)
        html = render.page("live_now.html", {"live": view}, ask)
        data = "\n".join(f"data: {line}" for line in html.splitlines() if line.strip())
        return f"event: live\n{data}\n\n"

    def close(self) -> None:
        """End all streams soon, and the thread."""
        self.stopping = True
        self._thread.shutdown(wait=False, cancel_futures=True)


def _is_due(scene: _Scene, changed: bool, now_ms: int) -> bool:
    age_ms = now_ms - scene.made_ms
    return age_ms >= MOST_MS or age_ms < 0 or (changed and age_ms >= LEAST_MS) or not scene.number


def _quietly(who: Callable[[], Actor | None]) -> Callable[[], Actor | None]:
    def asked() -> Actor | None:
        try:
            return who()
        except DBAPIError:
            return None

    return asked
