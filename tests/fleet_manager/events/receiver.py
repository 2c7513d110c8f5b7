"""A real HTTP receiver that checks signatures with a foreign library, and fails in every way."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from standardwebhooks.webhooks import Webhook

LONGEST_S = 60.0


@dataclass
class Received:
    """One request."""

    id: str
    body: bytes
    headers: dict[str, str]

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    def verify(self, secret: str) -> dict[str, Any]:
        """Return the body if the library believes its signature. Raises what the library raises."""
        document: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return document


def signed_by(received: Received, secret: str) -> bool:
    """Whether the library makes one of the signatures, whatever the time."""
    at = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    signature = Webhook(secret).sign(received.id, at, received.body.decode())
    return signature in received.headers["webhook-signature"].split(" ")


Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answering(status: int, **headers: str) -> Behaviour:
    """Answer with a status."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    return behave


def closing(handler: BaseHTTPRequestHandler) -> None:
    """End the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def resetting(handler: BaseHTTPRequestHandler) -> None:
    """End the connection in the midst of the headers."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-")
    handler.connection.shutdown(socket.SHUT_RDWR)


def babbling(handler: BaseHTTPRequestHandler) -> None:
    """Answer something that is no HTTP."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


def flooding(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a header line that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000)


def patient(handler: BaseHTTPRequestHandler) -> None:
    """Say twice that the answer is still to come."""
    handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
    answering(202)(handler)


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing until the sender gives up."""
    handler.connection.settimeout(LONGEST_S)
    handler.connection.recv(1)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte of the headers again and again, each in time."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.02)  # the pace of the attack
    except OSError:
        pass


@dataclass
class Receiver:
    """Listens on a free port of this machine; a context manager. `behaviours`: of the next
    requests, one each; then every request is answered with 204."""

    context: ssl.SSLContext | None = None
    behaviours: list[Behaviour] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def do_GET(self) -> None:
                receiver._take(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        if self.context is not None:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    @property
    def url(self) -> str:
        scheme = "http" if self.context is None else "https"
        return f"{scheme}://localhost:{self.port}/hooks?from=gates"

    def wait_for(self, count: int) -> list[Received]:
        """Return what was received once it is so much."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.received) >= count, LONGEST_S)
        assert arrived, f"{len(self.received)} of {count} deliveries in {LONGEST_S:.0f} s"
        return self.received

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        headers = dict(handler.headers.items())
        behave = self.behaviours.pop(0) if self.behaviours else answering(204)
        with self._arrived:
            self.received.append(Received(headers.get("webhook-id", ""), body, headers))
            self._arrived.notify_all()
        handler.close_connection = True
        behave(handler)
