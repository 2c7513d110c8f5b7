"""The panel's server: files for everybody on this machine, the park for whoever has the token."""

import json
import logging
import secrets
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.errors import CentreError
from gate_agent.page import files
from gate_agent.page.request import Request
from gate_agent.page.server import PageServer, Response
from hardware_sim.demo.site import DemoSite
from hardware_sim.live.air import Place
from hardware_sim.live.order_queue import OrderQueue
from hardware_sim.live.panel.watch import Books, books, view
from hardware_sim.live.script import ScriptError

LOOK_S = 0.25
BOOKS_EVERY_S = 2.0
SHOWN = 12
_log = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_FILES = {
    "/": (_HERE / "panel.html", "text/html; charset=utf-8"),
    "/panel.css": (_HERE / "panel.css", "text/css; charset=utf-8"),
    "/panel.js": (_HERE / "panel.js", "text/javascript; charset=utf-8"),
    "/labels.js": (_HERE / "labels.js", "text/javascript; charset=utf-8"),
    "/gate.js": (files.ASSETS / "gate.js", "text/javascript; charset=utf-8"),
}


class Panel:
    """A context manager. `port` 0: any free one."""

    def __init__(
        self,
        site: DemoSite,
        queue: OrderQueue,
        port: int = 0,
        places: Mapping[str, Place] | None = None,
    ) -> None:
        self._site = site
        self._places = places or {}
        self._queue = queue
        self._token = secrets.token_hex(16)
        self._files = {path: (kind, file.read_bytes()) for path, (file, kind) in _FILES.items()}
        self._books: Books | None = None
        self._books_s = 0.0
        self._server = PageServer(port, self.answer, self._beat, _log.error)
        self._ending = Event()
        self._clock = Thread(target=self._look, name="panel", daemon=True)

    def __enter__(self) -> "Panel":
        """Serve the page. Raises DriverFault if the port is taken."""
        self._server.start()
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._clock.join()
        self._server.stop()

    @property
    def url(self) -> str:
        """What a browser on this machine opens; the token stands behind the #."""
        return f"http://127.0.0.1:{self._server.address[1]}/#{self._token}"

    def answer(self, request: Request) -> Response:
        """Answer a request. Never raises."""
        if not request.is_for(self._server.address[1]):
            return _plain("403 Forbidden")
        if request.method == "GET" and request.path in self._files:
            kind, body = self._files[request.path]
            return Response("200 OK", (("Content-Type", kind), *files.SAFE), body)
        if not request.bears(self._token):
            return _plain("401 Unauthorized")
        if (request.method, request.path) == ("GET", "/state"):
            kind = "application/x-ndjson"
            return Response("200 OK", (("Content-Type", kind), *files.SAFE), stream=True)
        if (request.method, request.path) != ("POST", "/act") or "origin" not in request.fields:
            return _plain("404 Not Found")
        try:
            self._queue.ask(_order(request.body))
        except ScriptError as error:
            fields = (("Content-Type", "application/json"), *files.SAFE)
            return Response("403 Forbidden", fields, json.dumps({"error": str(error)}).encode())
        return _plain("204 No Content")

    def _look(self) -> None:
        while not self._ending.wait(LOOK_S):
            self._server.wake()

    def _beat(self) -> bytes:
        """Return what the page shows now; called in the server's thread."""
        now_s = time.monotonic()
        if now_s >= self._books_s:
            self._books_s = now_s + BOOKS_EVERY_S
            try:
                self._books = books(self._site)
            except (CentreError, SQLAlchemyError, sqlite3.Error):
                self._books = None  # trainees break databases, too; the page goes on
        state = view(self._site, self._books, self._places)
        state["at_work"] = self._queue.at_work
        state["log"] = [
            {"number": done.number, "order": done.text, "said": done.said, "failed": done.failed}
            for done in list(self._queue.done)[-SHOWN:]
        ]
        state["scenario"] = self._queue.scenario
        return json.dumps(state, ensure_ascii=False).encode() + b"\n"


def _order(body: bytes) -> str:
    """Read an order out of a request. Raises ScriptError."""
    try:
        request = json.loads(body)
    except ValueError:
        request = None
    text = request.get("order") if isinstance(request, dict) else None
    if not isinstance(text, str) or "\n" in text:
        raise ScriptError("an order is one line of text")
    return text


def _plain(status: str) -> Response:
    return Response(status, files.SAFE)
