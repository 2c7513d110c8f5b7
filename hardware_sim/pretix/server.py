"""The simulated pretix on loopback. It can be made to fail."""

import json
import random
import threading
from collections import deque
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hardware_sim.pretix.api import Api
from hardware_sim.pretix.shop import SimShop, time_text

Fault = tuple[int, bytes]
"""What to answer instead: a status and a body. A status of 0 hangs up without a word."""


class SimPretixServer(SimShop):
    """A shop with its API. `faults`: taken from in order, one for each request. `requests`: what
    was asked."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        handler = type("Handler", (_Handler,), {"sim": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://localhost:{self._server.server_port}"
        self.api = Api(self, self.url)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One request. `sim` is put in by the server that makes the class."""

    protocol_version = "HTTP/1.1"
    sim: SimPretixServer

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.sim.requests.append(f"{method} {self.path}")
        generated = time_text(datetime.now(UTC))
        if self.sim.faults:
            status, data = self.sim.faults.popleft()
            if status == 0:
                self.close_connection = True
                return
        else:
            token = (self.headers.get("Authorization") or "").removeprefix("Device ")
            status, value = self.sim.api.answer(
                method, self.path, token, json.loads(sent) if sent else None
            )
            data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Page-Generated", generated)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""
